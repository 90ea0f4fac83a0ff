"""Events and their results."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import BadRequest
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from simlane.profiles import figures, lap_tables
from simlane.profiles.addresses import of_event, of_laps
from simlane.profiles.crew import crew_of, drivers_for
from simlane.profiles.views.listing import chosen_simulator
from simlane.profiles.views.missing import not_found
from simlane.profiles.views.own_order import own_order
from simlane.profiles.views.provenance import provenance
from simlane.profiles.views.reading import elsewhere, read
from simlane.profiles.views.rulings import rulings_of
from simlane.results.doubles import doubles
from simlane.sim.errors import Refused
from simlane.sim.models import Entry, Event, Session, Simulator
from simlane.web import keyset
from simlane.web.listing import paged, show

LATEST = keyset.Order("listed_at", descending=True)
#: What the rooms above show on an event's page: its name in the page's context, and what makes it for a person.
BESIDE: dict[str, Callable[[Event, AbstractBaseUser | AnonymousUser], object]] = {}


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """All events, the newest first."""
    simulators = list(Simulator.objects.all())
    simulator = chosen_simulator(request, simulators)
    found = Event.objects.standing().select_related("simulator", "track", "league").prefetch_related("sessions")
    if simulator:
        found = found.filter(simulator=simulator)
    context = {"page": paged(request, found, LATEST), "simulators": simulators, "simulator": simulator}
    return show(request, "profiles/events.html", context)


@require_safe
def event(request: HttpRequest, event_id: int, slug: str = "") -> HttpResponse:
    """An event's results, one session at a time: the last race unless `session` asks for another."""
    found = read(request.user, event_id)
    if found is None:
        return not_found(request, "")
    if answer := elsewhere(request, of_event(found)):
        return answer
    # Files of one weekend come in in any order.
    sessions = sorted(found.sessions.all(), key=lambda each: (each.started_at or found.listed_at, each.number))
    session = chosen_session(request, sessions)
    rulings = rulings_of(found, sessions, session, is_staff=getattr(request.user, "is_staff", False))
    by_file = _by_file(request)
    entries: list[Entry] = []
    timing: figures.Timing | None = None
    if by_file and session is not None:
        try:
            entries = own_order(found, session, request.user)
        except Refused as refusal:
            raise BadRequest(str(refusal)) from refusal
        figures.add(session, entries, {})
    elif session is not None:
        session.event = found
        entries = _entries(found, session, request.user)
        timing = figures.add(session, entries, figures.timed(session))
        for entry in entries:
            entry.rulings = rulings.of_entry(entry.pk)  # type: ignore[attr-defined]
    context = {
        "event": found,
        "sessions": sessions,
        "session": session,
        "entries": entries,
        "rulings": rulings,
        "by_file": by_file,
        "timing": timing,
        **(_of_laps(session) if session and timing and timing.has_laps else {}),
        "best_lap_ms": min((entry.best_lap_ms for entry in entries if entry.best_lap_ms), default=None),
        # A format may give all sessions of an event one time: it is the event's, and tells none apart.
        "has_starts": len({each.started_at for each in sessions}) > 1,
        "has_numbers": any(entry.car_number for entry in entries),
        "has_classes": len({entry.car_class for entry in entries if entry.car_class}) > 1,
        "has_grid": any(entry.grid_position for entry in entries),
        "has_incidents": any(entry.incidents is not None for entry in entries),
        # Asked for by the whole page only, not by its part.
        "provenance": lambda: provenance(found, sessions, request.user),
        **{name: partial(make, found, request.user) for name, make in BESIDE.items()},
        "counts_at": lambda: _counts_at(found),
    }
    return show(request, "profiles/event.html", context)


def _entries(event: Event, session: Session, user: AbstractBaseUser | AnonymousUser) -> list[Entry]:
    """The session's classification, each entry with its `crew`."""
    drivers = Prefetch("drivers", drivers_for(user))
    entries = list(session.entries.select_related("car").prefetch_related(drivers))
    for entry in entries:
        entry.crew = crew_of(event, entry)  # type: ignore[attr-defined]
    return entries


def _of_laps(session: Session) -> dict[str, object]:
    """What the charts of the session's laps need; they read nothing until they are opened."""
    return {
        "charts": lap_tables.charts(session),
        "laps_url": of_laps(session.event, session),
        "laps_data_url": reverse("profiles:laps_data", args=[session.event.pk, session.number]),
        "laps_script": static("build/laps.js"),
    }


def _counts_at(event: Event) -> Event | None:
    """Where the results count of an event that stayed alone when its league was confirmed; None where that is gone."""
    there = doubles(Event.objects.filter(pk=event.pk))
    return Event.objects.standing().filter(pk__in=there.values()).first()


def _by_file(request: HttpRequest) -> bool:
    """Whether the file's own order is asked for."""
    order = request.GET.get("order", "")
    if order not in ("", "file"):
        raise BadRequest(f"Results are in no order “{order[:20]}”: leave it out, or ask for “file”.")
    return order == "file"


def chosen_session(request: HttpRequest, sessions: list[Session]) -> Session | None:
    """The session that `session` asks for, or else the last race; raises BadRequest for one that is not there."""
    number = request.GET.get("session", "")
    if number:
        for session in sessions:
            if str(session.number) == number:
                return session
        raise BadRequest(f"This event has no session “{number[:20]}”. Choose one of its sessions.")
    races = [session for session in sessions if session.kind == Session.Kind.RACE]
    return next(reversed(races or sessions), None)
