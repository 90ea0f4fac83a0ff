"""A ladder counted on from where it is due, and its rows written. Call it in a transaction that alone counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from simlane.ratings import figures
from simlane.ratings.driven import Line, lines
from simlane.ratings.models import Ladder, RatedDrive, RatedSession
from simlane.ratings.replaying import Known, Replay
from simlane.sim.database import bulk

_WHERE = ("ladder", "profile", "session", "at", "year")
_FIELDS = (*_WHERE, "rating", "uncertainty", "gained", "races", "finished", "won", "state")
#: Of each of these drivers the last drive before an instant and, at that, a session.
_LAST = """
SELECT d.profile_id, d.state, d.rating, d.uncertainty, d.races FROM ratings_rateddrive d WHERE d.id IN (
    SELECT (
        SELECT x.id FROM ratings_rateddrive x
        WHERE x.profile_id = p.id AND x.ladder_id = %s AND (x.at, x.session_id) < (%s, %s)
        ORDER BY x.at DESC, x.session_id DESC LIMIT 1
    )
    FROM sim_simprofile p WHERE p.id IN ({chosen})
)
"""


class Counting:
    """A ladder's races counted from where it was due when this began; what was counted is known for the next part."""

    def __init__(self, ladder: Ladder) -> None:
        if ladder.due_at is None:
            raise ValueError("nothing of this ladder is due")
        self._from = ladder.due_at, ladder.due_session
        before = _races(ladder).filter(_before(*self._from)).order_by("-at", "-session_id").first()
        self._is_first = before is None
        self._replay = Replay(bytes(before.mixture) if before else b"")
        self._next = self._from

    def stands_at(self, ladder: Ladder) -> bool:
        """Whether the ladder is due where this has come to."""
        return (ladder.due_at, ladder.due_session) == self._next

    def go_on(self, ladder: Ladder, most: int, touched: set[Any]) -> int:
        """Counts so many races at most; returns how many. `touched` are drivers who have lost drives before.

        When it is through it makes the drivers' figures.
        """
        found = list(_races(ladder).filter(_from(*self._next)).order_by("at", "session_id")[: most + 1])
        races, further = found[:most], found[most:]
        touched |= self._count(ladder, races)
        if further:
            self._next = further[0].at, further[0].session_id
            ladder.due_at, ladder.due_session = self._next
            ladder.halfway = True
        else:
            figures.renew(ladder.pk, None if ladder.halfway else touched)
            ladder.due_at, ladder.due_session, ladder.halfway = None, 0, False
        ladder.save(update_fields=["due_at", "due_session", "halfway"])
        return len(races)

    def _count(self, ladder: Ladder, races: Sequence[RatedSession]) -> set[Any]:
        """Replaces the drives of these races; returns whose they are, and were."""
        keys = [race.session_id for race in races]
        touched = forget_drives(keys)
        driven = lines(keys)
        self._recall(ladder, driven)
        rows: list[tuple[Any, ...]] = []
        mixtures: list[tuple[Any, ...]] = []
        stored = bulk.adapter()
        for race in races:
            at, year = stored(race.at), race.at.year
            for after in self._replay.count(race.at, driven.get(race.session_id, [])):
                profile, *values = after
                rows.append((ladder.pk, profile, race.session_id, at, year, *values))
            mixtures.append((race.pk, self._replay.mixture))
        bulk.insert(RatedDrive, _FIELDS, rows)
        bulk.update(RatedSession, ("mixture",), mixtures)
        return touched | {row[1] for row in rows}

    def _recall(self, ladder: Ladder, driven: dict[int, list[Line]]) -> None:
        """What was known of these drivers where this count began."""
        if self._is_first:
            return
        strangers = self._replay.strangers(line.profile for race in driven.values() for line in race)
        at, session = self._from
        for chosen in bulk.chunks(strangers):
            places = ", ".join(["%s"] * len(chosen))
            with connection.cursor() as cursor:
                cursor.execute(_LAST.format(chosen=places), [ladder.pk, bulk.stored(at), session, *chosen])
                rows = cursor.fetchall()
            self._replay.make_known([(profile, Known(bytes(state), *rest)) for profile, state, *rest in rows])


def set_due(ladder: Ladder, at: datetime, session: int) -> None:
    """The ladder is to be counted from this race on, unless it is from an earlier one."""
    if ladder.due_at is None or (at, session) < (ladder.due_at, ladder.due_session):
        ladder.due_at, ladder.due_session = at, session
        ladder.save(update_fields=["due_at", "due_session"])


def races_due() -> int:
    """How many races are to be counted, of those that are in order already."""
    return sum(
        _races(ladder).filter(_from(ladder.due_at, ladder.due_session)).count()
        for ladder in Ladder.objects.all()
        if ladder.due_at is not None
    )


def forget_drives(sessions: Sequence[int]) -> set[Any]:
    """Deletes the drives of these races; returns whose they were."""
    gone: set[Any] = set()
    for chosen in bulk.chunks(sessions):
        places = ", ".join(["%s"] * len(chosen))
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM ratings_rateddrive WHERE session_id IN ({places}) RETURNING profile_id", list(chosen)
            )
            gone.update(row[0] for row in cursor.fetchall())
    return gone


def _races(ladder: Ladder) -> QuerySet[RatedSession]:
    return RatedSession.objects.filter(ladder=ladder)


def _from(at: datetime, session: int) -> Q:
    return Q(at__gte=at) & (Q(at__gt=at) | Q(session__gte=session))


def _before(at: datetime, session: int) -> Q:
    return Q(at__lte=at) & (Q(at__lt=at) | Q(session__lt=session))
