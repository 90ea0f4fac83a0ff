"""A driver's page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from simlane.profiles import addresses
from simlane.profiles.bests import newest_bests
from simlane.profiles.views.driver import in_driver_page, shown_profiles
from simlane.profiles.views.missing import not_found
from simlane.profiles.views.results import results
from simlane.profiles.views.sections import SECTIONS, bests
from simlane.ratings.reading import joint, standings_of
from simlane.sim.career import races
from simlane.sim.identity.identifiers import normalise_or_none
from simlane.sim.models import CareerYear, EntryDriver, SimProfile, Simulator
from simlane.web.listing import show_section

LAST = 10
BESTS = 12
EVENT = ("entry__session__event__track", "entry__session__event__league")
#: What the rooms above show on a driver's page: its name in the page's context, and what makes it for a person.
BESIDE: dict[str, Callable[[SimProfile, AbstractBaseUser | AnonymousUser], object]] = {}


@require_safe
def detail(request: HttpRequest, slug: str, identifier: str) -> HttpResponse:
    """One driver on one simulator; `results` and `section` ask for lists and parts of the page."""
    visible = SimProfile.objects.visible_to(request.user).select_related("simulator", "linked_user")
    profile = visible.filter(simulator__slug=slug, profile_identifier=identifier.replace("\0", "")).first()
    if profile is None:
        return _elsewhere(request, slug, identifier)
    if "results" in request.GET:
        return results(request, profile)
    if "section" in request.GET:
        return _section(request, profile)
    return _page(request, profile)


def _page(request: HttpRequest, profile: SimProfile) -> HttpResponse:
    years = list(profile.years.all())
    raced = _last_races(profile)
    newest = raced[0] if raced else None
    standings = standings_of(profile)
    has_driver_page = in_driver_page(profile)
    context = {
        "profile": profile,
        "simulator": profile.simulator,
        "is_owner": request.user.is_authenticated and profile.linked_user_id == request.user.pk,
        "has_driver_page": has_driver_page,
        "former_names": list(
            profile.names.exclude(name__in=["", profile.profile_name])
            .order_by("-last_used_at")
            .values_list("name", flat=True)
        ),
        "standings": standings,
        # What joins a person's profiles is told where they have published that these are theirs.
        "joint": joint(shown_profiles(profile.linked_user_id)) if has_driver_page and profile.linked_user_id else None,
        "curves": [(standing, addresses.of_rating(profile, standing.kind)) for standing in standings],
        "years": years,
        "career": CareerYear.added(years),
        "raced": raced,
        "recent": raced or _others(profile),
        # The oldest first, and without what a league that nobody has confirmed brought in.
        "form": [drive for drive in reversed(raced) if drive.entry.session.event.uncounted_of is None],
        "bests": newest_bests(profile, BESTS),
        # A simulator gives its own rating with every race, or never.
        "sections": [
            (name, section)
            for name, section in SECTIONS.items()
            if name != "ratings" or (newest is not None and newest.rating_after is not None)
        ],
        **{name: partial(make, profile, request.user) for name, make in BESIDE.items()},
    }
    return render(request, "profiles/detail.html", context)


def _last_races(profile: SimProfile) -> list[EntryDriver]:
    """The last starts, the newest first."""
    starts = races.started(EntryDriver.objects.filter(profile=profile)).order_by("-raced_at", "-pk")
    keys = list(starts.values_list("pk", flat=True)[:LAST])
    drives = EntryDriver.objects.filter(pk__in=keys).select_related("entry__car", *EVENT) if keys else []
    return sorted(drives, key=lambda drive: keys.index(drive.pk))


def _others(profile: SimProfile) -> list[EntryDriver]:
    """The last sessions of who has no start yet."""
    drives = EntryDriver.objects.filter(profile=profile).select_related("entry__car", *EVENT)
    return list(drives.order_by("-raced_at", "-pk")[:LAST])


def _section(request: HttpRequest, profile: SimProfile) -> HttpResponse:
    """A part of the page that is loaded when it is opened, or a page of its own without JavaScript."""
    name = request.GET["section"]
    if name == "bests":
        return bests(request, profile)
    if name not in SECTIONS:
        raise BadRequest(f"A profile has no section “{name[:20]}”. Start again from the profile.")
    section = SECTIONS[name]
    context = {"profile": profile, "simulator": profile.simulator, "title": section.title}
    return show_section(
        request,
        f"profiles/sections/{name}.html",
        context | section.make(profile, request.user),
        page="profiles/section.html",
    )


def _elsewhere(request: HttpRequest, slug: str, identifier: str) -> HttpResponse:
    """An id written otherwise, or of a profile merged into another, leads to its page; else a 404 with the nearest."""
    simulator = Simulator.objects.filter(slug=slug).first()
    if simulator is None:
        return not_found(request, identifier)
    canonical = normalise_or_none(simulator.identifier_kind, identifier) or ""
    written = [identifier.replace("\0", ""), canonical]
    known = SimProfile.objects.visible_to(request.user).filter(simulator=simulator).select_related("simulator")
    profile = known.filter(
        Q(profile_identifier=canonical) | Q(merged__profile_identifier__in=written, merged__simulator=simulator)
    ).first()
    if profile is None:
        return not_found(request, identifier)
    # A merge can be undone: no browser is to remember it for good.
    return redirect(addresses.of_profile(profile), permanent=profile.profile_identifier == canonical)
