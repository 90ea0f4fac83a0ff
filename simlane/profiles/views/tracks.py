"""Tracks: the list, a track's records and last events, and how laps are spread on it."""

from __future__ import annotations

from typing import NamedTuple

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
#: The fastest of a track's classes that stand on its page; a page of their own has all.
CLASSES = 12
LAYOUTS = 40
LAST = 6


class _Classes(NamedTuple):
    """The records of a track's fastest classes, and whether it has more than these."""

    lines: list[records.Line]
    has_more: bool


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
    """A track in one layout: its records by class and by car, of one class with `class`, and its last events.

    With `events=all` and `classes=all` all its events, or the records of all its classes, a page at a time.
    """
    found = raced_on().filter(simulator__slug=slug, slug=track).first()
    if found is None:
        return not_found(request, track)
    if request.GET.get("events") == "all":
        events = paged(request, records.events_on(found), LATEST)
        return show(request, "profiles/track_events.html", {"track": found, "page": events})
    rows = TrackRecord.objects.filter(shown(), track=found)
    if request.GET.get("classes") == "all":
        of_classes = paged(request, _best_of_classes(request, rows), FASTEST)
        held = {"track": found, "page": of_classes, "lines": records.lines(of_classes.items)}
        return show(request, "profiles/track_classes.html", held)
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


def _best_of_classes(request: HttpRequest, rows: QuerySet[TrackRecord]) -> QuerySet[TrackRecord]:
    """The fastest record of each class; those of no class are left out."""
    return records.with_drives(records.best_of(rows.exclude(car_class=""), "track", "car_class"), request.user)


def _by_class(request: HttpRequest, rows: QuerySet[TrackRecord]) -> _Classes:
    # One more than the page shows says whether there are more.
    found = list(_best_of_classes(request, rows).order_by(*FASTEST.columns())[: CLASSES + 1])
    return _Classes(records.lines(found[:CLASSES]), has_more=len(found) > CLASSES)


def _layouts(track: Track) -> list[Track]:
    others = raced_on().filter(simulator=track.simulator_id, name=track.name).exclude(pk=track.pk)
    return list(others.order_by("layout")[:LAYOUTS])


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
