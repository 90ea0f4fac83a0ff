"""How far PostgreSQL's primary and its replicas are, as this process last saw them: places in the primary's log (LSN).

What may be read where follows from it: see `replicas`, and `reads_only` for when there is no primary. Places are
numbers of bytes.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections

from simlane.config import outage

logger = logging.getLogger(__name__)

#: Seconds between two looks at a server, by one request of a process.
EVERY = 1.0
#: The same while there is no primary, at a replica that answers: it may be about to have all.
ALONE_EVERY = 0.2
#: Bytes of a page of the log.
PAGE = 8192
#: Seconds that visitors' own changes are remembered: a replica that is further behind is used by nobody.
REMEMBERED = 300
_STANDS = """SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn, COALESCE(pg_last_wal_receive_lsn(), '0/0') - '0/0'::pg_lsn
    WHERE pg_is_in_recovery()"""
#: Where the last record ends: a commit need not be on the disk when it is answered. On a page of the log that has
#: nothing but its header yet, of 24 or 40 bytes, the next record begins after that, and the last has ended before.
_WRITTEN = f"""SELECT place - CASE WHEN mod(place, {PAGE}) IN (24, 40) THEN mod(place, {PAGE}) ELSE 0 END
    FROM (SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS place) AS log"""  # noqa: S608


@dataclass
class Primary:
    """How far the primary's log is."""

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
            besides, place = self.besides, written()
            # What was written since the look before may be on its way.
            self.needed, self.written, self.said_at = self.written or place, place, now
            if self.besides == besides:
                self.besides = 0
        finally:
            self.looked_at = time.monotonic()
            self._lock.release()


@dataclass
class Replica:
    """How far a replica is."""

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


def written() -> int:
    """How far the primary's log is."""
    return (_ask(DEFAULT_DB_ALIAS, _WRITTEN) or (0,))[0]
