"""A season's public page, and its calendar for other programs."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from simlane.leagues.models import Membership, Role, Season, StandingsDue
from simlane.leagues.seasons.shown.calendar import ShownRound, calendar, next_round
from simlane.leagues.seasons.shown.entries import entry_list
from simlane.leagues.seasons.shown.feed import icalendar
from simlane.leagues.seasons.shown.standings import Column, Overview, StandingsList, overview, read
from simlane.leagues.seasons.visible import seasons_for

#: Asks for all lists at once, as for paper.
ALL = "all"


def _seen(request: HttpRequest, slug: str, season: str) -> Season:
    seen = seasons_for(request.user).select_related("league", "simulator")
    return get_object_or_404(seen, league__slug=slug, slug=season)


@require_safe
def season(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """A season: calendar, standings (`standings` names a list, or all of them), records, entry list."""
    found = _seen(request, slug, season)
    rounds = calendar(found, timezone.now())
    classes = list(found.classes.all())
    said = overview(found, classes)
    role = (
        Membership.objects.filter(league=found.league_id, user=request.user.pk).values_list("role", flat=True).first()
        if request.user.is_authenticated
        else None
    )
    entries = entry_list(found, classes)
    context = {
        "season": found,
        "league": found.league,
        "role": Role(role) if role else None,
        "rounds": rounds,
        "next": next_round(rounds),
        "overview": said,
        "asked": request.GET.get("standings", "") or next(iter(said.lists), ""),
        "lists": _chosen(request, found, said, rounds),
        "entry_list": entries,
        "entry_count": sum(len(of_class) for _, of_class in entries),
        "is_due": StandingsDue.objects.filter(season=found).exists(),
    }
    return render(request, "leagues/season.html", context)


def _chosen(request: HttpRequest, season: Season, said: Overview, rounds: list[ShownRound]) -> list[StandingsList]:
    """The lists that the address asks for: the first one, unless it names another."""
    asked = request.GET.get("standings", "")
    if asked and asked != ALL and asked not in said.lists:
        raise BadRequest(f"This season has no standings “{asked[:20]}”. Choose one of its lists.")
    keys = list(said.lists) if asked == ALL else [asked or next(iter(said.lists), "")]
    columns = {each.planned.pk: Column(each.planned.number, each.name, each.url) for each in rounds}
    return [read(season, *said.lists[key], columns, request.user) for key in keys if key]


@require_safe
def ics(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """The calendar for programs that follow it."""
    found = _seen(request, slug, season)
    now = timezone.now()
    answer = HttpResponse(icalendar(found, calendar(found, now), now), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'inline; filename="{slug}-{season}.ics"'
    return answer
