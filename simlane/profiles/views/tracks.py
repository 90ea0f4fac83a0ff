"""Tracks: the list, a track's records and last events, and how laps are spread on it."""

from __future__ import annotations

from allauth.core.ratelimit import consume_or_429
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from simlane.profiles import records
from simlane.profiles.places import called, raced_on
from simlane.profiles.views.events import LATEST
from simlane.profiles.views.listing import chosen_simulator
from simlane.profiles.views.missing import not_found
from simlane.sim.career.records import shown
from simlane.sim.models import Simulator, Track, TrackRecord
from simlane.sim.search.query import MAX_LENGTH, typed
from simlane.web import keyset
from simlane.web.listing import Page, paged, show

BY_NAME = keyset.Order("name")
FASTEST = keyset.Order("best_lap_ms")
CLASSES = 40
LAST = 6


@require_safe
def tracks(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """All tracks by name, or those of one simulator."""
    simulators = list(Simulator.objects.all())
    if slug is None:
        simulator = chosen_simulator(request, simulators)
    elif (simulator := next((each for each in simulators if each.slug == slug), None)) is None:
        return not_found(request, slug)
    query = typed(request.GET.get("q", ""))[:MAX_LENGTH]
    if query and (refusal := consume_or_429(request, action="search", limit_get=True)):
        return refusal
    found = called(raced_on(), query)
    if simulator:
        found = found.filter(simulator=simulator)
    context = {
        "page": paged(request, found, BY_NAME),
        "simulators": simulators,
        "simulator": simulator,
        "is_of_one": slug is not None,
        "query": query,
    }
    return show(request, "profiles/tracks.html", context)


@require_safe
def track(request: HttpRequest, slug: str, track: str) -> HttpResponse:
    """A track in one layout: its records by class and by car, of one class with `class`, and its last events."""
    found = raced_on().filter(simulator__slug=slug, slug=track).first()
    if found is None:
        return not_found(request, track)
    if request.GET.get("events") == "all":
        held = paged(request, records.events_on(found), LATEST)
        return show(request, "profiles/track_events.html", {"track": found, "page": held})
    rows = TrackRecord.objects.filter(shown(), track=found)
    car_class = request.GET.get("class", "").replace("\0", "")
    of_cars = rows.filter(car_class=car_class) if car_class else records.best_of(rows, "track", "car")
    page = paged(request, records.with_drives(of_cars, request.user), FASTEST)
    fastest = of_cars.order_by("best_lap_ms").values_list("best_lap_ms", flat=True).first()
    context = {
        "track": found,
        "car_class": car_class,
        "page": page,
        "lines": records.lines(page.items, fastest),
        "by_class": lambda: _by_class(request, rows),
        "events": lambda: records.events_on(found).order_by("-listed_at", "-pk")[:LAST],
        "layouts": lambda: _layouts(found),
    }
    return show(request, "profiles/track.html", context)


def _by_class(request: HttpRequest, rows: QuerySet[TrackRecord]) -> list[records.Line]:
    best = records.best_of(rows.exclude(car_class=""), "track", "car_class")
    return records.lines(records.with_drives(best, request.user).order_by("best_lap_ms", "pk")[:CLASSES])


def _layouts(track: Track) -> list[Track]:
    others = raced_on().filter(simulator=track.simulator_id, name=track.name).exclude(pk=track.pk)
    return list(others.order_by("layout")[:CLASSES])


@require_safe
def laps(request: HttpRequest, slug: str, track: str) -> HttpResponse:
    """How many laps of the last events took how long; the track's page loads it when it is opened there."""
    found = raced_on().filter(simulator__slug=slug, slug=track).first()
    if found is None:
        return not_found(request, track)
    rows = TrackRecord.objects.filter(shown(), track=found)
    fastest = rows.order_by("best_lap_ms").values_list("best_lap_ms", flat=True).first()
    steps = records.distribution(found, fastest) if fastest else []
    context = {"track": found, "steps": steps, "page": Page(steps, None, None), "events": records.COUNTED_EVENTS}
    return show(request, "profiles/track_laps.html", context)
