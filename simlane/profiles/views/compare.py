"""Up to four drivers beside each other, chosen by name or by address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from simlane.profiles.comparing import compare
from simlane.profiles.curves import points_of, rating_lines
from simlane.profiles.views.missing import not_found
from simlane.ratings import reading
from simlane.ratings.models import Ladder
from simlane.sim.models import CareerYear, SimProfile
from simlane.sim.search.query import MAX_LENGTH, search, typed
from simlane.web.listing import address, show_section

#: The parameters that name a driver each: `<simulator>/<identifier>`.
PLACES = ("a", "b", "c", "d")
OFFERED = 8


@dataclass(frozen=True, slots=True)
class Compared:
    """A driver on the page, with the address of the page without them."""

    profile: SimProfile
    career: CareerYear
    without: str


@require_safe
def compare_page(request: HttpRequest) -> HttpResponse:
    """The drivers that the address names, each where this person may open the profile; else a 404."""
    if request.GET.get("q") and (refusal := consume_or_429(request, action="search", limit_get=True)):
        return refusal
    named = [text for place in PLACES if (text := request.GET.get(place, ""))]
    profiles = _profiles(request, named)
    if len(profiles) < len(dict.fromkeys(named)):
        return not_found(request, "")
    if request.GET.get("section") == "ratings":
        return _ratings(request, profiles)
    if "section" in request.GET:
        raise BadRequest("A comparison has no such section. Start again from the comparison.")
    context = {
        "compared": _compared(request, profiles),
        "comparison": compare(profiles) if len(profiles) > 1 else None,
        "ratings_url": address(request, section="ratings", q=None),
        **_picker(request, profiles),
    }
    return render(request, "profiles/compare.html", context)


def name_of(profile: SimProfile) -> str:
    """A profile as an address of this page names it."""
    return f"{profile.simulator.slug}/{profile.profile_identifier}"


def _profiles(request: HttpRequest, named: list[str]) -> list[SimProfile]:
    """The profiles of these names that the person may open, in their order, each once; raises BadRequest."""
    wanted = Q(pk__in=())
    for text in named:
        slug, slash, identifier = text.replace("\0", "").partition("/")
        if not (slash and slug and identifier):
            raise BadRequest(f"“{text[:40]}” names no driver: write it as <simulator>/<identifier>.")
        wanted |= Q(simulator__slug=slug, profile_identifier=identifier)
    if not named:
        return []
    seen = SimProfile.objects.visible_to(request.user).filter(wanted).select_related("simulator").defer("profile_data")
    found = {name_of(profile): profile for profile in seen}
    return [found[text] for text in dict.fromkeys(named) if text in found]


def _compared(request: HttpRequest, profiles: list[SimProfile]) -> list[Compared]:
    years = list(CareerYear.objects.filter(profile__in=profiles))
    found = []
    for profile in profiles:
        others = [name_of(each) for each in profiles if each != profile]
        career = CareerYear.added(year for year in years if year.profile_id == profile.pk)
        found.append(Compared(profile, career, _address(request, others)))
    return found


def _address(request: HttpRequest, names: list[str]) -> str:
    """This page with these drivers in it."""
    places: dict[str, str | None] = dict.fromkeys(PLACES)
    return address(request, q=None, section=None, **(places | dict(zip(PLACES, names, strict=False))))


def _picker(request: HttpRequest, profiles: list[SimProfile]) -> dict[str, Any]:
    """What the form to add somebody shows: the drivers who are found, each with the address that has them, too."""
    names = [name_of(profile) for profile in profiles]
    query = typed(request.GET.get("q", ""))
    if len(query) > MAX_LENGTH:
        raise BadRequest(f"Search for at most {MAX_LENGTH} characters.")
    has_room = len(names) < len(PLACES)
    hits = search(SimProfile.objects.public(), query).hits[: OFFERED + len(names)] if query and has_room else []
    offered = [hit.profile for hit in hits if hit.profile not in profiles][:OFFERED]
    return {
        "query": query,
        "has_room": has_room,
        "named": list(zip(PLACES, names, strict=False)),
        "offered": [(profile, _address(request, [*names, name_of(profile)])) for profile in offered],
    }


def _called(profile: SimProfile, kind: str) -> str:
    """A curve's name; most simulators have one kind of racing only."""
    return (
        profile.public_name if kind == Ladder.Kind.ROAD else f"{profile.public_name}, {Ladder.Kind(kind).label.lower()}"
    )


def _ratings(request: HttpRequest, profiles: list[SimProfile]) -> HttpResponse:
    told = [(profile.public_name, points) for profile in profiles if (points := points_of(profile))]
    ours = [(_called(profile, kind), points) for profile, kind, points in reading.curves_of(profiles)]
    context = {
        "title": "Ratings",
        "back": _address(request, [name_of(profile) for profile in profiles]),
        "ours": ours,
        "our_lines": rating_lines(ours),
        "told": told,
        "told_lines": rating_lines(told),
    }
    part = "profiles/sections/compared_ratings.html"
    return show_section(request, part, context, page="profiles/compare_section.html")
