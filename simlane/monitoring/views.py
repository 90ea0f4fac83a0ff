"""`/metrics` for monitors, the rollout page for staff, and the page of a fault."""

from __future__ import annotations

import hmac
import ipaddress
import logging
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from simlane.monitoring import adoption, logs, metrics, statistics
from simlane.upgrade import status

DAYS = 30
#: Headers that a proxy adds: with one of them, the remote address is the proxy's, not the client's.
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
logger = logging.getLogger(__name__)


@require_safe
@never_cache
def metrics_page(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus' text format; 401 or 403 without access."""
    if not _may_read_metrics(request):
        if settings.METRICS_TOKEN:
            refusal = HttpResponse("a bearer token is needed\n", status=401, content_type="text/plain")
            refusal["WWW-Authenticate"] = 'Bearer realm="metrics"'
            return refusal
        return HttpResponse("for staff and programs on the server itself\n", status=403, content_type="text/plain")
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
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


@require_safe
def rollout(request: HttpRequest) -> HttpResponse:
    """How the rollout goes; for others than staff there is no such page."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not getattr(request.user, "is_staff", False):
        raise Http404
    context: dict[str, Any] = {"days": DAYS, "upgrade": status.summary()}
    try:
        context |= _statistics(_day(request))
    except DatabaseError:
        # Between the steps of an upgrade a table may not be there yet; how the upgrade goes is told all the same.
        logger.warning("the rollout page has no statistics", exc_info=True)
    return render(request, "monitoring/rollout.html", context)


def _statistics(day: date | None) -> dict[str, Any]:
    links = adoption.links_by_day(DAYS)
    missing = statistics.missing_by_day(DAYS)
    searches = statistics.searches_by_day(DAYS)
    return {
        "totals": adoption.totals(),
        "links": links[::-1],
        "missing": missing[::-1],
        "missing_total": sum(row["times"] for row in missing),
        "addresses": statistics.missing_addresses(DAYS, day),
        "day": day,
        "searches": searches[::-1],
        "searches_total": sum(row["searches"] for row in searches),
        "slowest": statistics.slowest_searches(DAYS),
        "charts": {
            "days": [row["day"].isoformat() for row in links],
            "links": [row["links"] for row in links],
            "missing": [row["times"] for row in missing],
            "p50": [row["p50"] for row in searches],
            "p95": [row["p95"] for row in searches],
        },
    }


def _day(request: HttpRequest) -> date | None:
    """The day in the parameter `day`; None, for all days, when it is no date."""
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None


def server_error(_: HttpRequest) -> HttpResponse:
    """A page that needs nothing that may be broken; its id finds the fault in the log."""
    page = loader.get_template("500.html").render({"request_id": logs.request_id.get()})
    return HttpResponse(page, status=500)
