"""Making a season, changing its rules, taking it away: for the league's organisers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from simlane.leagues.access import league_of, role_of, season_of
from simlane.leagues.addresses import of_league, of_season
from simlane.leagues.models import Role, Season
from simlane.leagues.season_forms import NewSeasonForm, RulesForm
from simlane.leagues.seasons import making
from simlane.sim.errors import Refused
from simlane.users.views.access import member_page


@member_page("POST", limit="league")
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes a season: a draft, with the points of a preset."""
    league = league_of(request.user, slug, Role.ORGANISER)
    form = NewSeasonForm(request.POST if request.method == "POST" else None, instance=Season(league=league))
    if request.method == "POST" and form.is_valid():
        made = form.save(commit=False)
        try:
            making.make(made, preset=form.cleaned_data["preset"])
        except Refused as error:
            form.add_error("slug" if str(error) == making.ADDRESS_TAKEN else None, str(error))
        else:
            messages.success(request, f"{made.name} is there, as a draft. Plan its rounds next.")
            return redirect("leagues:season_rounds", slug, made.slug)
    context = {"league": league, "role": role_of(request.user, league), "form": form}
    return render(request, "leagues/season_new.html", context, status=422 if request.method == "POST" else 200)


@member_page("POST", limit="league")
def edit(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """Changes a season's name, state and rules, and its standings follow; or, with `remove`, takes it away."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    if request.method == "POST" and "remove" in request.POST:
        try:
            making.remove(found)
        except Refused as error:
            messages.error(request, str(error))
            return redirect("leagues:season_edit", slug, season)
        messages.success(request, f"{found.name} is removed.")
        return redirect(of_league(found.league))
    # A copy: what was typed must not stand in the page's head.
    copy = season_of(request.user, slug, season, Role.ORGANISER) if request.method == "POST" else found
    form = RulesForm(request.POST if request.method == "POST" else None, instance=copy)
    if request.method == "POST" and form.is_valid():
        try:
            making.change(form.save(commit=False))
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. The standings follow.")
            return redirect(of_season(found))
    return season_page(request, "leagues/season_edit.html", found, form=form)


def season_page(request: HttpRequest, template: str, season: Season, **context: Any) -> HttpResponse:
    """A page of a season's organisers: what was sent and is not redirected was refused."""
    return render(
        request,
        template,
        {"season": season, "league": season.league, **context},
        status=422 if request.method == "POST" and "preview" not in context else 200,
    )
