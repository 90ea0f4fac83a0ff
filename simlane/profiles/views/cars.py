"""Cars: the list, and a car's records by track, last events and last drivers."""

from __future__ import annotations

from allauth.core.ratelimit import consume_or_429
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from simlane.profiles import records
from simlane.profiles.places import called, driven, that_count
from simlane.profiles.views.listing import chosen_simulator
from simlane.profiles.views.missing import not_found
from simlane.profiles.views.tracks import BY_NAME, LAST
from simlane.sim.career.records import shown
from simlane.sim.models import Event, SimProfile, Simulator, TrackRecord
from simlane.sim.search.query import MAX_LENGTH, typed
from simlane.web import keyset
from simlane.web.listing import paged, show

NEWEST = keyset.Order("raced_at", descending=True)
#: The last events and drivers are those of so many entries that came in last.
RECENT_ENTRIES = 200
DRIVERS = 12


@require_safe
def cars(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """All cars by name, or those of one simulator."""
    simulators = list(Simulator.objects.all())
    if slug is None:
        simulator = chosen_simulator(request, simulators)
    elif (simulator := next((each for each in simulators if each.slug == slug), None)) is None:
        return not_found(request, slug)
    query = typed(request.GET.get("q", ""))[:MAX_LENGTH]
    if query and (refusal := consume_or_429(request, action="search", limit_get=True)):
        return refusal
    found = called(driven(), query)
    if simulator:
        found = found.filter(simulator=simulator)
    context = {
        "page": paged(request, found, BY_NAME),
        "simulators": simulators,
        "simulator": simulator,
        "is_of_one": slug is not None,
        "query": query,
    }
    return show(request, "profiles/cars.html", context)


@require_safe
def car(request: HttpRequest, slug: str, car: str) -> HttpResponse:
    """A car: its record on each track, the newest first, the events it was in last and who drove it there."""
    found = driven().filter(simulator__slug=slug, slug=car).first()
    if found is None:
        return not_found(request, car)
    rows = records.best_of(TrackRecord.objects.filter(shown(), car=found), "car", "track")
    page = paged(request, records.with_drives(rows, request.user), NEWEST)
    recent = that_count().filter(car=found).order_by("-session_id").values_list("pk", "session__event")
    entries = list(recent[:RECENT_ENTRIES])
    drivers = SimProfile.objects.public().filter(drives__entry__in=[entry for entry, _ in entries])
    events = Event.objects.filter(pk__in={event for _, event in entries})
    context = {
        "car": found,
        "page": page,
        "lines": records.lines(page.items),
        "events": events.select_related("simulator", "track", "league").order_by("-listed_at", "-pk")[:LAST],
        "drivers": lambda: (
            drivers.select_related("simulator")
            .defer("profile_data")
            .order_by("-last_active_at", "-pk")
            .distinct()[:DRIVERS]
        ),
    }
    return show(request, "profiles/car.html", context)
