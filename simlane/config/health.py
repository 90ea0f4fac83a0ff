"""Probes for load balancers and monitors: is the process alive, and can it serve."""

from __future__ import annotations

import logging

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from simlane.config import outage
from simlane.config.servers import servers
from simlane.config.serving import check_migrated

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(_: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; nothing else is asked of it."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(_: HttpRequest) -> HttpResponse:
    """200 when the database answers and every migration is applied, else 503; details are for the log.

    And 200 while its replicas are read: who asks would take every server out, and nobody could read.
    """
    if outage.is_away() and servers().without_primary():
        return _reads_only()
    try:
        if servers().replicas:
            # Balancers ask every second or two: so a process whose pages are all kept knows what replicas must have.
            servers().primary.look()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        check_migrated()
    except DatabaseError as error:
        if servers().replicas and outage.note(error) and servers().without_primary():
            return _reads_only()
        return _unready("the database does not answer", error)
    except ImproperlyConfigured as error:
        return _unready("migrations are not applied", error)
    return HttpResponse("ready\n", content_type="text/plain")


def _reads_only() -> HttpResponse:
    return HttpResponse("reads only\n", content_type="text/plain")


def _unready(reason: str, error: Exception) -> HttpResponse:
    logger.warning("not ready: %s", error)
    return HttpResponse(f"{reason}\n", status=503, content_type="text/plain")
