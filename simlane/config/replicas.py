"""Reads from streaming replicas: for requests that only read, while a replica is there and has caught up.

A replica is used while it has replayed what the primary had written a second before. Whoever has written reads from
the primary until the replica has their last change, by its place in the primary's log (LSN), which a cookie remembers.
Accounts, sessions and whatever a request reads on its way to a change are always the primary's. What is read while
there is no primary: `reads_only`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from simlane.config import outage
from simlane.config.pages import versions
from simlane.config.servers import REMEMBERED, Replica, servers, written

#: Where the request of this thread reads; the primary without one.
_chosen: ContextVar[str | None] = ContextVar("replica", default=None)
#: Remembers how far the primary's log was when its visitor last changed something.
COOKIE = "written"
SAFE = ("GET", "HEAD")
#: Who somebody is and what they may do must not be a second old.
OF_ACCOUNTS = {"account", "auth", "contenttypes", "django_tasks_database", "mfa", "sessions", "socialaccount", "users"}


class Router:
    """Django's database router: models are read where the request was sent."""

    def db_for_read(self, model: type[Model], **_: Any) -> str | None:
        """The request's replica; the primary within a transaction, which is there to write or to see one moment."""
        if model._meta.app_label in OF_ACCOUNTS or connections[DEFAULT_DB_ALIAS].in_atomic_block:
            return None
        return _chosen.get()

    def db_for_write(self, *_: Any, **__: Any) -> str:
        """Always the primary, wherever the object was read."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        """All are one database."""
        return True

    def allow_migrate(self, db: str, *_: Any, **__: Any) -> bool:
        """What the primary becomes, they become."""
        return db == DEFAULT_DB_ALIAS


class ReplicasMiddleware:
    """Sends each request that only reads to a replica, one after the other, and remembers who has written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in outage.PROBES:
            return self.get_response(request)
        if getattr(request, outage.READS_ONLY, False):
            # Neither asked for nor taken away. Not before: what is kept is for who has none.
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
            return self.get_response(request)
        if request.method not in SAFE:
            response = self.get_response(request)
            _remember(response)
            return response
        found = _choose(place_of(request))
        if found is not None and not _shows_the_same(found, request):
            found = None
        token = _chosen.set(found.alias if found else None)
        try:
            return self.get_response(request)
        finally:
            _chosen.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A replica that went away while it was read, or ended that: the page is made again, from the primary."""
        alias = _chosen.get()
        match = request.resolver_match
        if alias is None or match is None or not isinstance(exception, Error):
            return None
        if is_lost(alias):
            next(each for each in servers().replicas if each.alias == alias).lose(exception)
        elif getattr(exception.__cause__, "sqlstate", None) != outage.CONFLICT:
            return None
        _chosen.set(None)
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer


def _choose(place: int) -> Replica | None:
    known = servers()
    known.primary.look()
    if known.primary.said_at is None:
        # Another request of this process asks it for the first time.
        return None
    needed = max(place, known.primary.needed)
    return next((each for each in known.in_turn() if each.has(needed)), None)


def _shows_the_same(replica: Replica, request: HttpRequest) -> bool:
    """Whether a page that will be kept is at the replica what it is at the primary."""
    asked: versions.Asked | None = getattr(request, versions.ASKED, None)
    if asked is None:
        return True
    try:
        return versions.read(asked.page, replica.alias) == asked.version
    except Error as error:
        replica.lose(error)
        return False


def is_lost(alias: str) -> bool:
    """Whether the replica's connection is what failed, and not the statement."""
    connection = connections[alias]
    return connection.connection is None or not connection.is_usable()


def place_of(request: HttpRequest) -> int:
    """Up to where its visitor must see what was written; 0 for whoever wrote nothing lately."""
    value = request.COOKIES.get(COOKIE, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0


def _remember(response: HttpResponse) -> None:
    """After a change: nobody who has made it sees a page from before."""
    try:
        place = written()
    except Error:
        # The answer says what went wrong, if anything.
        return
    primary = servers().primary
    primary.besides = max(primary.besides, place)
    response.set_cookie(
        COOKIE, str(place), max_age=REMEMBERED, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
