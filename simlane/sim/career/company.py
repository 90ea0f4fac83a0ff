"""Whom a driver races with: those who shared a car, those who were in the same races, and who was ahead in them.

Ahead is who has the better position; a disqualified car is behind every other, and of two without a position nobody is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q

from simlane.sim.career import races
from simlane.sim.models import Entry, EntryDriver, Session, SimProfile
from simlane.sim.models.leagues import counted
from simlane.sim.models.querysets import SimProfileQuerySet

#: Of so many last races rivals are told, and of so many last drives pairs of drivers are compared.
LAST_RACES = 200
LAST_PAIRS = 1500
#: So many are read, of whom some may be hidden.
_CANDIDATES = 60
_LAST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody who was in the same races: in how many of them the driver was `ahead`, or `behind`."""

    profile: SimProfile
    shared: int
    ahead: int
    behind: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Mate:
    """Somebody who shared the car: in how many races, how many of them won, and when last."""

    profile: SimProfile
    races: int
    wins: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Start:
    """A driver's line in a race that several of those compared started in."""

    profile: UUID
    session: int
    number: int
    event: int
    event_name: str
    track: str | None
    raced_at: datetime
    entry: int
    position: int | None
    status: str
    car_class: str

    @property
    def place(self) -> int:
        """By which they are compared: behind all others for who has none."""
        return self.position if self.position and self.status != Entry.Status.DSQ else _LAST

    @property
    def shown(self) -> int | None:
        """The position as it is shown: a disqualified car has none."""
        return None if self.status == Entry.Status.DSQ else self.position

    @property
    def out(self) -> str:
        """Why the driver did not finish, in words; empty for who did."""
        return "" if self.status == Entry.Status.FINISHED else str(Entry.Status(self.status).label)


def mates(profile: SimProfile, seen: SimProfileQuerySet, most: int) -> list[Mate]:
    """Who of the profiles that may be `seen` drove in the same cars in races that count: most races first."""
    shared = EntryDriver.objects.filter(
        counted("entry__session__event__"),
        entry__drivers__profile=profile,
        entry__session__kind=Session.Kind.RACE,
        profile__isnull=False,
    ).exclude(profile=profile)
    won = Q(entry__position=1) & ~Q(entry__status=Entry.Status.DSQ) & ~Q(entry__session__stage=Session.Stage.HEAT)
    rows: Any = shared.values("profile").annotate(
        races=Count("entry__session", distinct=True),
        wins=Count("entry__session", distinct=True, filter=won),
        last=Max("raced_at"),
    )
    found = list(rows.order_by("-races", "-last")[:_CANDIDATES])
    profiles = _seen(seen, [row["profile"] for row in found])
    known = [(profiles[row.pop("profile")], row) for row in found if row["profile"] in profiles]
    return [Mate(profile, **row) for profile, row in known][:most]


_RIVALS = f"""
SELECT o.profile_id, COUNT(DISTINCT e.session_id) AS shared,
    SUM(CASE WHEN {{mine}} < {{theirs}} THEN 1 ELSE 0 END) AS ahead,
    SUM(CASE WHEN {{mine}} > {{theirs}} THEN 1 ELSE 0 END) AS behind,
    MAX(d.id) AS last
FROM sim_entrydriver d
JOIN sim_entry e ON e.id = d.entry_id
JOIN sim_entry f ON f.session_id = e.session_id AND f.id <> e.id AND f.status <> 'dns'
JOIN sim_entrydriver o ON o.entry_id = f.id
WHERE d.id IN ({{drives}}) AND o.profile_id IS NOT NULL AND o.profile_id <> d.profile_id
GROUP BY o.profile_id
ORDER BY shared DESC, last DESC
LIMIT {_CANDIDATES}
"""


def _place(entry: str) -> str:
    return f"CASE WHEN {entry}.status <> 'dsq' THEN COALESCE({entry}.position, {_LAST}) ELSE {_LAST} END"


def rivals(profile: SimProfile, seen: SimProfileQuerySet, most: int) -> list[Rival]:
    """Who of the profiles that may be `seen` was in most of the driver's last races that count."""
    drives = races.started(EntryDriver.objects.filter(counted("entry__session__event__"), profile=profile))
    last = dict(drives.order_by("-raced_at", "-pk").values_list("pk", "raced_at")[:LAST_RACES])
    if not last:
        return []
    marks = ", ".join(["%s"] * len(last))
    with connection.cursor() as cursor:
        cursor.execute(_RIVALS.format(mine=_place("e"), theirs=_place("f"), drives=marks), list(last))
        to_key = SimProfile._meta.pk.to_python
        rows = [(to_key(key), *figures, drive) for key, *figures, drive in cursor.fetchall()]
    profiles = _seen(seen, [key for key, *_ in rows])
    known = [(profiles[key], *row) for key, *row in rows if key in profiles]
    return [
        Rival(each, int(shared), int(ahead), int(behind), last[drive]) for each, shared, ahead, behind, drive in known
    ][:most]


def _seen(seen: SimProfileQuerySet, keys: Sequence[UUID]) -> dict[UUID, SimProfile]:
    return seen.select_related("simulator").defer("profile_data").in_bulk(keys) if keys else {}


_AT_ONCE = """
SELECT d.id, o.id
FROM sim_entrydriver d
JOIN sim_entrydriver o ON o.raced_at = d.raced_at AND o.profile_id IN ({chosen}) AND o.profile_id > d.profile_id
WHERE d.profile_id IN ({chosen})
ORDER BY d.raced_at DESC
LIMIT {most}
"""


def shared_races(profiles: Collection[SimProfile]) -> list[list[Start]]:
    """The races that count in which at least two of these started, the newest first; of the last LAST_PAIRS pairs."""
    if len(profiles) < 2:
        return []
    key = SimProfile._meta.pk
    keys = [key.get_db_prep_value(each.pk, connection) for each in profiles]
    with connection.cursor() as cursor:
        # By the time alone, which is in an index: what they are drives of is read for those who drove at one time.
        cursor.execute(_AT_ONCE.format(chosen=", ".join(["%s"] * len(keys)), most=LAST_PAIRS), [*keys, *keys])
        drives = {drive for row in cursor.fetchall() for drive in row}
    if not drives:
        return []
    rows = (
        races.started(EntryDriver.objects.filter(counted("entry__session__event__"), pk__in=drives))
        .order_by("-raced_at", "entry__session", "entry__row")
        .values_list(
            *("profile", "entry__session", "entry__session__number", "entry__session__event"),
            *("entry__session__event__name", "entry__session__event__track__name", "raced_at", "entry"),
            *("entry__position", "entry__status", "entry__car_class"),
        )
    )
    starts = [Start(*row) for row in rows]
    found = [list(group) for _, group in groupby(starts, key=lambda start: start.session)]
    return [each for each in found if len(each) > 1]
