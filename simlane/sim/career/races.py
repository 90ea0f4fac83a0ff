"""The races that pages list and draw, one row each, by the rule that sim.career.statistics counts by."""

from __future__ import annotations

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from simlane.sim.models import Entry, EntryDriver, Session

#: Behind every position.
_UNPLACED = 2**31 - 1

_ALONE = ~Exists(EntryDriver.objects.filter(entry=OuterRef("entry")).exclude(seat=OuterRef("seat")))
_DROVE = Q(driven__gt=0) | (Q(entry__laps=0) & ~Q(entry__status=Entry.Status.DSQ) & _ALONE)
_STARTED = Q(entry__session__kind=Session.Kind.RACE) & ~Q(entry__status=Entry.Status.DNS) & _DROVE

#: Starts with a position, heats apart: a disqualified car has none, whatever the file says.
PLACED = (
    Q(entry__position__isnull=False) & ~Q(entry__status=Entry.Status.DSQ) & ~Q(entry__session__stage=Session.Stage.HEAT)
)


def started(drives: QuerySet[EntryDriver]) -> QuerySet[EntryDriver]:
    """Of these drives the races that count as starts, the best line where a driver has several in one."""
    return _of_start(drives).filter(~Exists(_better_lines()))


def finished(drives: QuerySet[EntryDriver]) -> QuerySet[EntryDriver]:
    """Of these drives the starts that are PLACED."""
    return started(drives).filter(PLACED)


def _of_start(drives: QuerySet[EntryDriver]) -> QuerySet[EntryDriver]:
    driven = Coalesce("laps", "entry__laps", 1, output_field=IntegerField())
    place = Case(
        When(entry__status=Entry.Status.DSQ, then=_UNPLACED),
        default=Coalesce("entry__position", _UNPLACED, output_field=IntegerField()),
        output_field=IntegerField(),
    )
    return drives.alias(driven=driven, place=place).filter(_STARTED)


def _better_lines() -> QuerySet[EntryDriver]:
    """The driver's lines of the same race that stand before this one; their time is the same, and has an index."""
    lines = EntryDriver.objects.filter(
        profile=OuterRef("profile"), raced_at=OuterRef("raced_at"), entry__session=OuterRef("entry__session")
    )
    is_before = Q(place__lt=OuterRef("place")) | Q(place=OuterRef("place"), pk__lt=OuterRef("pk"))
    return _of_start(lines).filter(is_before)
