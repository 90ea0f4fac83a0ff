"""The first page, all profiles, one simulator's profiles, and search."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from simlane.profiles.finding import alike, groups
from simlane.profiles.views.listing import chosen_simulator, profile_list
from simlane.profiles.views.missing import not_found
from simlane.sim.identity.identifiers import KINDS, IdentifierKind
from simlane.sim.models import Event, SimProfile, Simulator
from simlane.sim.models.leagues import counted
from simlane.sim.models.querysets import EventQuerySet
from simlane.sim.search.query import MAX_LENGTH, search, typed
from simlane.web.listing import PAGE_SIZE, Page, address, show


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The latest events, and the drivers who raced last."""
    active = SimProfile.objects.public().select_related("simulator").defer("profile_data")
    context = {
        "latest_events": _latest(Event.objects.all()),
        "active_profiles": active.order_by("-last_active_at", "-pk")[:8],
        "simulators": Simulator.objects.all(),
    }
    return render(request, "profiles/home.html", context)


@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    """All public profiles."""
    simulators = list(Simulator.objects.all())
    simulator = chosen_simulator(request, simulators)
    profiles = SimProfile.objects.public()
    if simulator:
        profiles = profiles.filter(simulator=simulator)
    context = {"simulators": simulators, "simulator": simulator, **profile_list(request, profiles)}
    return show(request, "profiles/browse.html", context)


@require_safe
def simulator_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One simulator: its drivers and its latest events."""
    simulator = Simulator.objects.filter(slug=slug).first()
    if simulator is None:
        return not_found(request, slug)
    context = {
        "simulator": simulator,
        "events": _latest(Event.objects.filter(simulator=simulator)),
        "identifier_looks_like": KINDS[IdentifierKind(simulator.identifier_kind)].looks_like,
        **profile_list(request, SimProfile.objects.public().filter(simulator=simulator)),
    }
    return show(request, "profiles/simulator.html", context)


def _latest(events: EventQuerySet) -> EventQuerySet:
    """What a first page shows: not what any league may have brought in."""
    found = events.standing().filter(counted()).select_related("simulator", "track", "league")
    return found.order_by("-listed_at", "-pk")[:6]


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """Profiles by name, former name, platform id, or the account that proved to be the driver."""
    if refusal := consume_or_429(request, action="search", limit_get=True):
        return refusal
    simulators = list(Simulator.objects.all())
    simulator = chosen_simulator(request, simulators)
    query = typed(request.GET.get("q", ""))
    context: dict[str, Any] = {"query": query, "simulators": simulators, "simulator": simulator}
    if len(query) > MAX_LENGTH:
        error = f"Search for at most {MAX_LENGTH} characters."
        response = show(request, "profiles/search.html", context | {"error": error, "query": query[:MAX_LENGTH]})
        response.status_code = 400
        return response
    found = search(SimProfile.objects.public(), query, simulator)
    number = _page_number(request)
    last = number * PAGE_SIZE
    hits = found.hits[last - PAGE_SIZE : last]
    has_next = len(found.hits) > last
    page = Page(
        hits,
        next_url=address(request, page=str(number + 1)) if has_next else None,
        previous_url=address(request, page=str(number - 1) if number > 2 else None) if number > 1 else None,
    )
    others = groups(query, simulator) if number == 1 else []
    nothing = number == 1 and not others and (found.similar_only or not hits)
    context |= {
        "page": page,
        "hits": hits,
        "similar_only": found.similar_only,
        "groups": others,
        "alike": alike(query, simulator) if nothing else [],
        "more": found.capped and not has_next,
    }
    return show(request, "profiles/search.html", context)


def _page_number(request: HttpRequest) -> int:
    """Which page of the capped hits; raises BadRequest."""
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= 1000):
        raise BadRequest("The page must be a number from 1 on. Start again from the first page.")
    return int(number)
