"""Reads from streaming replicas: for requests that only read, while a replica is there and has caught up.

A replica is used while it has replayed what the primary had written a second before. Whoever has written reads from
the primary until the replica has their last change, by its place in the primary's log (LSN), which a cookie remembers.
Accounts, sessions and whatever a request reads on its way to a change are always the primary's.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from simlane.config.pages import versions

logger = logging.getLogger(__name__)

#: Where the request of this thread reads; the primary without one.
_chosen: ContextVar[str | None] = ContextVar("replica", default=None)
#: Remembers how far the primary's log was when its visitor last changed something.
COOKIE = "written"
#: Seconds that it is remembered: a replica that is further behind is used by nobody.
REMEMBERED = 300
#: Seconds between two looks at a replica, by one request of a process.
EVERY = 1.0
SAFE = ("GET", "HEAD")
#: Who somebody is and what they may do must not be a second old.
OF_ACCOUNTS = {"account", "auth", "contenttypes", "django_tasks_database", "mfa", "sessions", "socialaccount", "users"}
_REPLAYED = "SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn WHERE pg_is_in_recovery()"
#: Where the next record goes: a commit need not be on the disk when it is answered.
_WRITTEN = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"


@dataclass
class Replica:
    """A replica as this process last saw it; places in the log are numbers of bytes."""

    alias: str
    replayed: int = -1
    #: What the primary had written at the last look and the one before: so far as at that one it must be.
    written: int = 0
    needed: int = 0
    looked_at: float = -EVERY
    is_away: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, place: int) -> bool:
        """Whether it can be read, by someone who must see what was written up to `place`."""
        self._look()
        return not self.is_away and self.replayed >= max(place, self.needed)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self.looked_at < EVERY or not self._lock.acquire(blocking=False):
            return
        try:
            was_away = self.is_away
            # What was written since the look before may be on its way.
            written = _number(DEFAULT_DB_ALIAS, _WRITTEN)
            self.needed, self.written = self.written or written, written
            try:
                self.replayed, self.is_away = _number(self.alias, _REPLAYED), False
            except Error as error:
                self.lose(error)
            if was_away and not self.is_away:
                logger.warning("%s is back", self.alias)
        finally:
            self.looked_at = time.monotonic()
            self._lock.release()

    def lose(self, error: BaseException) -> None:
        """It did not answer: nobody asks it until the next look."""
        if not self.is_away:
            logger.error("%s does not answer, the primary is read: %s", self.alias, error)
        self.is_away, self.looked_at = True, time.monotonic()
        connections[self.alias].close()


def _number(alias: str, statement: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    # No row of a replica that is none any more: it was promoted, or the address is the primary's.
    return int(row[0]) if row else -1


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
        self._replicas = [Replica(alias) for alias in settings.DATABASES if alias != DEFAULT_DB_ALIAS]
        self._turn = itertools.count()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE:
            response = self.get_response(request)
            _remember(response)
            return response
        found = self._choose(_place(request.COOKIES.get(COOKIE, "")))
        if found is not None and not _shows_the_same(found, request):
            found = None
        token = _chosen.set(found.alias if found else None)
        try:
            return self.get_response(request)
        finally:
            _chosen.reset(token)

    def _choose(self, place: int) -> Replica | None:
        start = next(self._turn)
        for number in range(len(self._replicas)):
            replica = self._replicas[(start + number) % len(self._replicas)]
            if replica.has(place):
                return replica
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A replica that went away while it was read: the page is made again, from the primary."""
        alias = _chosen.get()
        match = request.resolver_match
        if alias is None or match is None or not isinstance(exception, Error) or not _is_lost(alias):
            return None
        next(each for each in self._replicas if each.alias == alias).lose(exception)
        _chosen.set(None)
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer


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


def _is_lost(alias: str) -> bool:
    """Whether the replica's connection is what failed, and not the statement."""
    connection = connections[alias]
    return connection.connection is None or not connection.is_usable()


def _place(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0


def _remember(response: HttpResponse) -> None:
    """After a change: nobody who has made it sees a page from before."""
    try:
        place = _number(DEFAULT_DB_ALIAS, _WRITTEN)
    except Error:
        # The answer says what went wrong, if anything.
        return
    response.set_cookie(
        COOKIE, str(place), max_age=REMEMBERED, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
