"""The public pages while nobody is PostgreSQL's primary: read from a replica, as a visitor sees them.

Sessions and accounts are not asked for what may have changed since: who comes with a session gets the visitor's page,
and keeps the session. A page that was kept is given to visitors if its version at the replica is the same. Whatever is
not one of these pages is refused at once, see `outage`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.cache import add_never_cache_headers

from simlane.config import outage
from simlane.config.pages.warm import KEPT, ON_ENVIRON
from simlane.config.replicas import SAFE, is_lost, place_of
from simlane.config.servers import servers

#: By the names of their addresses: all that a visitor without an account can read.
PUBLIC = KEPT.keys() | {
    "profiles:search",
    "profiles:compare",
    "profiles:event_by_number",
    "profiles:laps_data",
    "profiles:track_laps",
    "leagues:drivers",
    "leagues:season_ics",
}


class ReadsOnlyMiddleware:
    """Around what refuses requests while the database is away, so that it sees also those that have just lost it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 503 or not outage.is_away() or not _is_public(request):
            return response
        return self._read(request) or response

    def _read(self, request: HttpRequest) -> HttpResponse | None:
        """The page from a replica; None where none can be read."""
        setattr(request, outage.READS_ONLY, True)
        own = connections[DEFAULT_DB_ALIAS]
        for replica in servers().without_primary(place_of(request)):
            # All of the request: also what goes past Django's routers. A replica takes no writes.
            connections[DEFAULT_DB_ALIAS] = connections[replica.alias]
            try:
                response = self.get_response(request)
            finally:
                connections[DEFAULT_DB_ALIAS] = own
            if response.status_code == 503:
                if is_lost(replica.alias):
                    replica.lose(OperationalError("it was lost while it was read"))
                continue
            add_never_cache_headers(response)
            # Nor by the server's event loop.
            request.META.pop(ON_ENVIRON, None)
            return response
        return None


def _is_public(request: HttpRequest) -> bool:
    if request.method not in SAFE:
        return False
    try:
        return resolve(request.path_info).view_name in PUBLIC
    except (Resolver404, Http404):
        return False
