"""Events and their results."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.db.models import FilteredRelation, Prefetch
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from simlane.profiles import addresses
from simlane.profiles.views.listing import chosen_simulator
from simlane.profiles.views.missing import not_found
from simlane.sim.models import Entry, EntryDriver, Event, Session, SimProfile, Simulator
from simlane.sim.models.querysets import visible_to
from simlane.web import keyset
from simlane.web.listing import paged, show

LATEST = keyset.Order("listed_at", descending=True)


@dataclass(frozen=True, slots=True)
class CrewMember:
    """A driver of an entry as the page shows them: a link only to a profile this person may open."""

    name: str
    url: str | None
    verified: bool
    rating_after: int | None
    rating_change: int | None


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """All events, the newest first."""
    simulators = list(Simulator.objects.all())
    simulator = chosen_simulator(request, simulators)
    found = Event.objects.select_related("simulator", "track").prefetch_related("sessions")
    if simulator:
        found = found.filter(simulator=simulator)
    context = {"page": paged(request, found, LATEST), "simulators": simulators, "simulator": simulator}
    return show(request, "profiles/events.html", context)


@require_safe
def event(request: HttpRequest, event_id: int) -> HttpResponse:
    """An event's results, one session at a time: the last race unless `session` asks for another."""
    found = Event.objects.select_related("simulator", "track").filter(pk=event_id).first()
    if found is None:
        return not_found(request, "")
    # Files of one weekend come in in any order.
    sessions = sorted(found.sessions.all(), key=lambda each: (each.started_at or found.listed_at, each.number))
    session = _chosen_session(request, sessions)
    entries: list[Entry] = []
    if session is not None:
        # A profile this person may not see is not even read: such a driver is a name without a link.
        visible = FilteredRelation("profile", condition=visible_to(request.user, "profile__"))
        drivers = EntryDriver.objects.annotate(visible_profile=visible).select_related("visible_profile")  # type: ignore[misc]
        entries = list(session.entries.select_related("car").prefetch_related(Prefetch("drivers", drivers)))
        for entry in entries:
            entry.crew = [_crew_member(found, driver) for driver in entry.drivers.all()]  # type: ignore[attr-defined]
    context = {
        "event": found,
        "sessions": sessions,
        "session": session,
        "entries": entries,
        "best_lap_ms": min((entry.best_lap_ms for entry in entries if entry.best_lap_ms), default=None),
        "has_classes": len({entry.car_class for entry in entries if entry.car_class}) > 1,
        "has_grid": any(entry.grid_position for entry in entries),
        "has_incidents": any(entry.incidents is not None for entry in entries),
    }
    return show(request, "profiles/event.html", context)


def _chosen_session(request: HttpRequest, sessions: list[Session]) -> Session | None:
    number = request.GET.get("session", "")
    if number:
        for session in sessions:
            if str(session.number) == number:
                return session
        raise BadRequest(f"This event has no session “{number[:20]}”. Choose one of its sessions.")
    races = [session for session in sessions if session.kind == Session.Kind.RACE]
    return next(reversed(races or sessions), None)


def _crew_member(event: Event, driver: EntryDriver) -> CrewMember:
    profile: SimProfile | None = getattr(driver, "visible_profile", None)
    if profile is not None:
        profile.simulator = event.simulator
    return CrewMember(
        name=driver.public_name,
        url=addresses.of_profile(profile) if profile else None,
        verified=bool(profile and profile.is_verified),
        rating_after=driver.rating_after,
        rating_change=driver.rating_after - driver.rating_before
        if driver.rating_after is not None and driver.rating_before is not None
        else None,
    )
