"""The parts of a driver's page that are loaded when they are opened; without JavaScript each is a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import BooleanField, ExpressionWrapper, F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from simlane.profiles import addresses
from simlane.profiles.bests import with_records
from simlane.profiles.curves import licence_lines, points_of, rating_lines
from simlane.ratings import reading
from simlane.sim.career import company, races
from simlane.sim.career.favourites import favourites
from simlane.sim.models import Entry, EntryDriver, PersonalBest, SimProfile
from simlane.sim.models.leagues import counted
from simlane.web import keyset, moments
from simlane.web.listing import paged, show

#: Of so many last races is the chart of finishing positions.
CHARTED = 100
FAVOURITES = 10
COMPANY = 20
CHART_KEYS = ("date", "day", "position", "field", "status", "event", "track")
NEWEST_BEST = keyset.Order("id", descending=True)

User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its title, and what makes the context of `profiles/sections/<name>.html` for a person."""

    title: str
    make: Callable[[SimProfile, User], dict[str, Any]]


def bests(request: HttpRequest, profile: SimProfile) -> HttpResponse:
    """All best laps, page by page."""
    page = paged(request, with_records(PersonalBest.objects.filter(profile=profile)), NEWEST_BEST)
    return show(request, "profiles/bests.html", {"profile": profile, "simulator": profile.simulator, "page": page})


def _finishes(profile: SimProfile, _: User) -> dict[str, Any]:
    # One look-up of the address that all events' begin with, for a hundred rows.
    events = reverse("profiles:events")
    finishes = [_finish(row, events) for row in reversed(_starts(profile)) if row["counts"]]
    return {
        "finishes": finishes,
        "has_retirements": any(finish["status"] for finish in finishes),
        "chart": [{key: finish[key] for key in CHART_KEYS} for finish in finishes],
    }


def _starts(profile: SimProfile) -> list[dict[str, Any]]:
    """The last races, the newest first; `counts` says which have a position that counts."""
    last_row = Entry.objects.filter(session=OuterRef("entry__session")).order_by("-row").values("row")[:1]
    drives = races.started(EntryDriver.objects.filter(profile=profile)).order_by("-raced_at", "-pk")
    counts = races.PLACED & counted("entry__session__event__")
    rows: Any = drives.values(
        "raced_at",
        position=F("entry__position"),
        field=Subquery(last_row) + 1,
        status=F("entry__status"),
        event_id=F("entry__session__event"),
        event=F("entry__session__event__name"),
        track=F("entry__session__event__track__name"),
        counts=ExpressionWrapper(counts, BooleanField()),
    )
    return list(rows[:CHARTED])


def _finish(row: dict[str, Any], events: str) -> dict[str, Any]:
    """A race as the chart and its table show it."""
    status = row["status"]
    return {
        **row,
        "date": row["raced_at"].isoformat(),
        "day": moments.day(row["raced_at"]),
        # Empty for who saw the flag.
        "status": "" if status == Entry.Status.FINISHED else Entry.Status(status).label,
        "url": addresses.event_below(events, row["event_id"], row["event"]),
        "track": row["track"] or "",
    }


def _ratings(profile: SimProfile, _: User) -> dict[str, Any]:
    points = points_of(profile)
    return {
        "points": points[::-1],
        "ratings": rating_lines([(profile.public_name, points)]),
        "licences": licence_lines(points),
        "has_licences": any(point.licence for point in points),
    }


def _favourites(profile: SimProfile, _: User) -> dict[str, Any]:
    tracks, cars = favourites(profile, FAVOURITES)
    return {"tables": [("Track", tracks), ("Car", cars)]}


def _mates(profile: SimProfile, user: User) -> dict[str, Any]:
    return {"mates": company.mates(profile, SimProfile.objects.visible_to(user), COMPANY)}


def _rivals(profile: SimProfile, user: User) -> dict[str, Any]:
    rivals = company.rivals(profile, SimProfile.objects.visible_to(user), COMPANY)
    return {"rivals": rivals, "last_races": company.LAST_RACES, "nearest": reading.nearest_to(profile)}


SECTIONS = {
    "finishes": Section("Finishing positions", _finishes),
    "ratings": Section("Rating and licence of the simulator", _ratings),
    "favourites": Section("Favourite tracks and cars", _favourites),
    "mates": Section("Team mates", _mates),
    "rivals": Section("Rivals", _rivals),
}
