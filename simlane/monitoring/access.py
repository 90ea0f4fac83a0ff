"""Access to `/metrics`."""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest

#: Headers that a proxy adds: with one of them, the remote address is the proxy's, not the client's.
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def may_read_metrics(request: HttpRequest) -> bool:
    """By the token where METRICS_TOKEN is set, and only so; else staff, and programs on this machine."""
    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        # Bytes: compare_digest raises for text that is not ASCII.
        right = hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
        return right and scheme.lower() == "bearer"
    return _from_this_machine(request) or bool(getattr(request.user, "is_staff", False))


def _from_this_machine(request: HttpRequest) -> bool:
    if settings.BEHIND_PROXY or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
