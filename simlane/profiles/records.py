"""Records as the pages of tracks and cars show them, and how laps are spread on a track."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Prefetch, Q, QuerySet

from simlane.profiles.addresses import of_event
from simlane.profiles.crew import CrewMember
from simlane.sim.career.records import shown
from simlane.sim.models import EntryDriver, Event, Lap, Track, TrackRecord
from simlane.sim.models.leagues import counted
from simlane.sim.models.querysets import EventQuerySet, visible_to

#: The laps of so many of the last events are counted; laps of an event are not many more than a thousand.
COUNTED_EVENTS = 6
#: A step of the distribution is so much of the record, and laps slower than the last step are left out.
STEP, STEPS = 0.01, 30


@dataclass(frozen=True, slots=True)
class Line:
    """A record in a table: `gap_ms` is to the fastest of all, where one is given."""

    record: TrackRecord
    driver: CrewMember
    event: Event
    url: str
    gap_ms: int | None


def best_of(rows: QuerySet[TrackRecord], *fields: str) -> QuerySet[TrackRecord]:
    """Of these records the fastest of each group that `fields` make; of equals, the older row."""
    same = TrackRecord.objects.filter(shown(), **{field: OuterRef(field) for field in fields})
    is_better = Q(best_lap_ms__lt=OuterRef("best_lap_ms")) | Q(
        best_lap_ms=OuterRef("best_lap_ms"), pk__lt=OuterRef("pk")
    )
    return rows.filter(~Exists(same.filter(is_better)))


def with_drives(rows: QuerySet[TrackRecord], user: AbstractBaseUser | AnonymousUser) -> QuerySet[TrackRecord]:
    """With what a line shows: one more statement. A profile this person may not see is not even read (rule 7)."""
    visible = FilteredRelation("profile", condition=visible_to(user, "profile__"))
    drives = EntryDriver.objects.annotate(visible_profile=visible).select_related(  # type: ignore[misc]
        "visible_profile", "entry__session__event__simulator"
    )
    return rows.select_related("car", "track").prefetch_related(Prefetch("drive", drives))


def lines(rows: Iterable[TrackRecord], fastest: int | None = None) -> list[Line]:
    """The records of `with_drives` as lines."""
    found = []
    for record in rows:
        drive = record.drive
        if drive is None:  # pragma: no cover - `shown` leaves these out
            continue
        session = drive.entry.session
        event = session.event
        # For their addresses.
        record.car.simulator = record.track.simulator = event.simulator
        found.append(
            Line(
                record=record,
                driver=CrewMember.of(event, drive, getattr(drive, "visible_profile", None)),
                event=event,
                url=f"{of_event(event)}?session={session.number}",
                gap_ms=None if fastest is None else record.best_lap_ms - fastest,
            )
        )
    return found


def events_on(track: Track) -> EventQuerySet:
    """The events on the track that count."""
    return Event.objects.standing().filter(counted(), track=track).select_related("simulator", "track", "league")


@dataclass(frozen=True, slots=True)
class Step:
    """How many laps took from `from_ms` on and less than `to_ms`; `percent` is of the fullest step."""

    from_ms: int
    to_ms: int
    laps: int
    percent: int


def distribution(track: Track, fastest: int) -> list[Step]:
    """The valid laps of the last events on the track, in steps from the record on, up to the last that has any."""
    width = max(100, round(fastest * STEP / 100) * 100)
    first = fastest // width
    events = list(events_on(track).order_by("-listed_at", "-pk").values_list("pk", flat=True)[:COUNTED_EVENTS])
    laps = Lap.objects.filter(
        entry__session__event__in=events,
        valid=True,
        time_ms__gte=first * width,
        time_ms__lt=(first + STEPS) * width,
    )
    counts = dict(laps.order_by().values_list(F("time_ms") / width).annotate(laps=Count("*")))
    if not counts:
        return []
    fullest = max(counts.values())
    return [
        Step(step * width, (step + 1) * width, counts.get(step, 0), round(100 * counts.get(step, 0) / fullest))
        for step in range(min(counts), max(counts) + 1)
    ]
