"""A season's rounds: the list, one round, its event and the tables of its races."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from simlane.leagues.access import season_of
from simlane.leagues.models import PointsTable, Role, Round, RoundRace, Season
from simlane.leagues.season_forms import EventForm, RoundForm
from simlane.leagues.seasons import planning, rounds
from simlane.leagues.seasons.shown.calendar import calendar
from simlane.leagues.views.season_rules import season_page
from simlane.sim.errors import Refused
from simlane.sim.models import Event, Session, Track
from simlane.users.views.access import member_page

#: So many of the league's latest events are offered.
OFFERED = 100


@dataclass(frozen=True, slots=True)
class Race:
    """A race of a round's event, and the table that it has."""

    session: Session
    table: int | None
    chosen: bool


@member_page("POST", limit="league")
def round_list(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """All rounds; POST adds one."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    tracks = list(Track.objects.filter(simulator=found.simulator_id))
    planned = Round(season=found, number=planning.next_number(found))
    form = RoundForm(request.POST if request.method == "POST" else None, instance=planned, season=found, tracks=tracks)
    if request.method == "POST" and form.is_valid():
        try:
            planning.add(form.save(commit=False))
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{planned} is planned.")
            return redirect("leagues:season_rounds", slug, season)
    shown = calendar(found, timezone.now())
    return season_page(request, "leagues/season_rounds.html", found, form=form, tracks=tracks, rounds=shown)


@member_page("POST", limit="league")
def one_round(request: HttpRequest, slug: str, season: str, round_id: int) -> HttpResponse:
    """One round: `act` says whether it is changed, gets an event, a race of it a table, or it goes."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    planned = get_object_or_404(found.rounds.select_related("track", "event"), pk=round_id)
    planned.season = found
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST" and act not in {"change", "event", "table", "remove"}:
        raise BadRequest("Choose what is to be done with the round: change, event, table or remove.")
    tracks = list(Track.objects.filter(simulator=found.simulator_id))
    # A copy: what was typed must not stand in the page's head.
    copy = get_object_or_404(found.rounds.select_related("track"), pk=round_id)
    copy.season = found
    number = copy.number
    form = RoundForm(request.POST if act == "change" else None, instance=copy, season=found, tracks=tracks)
    choice = EventForm(
        request.POST if act == "event" else None, events=_events(found, planned), initial={"event": planned.event_id}
    )
    try:
        if act == "change" and form.is_valid():
            planning.change(form.save(commit=False), form.cleaned_data["number"])
            messages.success(request, "Saved. The standings follow.")
            return redirect("leagues:season_rounds", slug, season)
        if act == "event" and choice.is_valid():
            rounds.choose(planned, choice.cleaned_data["event"])
            messages.success(request, "The round's event is chosen. The standings follow.")
            return redirect("leagues:season_round", slug, season, round_id)
        if act == "table":
            _choose_table(request, planned)
            messages.success(request, "The race's table is chosen. The standings follow.")
            return redirect("leagues:season_round", slug, season, round_id)
        if act == "remove":
            planning.remove(planned)
            messages.success(request, f"{planned} is removed.")
            return redirect("leagues:season_rounds", slug, season)
    except Refused as error:
        if act in {"change", "event"}:
            (form if act == "change" else choice).add_error(None, str(error))
        else:
            messages.error(request, str(error))
    return season_page(
        request,
        "leagues/season_round.html",
        found,
        planned=planned,
        number=number,
        form=form,
        choice=choice,
        tracks=tracks,
        races=_races(planned),
        tables=list(found.points_tables.all()),
    )


def _events(season: Season, planned: Round) -> QuerySet[Event]:
    """The league's latest events on the season's simulator that are no other round, and the round's own."""
    of_league = Event.objects.filter(league=season.league_id, simulator=season.simulator_id)
    latest = of_league.standing().filter(round=None).order_by("-listed_at", "-pk").values("pk")[:OFFERED]
    wanted = Q(pk__in=latest) | Q(pk=planned.event_id)
    return of_league.filter(wanted).select_related("track").order_by("-listed_at", "-pk")


def _races(planned: Round) -> list[Race]:
    if planned.event_id is None:
        return []
    known = {each.session_number: each for each in RoundRace.objects.filter(round=planned)}
    sessions = Session.objects.filter(event=planned.event_id, kind=Session.Kind.RACE).order_by("number")
    return [
        Race(each, known[each.number].table_id, known[each.number].chosen)
        if each.number in known
        else Race(each, None, False)
        for each in sessions
    ]


def _choose_table(request: HttpRequest, planned: Round) -> None:
    session, key = request.POST.get("session", ""), request.POST.get("table", "")
    numbers = {str(race.session.number): race.session.number for race in _races(planned)}
    tables = {str(each.pk): each for each in PointsTable.objects.filter(season=planned.season_id)}
    if session not in numbers or (key and key not in tables):
        raise BadRequest("This round has no such race, or the season no such table. Nothing was changed.")
    rounds.choose_table(planned, numbers[session], tables.get(key))
