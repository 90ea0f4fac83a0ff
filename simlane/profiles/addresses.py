"""Addresses of the public pages of the domain's rows: `get_absolute_url` of each model, by ABSOLUTE_URL_OVERRIDES.

The domain itself knows no pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.urls import reverse

from simlane.web.slugs import readable

if TYPE_CHECKING:
    from simlane.sim.models import Car, Entry, Event, Session, SimProfile, Simulator, Track


def of_simulator(simulator: Simulator) -> str:
    """The address of a simulator's page."""
    return reverse("profiles:simulator", args=[simulator.slug])


def of_profile(profile: SimProfile) -> str:
    """The address of a driver's page; an identifier from the old model may hold any character, even a slash."""
    # Built by hand because reverse() leaves "/" and ".." as they are, and browsers resolve them.
    return f"{of_simulator(profile.simulator)}{quote(profile.profile_identifier, safe='')}/"


def of_rating(profile: SimProfile, kind: str) -> str:
    """The address of the curve of a driver's rating in a kind of racing; as of_profile."""
    below = reverse("profiles:rating", args=[profile.simulator.slug, kind, "0"]).removesuffix("0/")
    return f"{below}{quote(profile.profile_identifier, safe='')}/"


def of_event(event: Event) -> str:
    """The address of an event's page."""
    return reverse("profiles:event", args=[event.pk, event_slug(event)])


def event_slug(event: Event) -> str:
    """The event's name in its addresses: “spring-cup-round-3”."""
    return readable(event.name, "event")


def event_below(events: str, key: int, name: str) -> str:
    """The address of an event's page below that of all events, for many rows at once."""
    return f"{events}{key}-{readable(name, 'event')}/"


def of_laps(event: Event, session: Session) -> str:
    """The address of the tables of a session's laps."""
    return reverse("profiles:laps", args=[event.pk, event_slug(event), session.number])


def of_entry(event: Event, session: Session, entry: Entry) -> str:
    """The address of an entry's page; `entry` is read with its drivers."""
    return reverse(
        "profiles:entry", args=[event.pk, event_slug(event), session.number, entry.row + 1, entry_slug(entry)]
    )


def entry_slug(entry: Entry) -> str:
    """Car number and team or driver in the entry's address: “44-marta-sandqvist”. `entry` is read with its drivers."""
    driver = next((each.public_name for each in entry.drivers.all()), "")
    return readable(f"{entry.car_number} {entry.public_team_name or driver}", "car")


def of_track(track: Track) -> str:
    """The address of a track's page; the list of its simulator's tracks while it has none of its own."""
    return _under("profiles:tracks", track)


def of_car(car: Car) -> str:
    """The address of a car's page; the list of its simulator's cars while it has none of its own."""
    return _under("profiles:cars", car)


def _under(name: str, row: Track | Car) -> str:
    address = reverse(f"{name}_of", args=[row.simulator.slug])
    return f"{address}{row.slug}/" if row.slug else address
