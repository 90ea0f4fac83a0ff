"""The races that ratings are made of, as the results have them now.

A race counts when it counts in careers; what a start is, and which line is a driver's own where they stand in several
of one race, sim.career says. Drivers without a profile are in no race: a name is no identity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from simlane.ratings.models import Ladder
from simlane.sim.career.statistics import DRIVE_STARTED
from simlane.sim.database import bulk
from simlane.sim.models import EntryDriver, Session
from simlane.sim.models.leagues import counted


class Counted(NamedTuple):
    """A race that counts: its session and event, when it was, and in which ladder."""

    session: int
    event: int
    at: datetime
    simulator: int
    kind: str


class Line(NamedTuple):
    """A driver's own line in a race; `profile` is the key as the database has it.

    `place` is the car's among those of its class, None where it has none; `won` is said of all classes together.
    """

    session: int
    entry: int
    profile: Any
    car_class: str
    place: int | None
    finished: bool
    won: bool


#: The worst place stands for none.
_UNPLACED = 2**31 - 1
_LINES = f"""
SELECT e.session_id, e.id, d.profile_id, e.car_class, COALESCE(e.class_position, e.position),
    e.status = 'finished', e.status <> 'dsq' AND s.stage <> 'heat' AND COALESCE(e.position, 0) = 1
FROM sim_session s
JOIN sim_entry e ON e.session_id = s.id
JOIN sim_entrydriver d ON d.entry_id = e.id
WHERE s.id IN ({{chosen}}) AND d.profile_id IS NOT NULL AND {DRIVE_STARTED}
ORDER BY s.id, CASE WHEN e.status = 'dsq' THEN {_UNPLACED} ELSE COALESCE(e.position, {_UNPLACED}) END, d.id
"""


def counted_races(events: Collection[int] | None = None) -> Iterator[Counted]:
    """The races that count, of these events or of all, in no order."""
    drives = EntryDriver.objects.filter(entry__session=OuterRef("pk"), profile__isnull=False)
    races: QuerySet[Session] = Session.objects.filter(counted("event__"), kind=Session.Kind.RACE)
    if events is not None:
        races = races.filter(event__in=events)
    rows = races.annotate(at=Subquery(drives.values("raced_at")[:1])).values_list(
        "pk", "event_id", "at", "event__simulator_id", "racing"
    )
    for session, event, at, simulator, racing in rows.iterator():
        if at is not None:
            kind = Ladder.Kind.OVAL if racing == Session.Racing.OVAL else Ladder.Kind.ROAD
            yield Counted(session, event, at, simulator, kind)


def lines(sessions: Sequence[int]) -> dict[int, list[Line]]:
    """The starts in these races by session, each driver once, the best placed first."""
    found: dict[int, list[Line]] = {}
    for chosen in bulk.chunks(sessions):
        with connection.cursor() as cursor:
            cursor.execute(_LINES.format(chosen=", ".join(["%s"] * len(chosen))), list(chosen))
            for session, rows in groupby(cursor.fetchall(), itemgetter(0)):
                own: dict[Any, Line] = {}
                for row in rows:
                    own.setdefault(row[2], Line(*row))
                found[session] = list(own.values())
    return found
