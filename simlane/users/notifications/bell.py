"""How many notifications an account has not read: asked for only where a page shows it, and once."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from simlane.users.models import Notification

#: Nobody reads a larger number, and to count it costs.
AT_MOST = 99


def bell(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: `unread`, a function, so that a page without the bell asks nothing."""
    return {"unread": cache(lambda: unread(request))}


def unread(request: HttpRequest) -> int:
    """The number of unread notifications, at most one more than AT_MOST; 0 for a visitor."""
    # A request refused before the authentication middleware has no user.
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return 0
    return Notification.objects.filter(user=user.pk, read_at__isnull=True).order_by()[: AT_MOST + 1].count()
