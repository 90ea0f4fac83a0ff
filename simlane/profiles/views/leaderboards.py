"""Leaderboards, and the curve of a driver's rating."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from simlane.profiles import addresses
from simlane.profiles.views.missing import not_found
from simlane.ratings import reading
from simlane.ratings.models import Ladder
from simlane.sim.models import SimProfile, Simulator
from simlane.web.listing import paged, show
from simlane.web.moments import day


@require_safe
def leaderboards(request: HttpRequest) -> HttpResponse:
    """Every simulator whose drivers are rated."""
    return render(request, "profiles/leaderboards.html", {"simulators": reading.all_ladders()})


@require_safe
def leaderboard(request: HttpRequest, slug: str) -> HttpResponse:
    """A simulator's drivers by rating, wins, starts or points gained, of all time or a year, in a kind of racing."""
    simulator = Simulator.objects.filter(slug=slug).first()
    if simulator is None:
        return not_found(request, slug)
    ladders = reading.ladders_of(simulator)
    ladder = _ladder(request, ladders)
    board = reading.BOARDS.get(request.GET.get("by") or "rating")
    if board is None:
        raise BadRequest(f"There is no such leaderboard: use {', '.join(reading.BOARDS)}.")
    context = {"simulator": simulator, "ladders": ladders, "ladder": ladder, "board": board}
    if ladder is not None:
        years = reading.years_of(ladder)
        year = _year(request, years)
        page = paged(request, reading.leaders(ladder, board, year), board.order, numbered=True)
        context |= {"years": years, "year": year, "page": page, "boards": reading.BOARDS.values()}
    return show(request, "profiles/leaderboard.html", context)


@require_safe
def rating(request: HttpRequest, slug: str, kind: str, identifier: str) -> HttpResponse:
    """A driver's rating after each race: a page of its own, or for htmx the chart and its table."""
    visible = SimProfile.objects.visible_to(request.user).select_related("simulator")
    profile = get_object_or_404(visible, simulator__slug=slug, profile_identifier=identifier.replace("\0", ""))
    points = reading.curve(profile, kind) if kind in Ladder.Kind.values else []
    if not points:
        raise Http404("This driver is not rated there.")
    events = reverse("profiles:events")
    context = {
        "profile": profile,
        "simulator": profile.simulator,
        "kind": Ladder.Kind(kind).label,
        "points": [(point, addresses.event_below(events, point.event_id, point.event)) for point in points],
        "is_whole": len(points) < reading.MOST_POINTS,
        "data": [
            {
                "day": day(point.at),
                "rating": point.rating,
                "uncertainty": point.uncertainty,
                "finished": point.finished,
                "event": point.event,
            }
            for point in points
        ],
    }
    return show(request, "profiles/rating.html", context)


def _ladder(request: HttpRequest, ladders: list[Ladder]) -> Ladder | None:
    """The ladder that the parameter `kind` names, or the first; raises BadRequest for one that does not exist."""
    kind = request.GET.get("kind", "")
    if not kind:
        return ladders[0] if ladders else None
    for ladder in ladders:
        if ladder.kind == kind:
            return ladder
    raise BadRequest("This simulator has no such kind of racing. Choose one from the list.")


def _year(request: HttpRequest, years: list[int]) -> int | None:
    """The year that is asked for; raises BadRequest for one without races."""
    text = request.GET.get("year", "")
    if not text:
        return None
    for year in years:
        if str(year) == text:
            return year
    raise BadRequest("There were no races in that year. Choose one from the list.")
