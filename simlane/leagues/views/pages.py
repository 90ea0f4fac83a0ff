"""All leagues, one league, and making or changing one."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from simlane.leagues import people
from simlane.leagues.access import league_of, leagues_of
from simlane.leagues.addresses import of_league
from simlane.leagues.forms import LeagueForm
from simlane.leagues.models import Membership, Role
from simlane.leagues.seasons.visible import seasons_for
from simlane.profiles.views.missing import not_found
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League, Session
from simlane.users.notifications.mails import address
from simlane.users.views.access import member, member_page
from simlane.web import keyset
from simlane.web.listing import paged, show

BY_NAME = keyset.Order("name")
LATEST = keyset.Order("listed_at", descending=True)


@require_safe
def leagues(request: HttpRequest) -> HttpResponse:
    """All leagues by name, or with `?archived=1` those that are archived; one's own before them."""
    archived = request.GET.get("archived") == "1"
    mine = leagues_of(request.user, Role.VIEWER) if request.user.is_authenticated else League.objects.none()
    context = {
        "page": paged(request, League.objects.filter(archived_at__isnull=not archived), BY_NAME),
        "mine": [] if archived else mine.order_by("name", "pk"),
        "archived": archived,
    }
    return show(request, "leagues/leagues.html", context)


@require_safe
def league(request: HttpRequest, slug: str) -> HttpResponse:
    """One league: what it says of itself, and its events, the newest first."""
    found = League.objects.filter(slug=slug).first()
    if found is None:
        return not_found(request, "")
    events = Event.objects.standing().filter(league=found)
    role = (
        Membership.objects.filter(league=found, user=request.user.pk).values_list("role", flat=True).first()
        if request.user.is_authenticated
        else None
    )
    context = {
        "league": found,
        "role": Role(role) if role else None,
        "seasons": seasons_for(request.user).filter(league=found).select_related("simulator").order_by("-pk"),
        "page": paged(request, events.select_related("simulator", "track"), LATEST),
        "event_count": events.count(),
        "race_count": Session.objects.filter(event__league=found, kind=Session.Kind.RACE).count(),
    }
    return show(request, "leagues/league.html", context)


@member_page("POST", limit="league")
def new(request: HttpRequest) -> HttpResponse:
    """Makes a league."""
    form = LeagueForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if refusal := consume_or_429(request, action="league_new"):
                return refusal
            try:
                made = people.make(member(request), form.save(commit=False))
            except Refused as error:
                form.add_error(None, str(error))
            except IntegrityError:
                # Somebody else's form came between.
                form.add_error("slug", "Another league has this address: choose another.")
            else:
                messages.success(request, f"{made.name} is there. Invite those who run it with you, or upload results.")
                return redirect(of_league(made))
    context = {"form": form, "has_address": bool(address(member(request)))}
    return render(request, "leagues/new.html", context, status=status)


@member_page("POST", limit="league")
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes what a league says of itself; archives it, or takes it back."""
    found = league_of(request.user, slug, Role.OWNER)
    if "archive" in request.POST:
        return _archive(request, found)
    # A copy: what was typed must not stand in the page's head.
    form = LeagueForm(request.POST if request.method == "POST" else None, instance=League.objects.get(pk=found.pk))
    if request.method == "POST" and form.is_valid():
        try:
            people.change(found, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("leagues:edit", slug)
    context: dict[str, Any] = {"league": found, "role": Role.OWNER, "form": form}
    return render(request, "leagues/edit.html", context, status=422 if request.method == "POST" else 200)


def _archive(request: HttpRequest, found: League) -> HttpResponse:
    wanted = request.POST["archive"]
    if wanted not in {"on", "off"}:
        raise BadRequest("A league is archived or not: “on” or “off”. Nothing was changed.")
    if wanted == "on":
        people.archive(found)
        messages.success(request, f"{found.name} is archived: its pages stay, and nothing new comes in.")
        return redirect("leagues:edit", found.slug)
    try:
        if found.archived_at:
            people.reopen(found, member(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{found.name} is open again.")
    return redirect("leagues:edit", found.slug)
