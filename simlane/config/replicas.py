"""Reads from streaming replicas: for requests that only read, while a replica is there and has caught up.

A replica is used while it has replayed what the primary had written a second before. Whoever has written reads from
the primary until the replica has their last change, by its place in the primary's log (LSN), which a cookie remembers.
Accounts, sessions and whatever a request reads on its way to a change are always the primary's. What is read while
there is no primary: `reads_only`.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from simlane.config import outage
from simlane.config.pages import versions

logger = logging.getLogger(__name__)

#: Where the request of this thread reads; the primary without one.
_chosen: ContextVar[str | None] = ContextVar("replica", default=None)
#: Remembers how far the primary's log was when its visitor last changed something.
COOKIE = "written"
#: Seconds that it is remembered: a replica that is further behind is used by nobody.
REMEMBERED = 300
#: Seconds between two looks at a server, by one request of a process.
EVERY = 1.0
#: The same while there is no primary, at a replica that answers: it may be about to have all.
ALONE_EVERY = 0.2
#: Bytes of a page of the log.
PAGE = 8192
SAFE = ("GET", "HEAD")
#: Who somebody is and what they may do must not be a second old.
OF_ACCOUNTS = {"account", "auth", "contenttypes", "django_tasks_database", "mfa", "sessions", "socialaccount", "users"}
_STANDS = """SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn, COALESCE(pg_last_wal_receive_lsn(), '0/0') - '0/0'::pg_lsn
    WHERE pg_is_in_recovery()"""
#: Where the last record ends: a commit need not be on the disk when it is answered. On a page of the log that has
#: nothing but its header yet, of 24 or 40 bytes, the next record begins after that, and the last has ended before.
_WRITTEN = f"""SELECT place - CASE WHEN mod(place, {PAGE}) IN (24, 40) THEN mod(place, {PAGE}) ELSE 0 END
    FROM (SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS place) AS log"""  # noqa: S608


@dataclass
class Primary:
    """How far the primary's log is, as this process last saw it; places in the log are numbers of bytes."""

    #: At the last look, and at the one before: so far as at that one a replica must be.
    written: int = 0
    needed: int = 0
    #: Up to where it has written for all that is known from elsewhere since it last said so.
    besides: int = 0
    #: When it last said so; None before it did.
    said_at: float | None = None
    looked_at: float = -EVERY
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> None:
        """Once in a while; raises the error of a primary that does not answer."""
        now = time.monotonic()
        if now - self.looked_at < EVERY or not self._lock.acquire(blocking=False):
            return
        try:
            besides, written = self.besides, _written()
            # What was written since the look before may be on its way.
            self.needed, self.written, self.said_at = self.written or written, written, now
            if self.besides == besides:
                self.besides = 0
        finally:
            self.looked_at = time.monotonic()
            self._lock.release()


@dataclass
class Replica:
    """A replica as this process last saw it."""

    alias: str
    replayed: int = -1
    received: int = -1
    #: Since when both are as they are.
    stands_since: float = 0.0
    #: When the last look began, and ended.
    asked_at: float = -EVERY
    looked_at: float = -EVERY
    is_away: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, place: int) -> bool:
        """Whether it can be read, by someone who must see what was written up to `place`."""
        self.look(EVERY)
        return not self.is_away and self.replayed >= place

    @property
    def holds(self) -> int:
        """How far what was sent to it goes, as far as it can be replayed."""
        return max(self.replayed, self.received) if self.received % PAGE else self.replayed

    @property
    def is_settled(self) -> bool:
        """Whether `holds` is all: what ends with a page of the log may go on with records that are not replayed yet.

        Or it ends in the middle of a record, when the primary was lost while it sent that: no replay gets there.
        """
        is_whole = self.received % PAGE != 0 or self.replayed >= self.received
        return is_whole or time.monotonic() - self.stands_since >= EVERY

    def look(self, every: float) -> None:
        """Once in a while."""
        is_due = time.monotonic() - self.looked_at >= (EVERY if self.is_away else every)
        if is_due and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()

    def look_since(self, moment: float) -> None:
        """Once since that moment at least, and then once in a while. Waits for another's first look, and not long."""
        if self.asked_at > moment:
            self.look(ALONE_EVERY)
        elif self._lock.acquire(timeout=EVERY):
            try:
                if self.asked_at <= moment:
                    self._look()
            finally:
                self._lock.release()

    def _look(self) -> None:
        began, was_away = time.monotonic(), self.is_away
        try:
            # No row of a replica that is none any more: it was promoted, or the address is the primary's.
            stands = _ask(self.alias, _STANDS) or (-1, -1)
        except Error as error:
            self.lose(error)
        else:
            if stands != (self.replayed, self.received):
                (self.replayed, self.received), self.stands_since = stands, began
            self.is_away = False
            if was_away:
                logger.warning("%s is back", self.alias)
        finally:
            self.asked_at, self.looked_at = began, time.monotonic()

    def lose(self, error: BaseException) -> None:
        """It did not answer: nobody asks it until the next look."""
        if not self.is_away:
            logger.error("%s does not answer, others are read: %s", self.alias, error)
        self.is_away, self.looked_at = True, time.monotonic()
        connections[self.alias].close()


@dataclass
class Servers:
    """All that this process reads from."""

    primary: Primary
    replicas: list[Replica]
    _turn: itertools.count[int] = field(default_factory=itertools.count)

    def in_turn(self) -> list[Replica]:
        """Each time another one is the first."""
        start = next(self._turn) % max(len(self.replicas), 1)
        return self.replicas[start:] + self.replicas[:start]

    def without_primary(self, place: int = 0) -> list[Replica]:
        """The replicas that can be read while there is no primary, by someone who must see what is up to `place`.

        Such a one has replayed what the primary said it had written, and all that it has sent to any of those that
        answer: with synchronous replication each commit that was acknowledged. None can be read by a process that
        has not heard of the primary for as long as visitors' own places are remembered.
        """
        said_at = self.primary.said_at
        if said_at is None or time.monotonic() - said_at > REMEMBERED:
            return []
        for each in self.replicas:
            each.look_since(outage.lost_at)
        found = [each for each in self.in_turn() if not each.is_away and each.asked_at > outage.lost_at]
        if not all(each.is_settled for each in found):
            return []
        # Remembered: of them one is promoted, and tells no more how far it was.
        self.primary.besides = max([self.primary.besides, *(each.holds for each in found)])
        place = max(place, self.primary.written, self.primary.besides)
        return [each for each in found if each.replayed >= place]


@cache
def servers() -> Servers:
    """One for the process."""
    return Servers(Primary(), [Replica(alias) for alias in settings.DATABASES if alias != DEFAULT_DB_ALIAS])


def _ask(alias: str, statement: str) -> tuple[int, ...] | None:
    """Places in the log."""
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return tuple(map(int, row)) if row else None


def _written() -> int:
    return (_ask(DEFAULT_DB_ALIAS, _WRITTEN) or (0,))[0]


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
        """A replica that went away while it was read: the page is made again, from the primary."""
        alias = _chosen.get()
        match = request.resolver_match
        if alias is None or match is None or not isinstance(exception, Error) or not is_lost(alias):
            return None
        next(each for each in servers().replicas if each.alias == alias).lose(exception)
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
        place = _written()
    except Error:
        # The answer says what went wrong, if anything.
        return
    primary = servers().primary
    primary.besides = max(primary.besides, place)
    response.set_cookie(
        COOKIE, str(place), max_age=REMEMBERED, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
