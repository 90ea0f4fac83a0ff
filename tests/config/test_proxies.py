"""Whose address limits count: what proxies of ours say is believed, and nobody else's word."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from simlane.config.proxies import SAID_BY_PROXIES, TrustedProxiesMiddleware


def seen(near: str, **headers: str) -> HttpRequest:
    """The request as views get it."""
    request = RequestFactory().get("/", REMOTE_ADDR=near, **headers)  # type: ignore[arg-type]
    TrustedProxiesMiddleware(lambda _: HttpResponse())(request)
    return request


@pytest.fixture(autouse=True)
def _proxies(settings: Any) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("near", "said", "address"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        # Whatever the visitor made up stands before what the proxies wrote.
        ("10.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("fd00::1", "[2001:db8::7]", "2001:db8::7"),
        ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_address_is_the_visitor_s(near: str, said: str, address: str) -> None:
    assert seen(near, HTTP_X_FORWARDED_FOR=said).META["REMOTE_ADDR"] == address


def test_who_is_no_proxy_of_ours_cannot_claim_https_or_an_address() -> None:
    claims = dict.fromkeys(SAID_BY_PROXIES, "https")
    assert not SAID_BY_PROXIES & seen("203.0.113.9", **claims).META.keys()
    assert seen("10.0.0.1", **claims).META["HTTP_X_FORWARDED_PROTO"] == "https"
