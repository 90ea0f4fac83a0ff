"""A driver of an entry, as an event's page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import FilteredRelation, QuerySet

from simlane.profiles import addresses
from simlane.sim.models import Entry, EntryDriver, Event, SimProfile
from simlane.sim.models.profile import NO_NAME
from simlane.sim.models.querysets import visible_to
from simlane.sim.ownership.code_text import without_codes


class Driver(Protocol):
    """A driver in a table, or as a file says it."""

    name: str
    rating_before: int | None
    rating_after: int | None


@dataclass(frozen=True, slots=True)
class CrewMember:
    """A driver of an entry as the page shows them: a link only to a profile this person may open."""

    name: str
    url: str | None
    verified: bool
    rating_after: int | None
    rating_change: int | None

    @classmethod
    def of(cls, event: Event, driver: Driver, profile: SimProfile | None) -> Self:
        """The driver; `profile` is theirs where this person may open it."""
        if profile is not None:
            profile.simulator = event.simulator
        before, after = driver.rating_before, driver.rating_after
        return cls(
            name=without_codes(driver.name) or NO_NAME,
            url=addresses.of_profile(profile) if profile else None,
            verified=bool(profile and profile.is_verified),
            rating_after=after,
            rating_change=after - before if after is not None and before is not None else None,
        )


def label(entry: Entry) -> str:
    """A car in one line: its number, and its team or who drove. `entry` is read with its drivers."""
    number = f"#{entry.car_number}" if entry.car_number else ""
    name = entry.public_team_name or ", ".join(each.public_name for each in entry.drivers.all())
    return " ".join(part for part in (number, name) if part) or f"Car {entry.row + 1}"


def drivers_for(user: AbstractBaseUser | AnonymousUser) -> QuerySet[EntryDriver]:
    """Drivers of entries, each with `visible_profile`: a profile this person may not see is not even read."""
    visible = FilteredRelation("profile", condition=visible_to(user, "profile__"))
    return EntryDriver.objects.annotate(visible_profile=visible).select_related("visible_profile")  # type: ignore[misc]


def crew_of(event: Event, entry: Entry) -> list[CrewMember]:
    """The crew of an entry, which was read with `drivers_for`."""
    return [CrewMember.of(event, each, getattr(each, "visible_profile", None)) for each in entry.drivers.all()]
