"""Races stored as the importer stores them, with the fewest rows: a row of results for each start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max

from simlane.ratings import due, recomputing
from simlane.ratings.models import RatedDrive, Rating, RatingShare, RatingYear
from simlane.sim.models import Entry, EntryDriver, Event, Session, SimProfile, Simulator

FIRST = datetime(2025, 1, 1, 20, tzinfo=UTC)


def driver(number: int, simulator: str = "iracing", **more: Any) -> SimProfile:
    """A driver who is there or is made."""
    row = Simulator.objects.get(slug=simulator)
    made, _ = SimProfile.objects.get_or_create(
        simulator=row,
        profile_identifier=str(1000 + number),
        defaults={"profile_name": f"Driver {number}", "name_key": f"driver {number}", **more},
    )
    return made


def race(
    *cars: Sequence[int] | int,
    day: float = 0,
    classes: Sequence[str] = (),
    out: Sequence[int] = (),
    simulator: str = "iracing",
    event: Event | None = None,
    **session: Any,
) -> Session:
    """A race of these cars in the order of their places, each with its crew; `out` are places that did not finish."""
    at = FIRST + timedelta(days=day)
    where = event or Event.objects.create(
        simulator=Simulator.objects.get(slug=simulator), name=f"Race of day {day}", starts_at=at
    )
    number = (Session.objects.filter(event=where).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Session.objects.create(event=where, kind="race", number=number, name="Race", started_at=at, **session)
    for place, crew in enumerate(cars, 1):
        entry = Entry.objects.create(
            session=made,
            row=place - 1,
            position=place,
            car_class=classes[place - 1] if classes else "",
            status="dnf" if place in out else "finished",
        )
        for seat, each in enumerate([crew] if isinstance(crew, int) else crew):
            profile = driver(each, simulator)
            EntryDriver.objects.create(entry=entry, seat=seat, name="A", profile=profile, raced_at=at)
    return made


def note(*sessions: Session) -> None:
    """The importer tells that results of these races came in."""
    due.note_events(events={session.event_id for session in sessions})


def settle(*sessions: Session) -> int:
    """Tells it, and counts; how many races were counted."""
    note(*sessions)
    return recomputing.catch_up().races


def anew() -> None:
    """Counts everything anew."""
    recomputing.begin()
    recomputing.catch_up()


def stored() -> dict[str, list[Any]]:
    """Everything that ratings say, without the keys of their rows."""
    kept = ("rating", "uncertainty", "provisional", "gained", "starts", "finishes", "wins")
    figures = ("ladder__kind", "profile", *kept)
    drive = ("session", "profile", "at", "year", "rating", "uncertainty", "races", "gained", "finished", "won", "state")
    return {
        "drives": sorted((*row[:-1], bytes(row[-1])) for row in RatedDrive.objects.values_list(*drive)),
        "ratings": sorted(Rating.objects.values_list(*figures, "at")),
        "years": sorted(RatingYear.objects.values_list(*figures, "year")),
        "shares": sorted(RatingShare.objects.values_list("ladder__kind", "rating", "drivers")),
    }


def rating(number: int, kind: str = "road") -> Rating:
    """The driver's rating."""
    return Rating.objects.get(profile=driver(number), ladder__kind=kind)
