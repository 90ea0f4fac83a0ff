"""Who a request comes from, when proxies of ours hand it on: `TRUSTED_PROXIES`."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from simlane.config.services import Network

#: What only a proxy of ours may say.
SAID_BY_PROXIES = {"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP"}


class TrustedProxiesMiddleware:
    """Puts the visitor's address in the place of the proxy's: limits by address count it.

    `X-Forwarded-For` is read from its end, which the nearest proxy wrote, up to the first address that is none of
    ours. Whoever is no proxy of ours has nothing to say about addresses or HTTPS: such headers are taken out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        near = _address(request.META.get("REMOTE_ADDR", ""))
        if _is_ours(near, settings.TRUSTED_PROXIES):
            handed_on = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            request.META["REMOTE_ADDR"] = str(_visitor(near, handed_on))
        else:
            for name in SAID_BY_PROXIES:
                request.META.pop(name, None)
        return self.get_response(request)


def _visitor(near: IPv4Address | IPv6Address | None, handed_on: list[str]) -> IPv4Address | IPv6Address | None:
    """The last address that is none of ours; what cannot be read ends the search, and nothing beyond it counts."""
    for value in reversed(handed_on):
        address = _address(value)
        if address is None:
            break
        near = address
        if not _is_ours(address, settings.TRUSTED_PROXIES):
            break
    return near


def _is_ours(address: IPv4Address | IPv6Address | None, networks: list[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def _address(value: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: IPv6 may stand in brackets, IPv4 within IPv6."""
    try:
        found = ip_address(value.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
