"""Drivers of a league by name: who they are, for everybody; whose a name is, for organisers and for who is asked."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from simlane.leagues import names
from simlane.leagues.access import league_of, leagues_of, role_of
from simlane.leagues.forms import AskForm, TieForm
from simlane.leagues.models import NameRequest, Role
from simlane.profiles.views.missing import not_found
from simlane.sim.errors import Refused
from simlane.sim.identity.names import fold
from simlane.sim.models import EntryDriver, League, LeagueDriver, SimProfile
from simlane.sim.models.querysets import visible_to
from simlane.users.views.access import member, member_page
from simlane.web import keyset
from simlane.web.listing import PAGE_SIZE, paged, show

BY_NAME = keyset.Order("folded")
MOST_SEARCHED = 100


@require_safe
def drivers(request: HttpRequest, slug: str) -> HttpResponse:
    """The league's drivers without a platform's id, by name; `q` finds some."""
    league = League.objects.filter(slug=slug).first()
    if league is None:
        return not_found(request, "")
    query = request.GET.get("q", "")[:MOST_SEARCHED]
    if query and (refusal := consume_or_429(request, action="search", limit_get=True)):
        return refusal
    found = names.listed(league)
    if folded := fold(query):
        found = found.filter(folded__contains=folded)
    page = paged(request, found, BY_NAME)
    _count(page.items)
    _show_profiles(request, page.items)
    organises = request.user.is_authenticated and leagues_of(request.user, Role.ORGANISER).filter(pk=league.pk).exists()
    context = {"league": league, "page": page, "query": query, "organises": organises}
    return show(request, "leagues/drivers.html", context)


@member_page("POST", limit="league")
def driver(request: HttpRequest, slug: str, driver_id: int) -> HttpResponse:
    """Whose a name is: an organiser ties it, asks a member, sets a car number apart, and undoes each."""
    league = league_of(request.user, slug, Role.ORGANISER)
    found = get_object_or_404(names.of_league(league), pk=driver_id)
    acts = {"tie": _tie, "ask": _ask, "take_back": _take_back, "untie": _untie, "part": _part, "join": _join}
    forms: dict[str, Any] = {"tie_form": TieForm(simulator=found.simulator), "ask_form": AskForm()}
    status = 200
    if request.method == "POST":
        act = acts.get(request.POST.get("act", ""))
        if act is None:
            raise BadRequest(f"Choose what is to change: {', '.join(acts)}. Nothing was changed.")
        answer = act(request, found, forms)
        if answer is not None:
            return answer
        status = 422
    _show_profiles(request, [found])
    drives = EntryDriver.objects.filter(league_driver=found)
    numbers = drives.exclude(entry__car_number="").values_list("entry__car_number").annotate(Count("pk"))
    context = {
        "league": league,
        "role": role_of(request.user, league),
        "driver": found,
        "drives": drives.select_related("entry__session__event").order_by("-raced_at", "-pk")[:PAGE_SIZE],
        "drive_count": drives.count(),
        "numbers": numbers.order_by("entry__car_number"),
        "asked": NameRequest.objects.filter(driver=found).select_related("user").order_by("-pk")[:PAGE_SIZE],
        "decisions": found.decisions.select_related("by").order_by("-pk")[:PAGE_SIZE],
        **forms,
    }
    return render(request, "leagues/driver.html", context, status=status)


@member_page("POST", limit="league")
def answer(request: HttpRequest, slug: str, driver_id: int) -> HttpResponse:
    """What a member is asked about a name: accepted with one of their profiles, or declined."""
    found = names.asked(member(request), slug, driver_id).first()
    if found is None:
        raise Http404("nothing is asked")
    profiles = list(names.profiles_for(found))
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act not in {"accept", "decline"}:
            raise BadRequest("Choose whether to accept or to decline. Nothing was changed.")
        try:
            if act == "decline":
                names.decline(found)
                messages.success(request, f"Said: “{found.driver}” is not you.")
            else:
                names.accept(found, _chosen(request, profiles))
                messages.success(request, f"The results of “{found.driver}” stand on your profile now.")
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("leagues:league", slug)
    drives = EntryDriver.objects.filter(league_driver=found.driver).select_related("entry__session__event")
    context = {
        "league": found.driver.league,
        "driver": found.driver,
        "profiles": profiles,
        "drives": drives.order_by("-raced_at", "-pk")[:PAGE_SIZE],
    }
    return render(request, "leagues/driver_answer.html", context)


def _chosen(request: HttpRequest, profiles: list[SimProfile]) -> SimProfile:
    """The profile that the form names; raises Refused."""
    for profile in profiles:
        if str(profile.pk) == request.POST.get("profile"):
            return profile
    raise Refused(names.NOT_YOURS)


def _tie(request: HttpRequest, driver: LeagueDriver, forms: dict[str, Any]) -> HttpResponse | None:
    forms["tie_form"] = form = TieForm(request.POST, simulator=driver.simulator)
    if not form.is_valid():
        return None
    try:
        names.tie(driver, form.cleaned_data["identifier"], member(request))
    except Refused as refusal:
        return _refused(request, driver, form, refusal)
    return _done(request, driver, f"All results of “{driver}” are that profile's, and later ones will be.")


def _ask(request: HttpRequest, driver: LeagueDriver, forms: dict[str, Any]) -> HttpResponse | None:
    forms["ask_form"] = form = AskForm(request.POST)
    if not form.is_valid():
        return None
    if refusal := consume_or_429(request, action="invite"):
        return refusal
    try:
        names.ask(driver, form.cleaned_data["username"], member(request))
    except Refused as refused:
        return _refused(request, driver, form, refused)
    return _done(request, driver, "They are asked. You are told as soon as they answer.")


def _take_back(request: HttpRequest, driver: LeagueDriver, _: dict[str, Any]) -> HttpResponse:
    taken = names.take_back(driver)
    return _done(request, driver, "The question is taken back." if taken else "Nobody is asked any more.")


def _untie(request: HttpRequest, driver: LeagueDriver, _: dict[str, Any]) -> HttpResponse:
    try:
        names.untie(driver, member(request))
    except Refused as refusal:
        return _not_done(request, driver, refusal)
    return _done(request, driver, f"The results of “{driver}” are nobody's profile's again.")


def _part(request: HttpRequest, driver: LeagueDriver, _: dict[str, Any]) -> HttpResponse:
    try:
        made = names.part(driver, request.POST.get("car_number", ""), member(request))
    except Refused as refusal:
        return _not_done(request, driver, refusal)
    return _done(request, made, f"“{made}” is somebody else than “{driver}” now.")


def _join(request: HttpRequest, driver: LeagueDriver, _: dict[str, Any]) -> HttpResponse:
    try:
        joined = names.join(driver, member(request))
    except Refused as refusal:
        return _not_done(request, driver, refusal)
    return _done(request, joined, f"Whoever drove as “{driver}” is “{joined}” again.")


def _refused(request: HttpRequest, driver: LeagueDriver, form: Form, refusal: Refused) -> HttpResponse | None:
    """Beside the form's field, or, where somebody else's act took the form away, on the page as it is now."""
    if not LeagueDriver.objects.filter(pk=driver.pk, profile=None, league__archived_at=None).exists():
        return _not_done(request, driver, refusal)
    form.add_error(next(iter(form.fields)), str(refusal))
    return None


def _done(request: HttpRequest, driver: LeagueDriver, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("leagues:driver", driver.league.slug, driver.pk)


def _not_done(request: HttpRequest, driver: LeagueDriver, refusal: Refused) -> HttpResponse:
    messages.error(request, str(refusal))
    if not LeagueDriver.objects.filter(pk=driver.pk).exists():
        return redirect("leagues:drivers", driver.league.slug)
    return redirect("leagues:driver", driver.league.slug, driver.pk)


def _count(found: list[LeagueDriver]) -> None:
    """How often each drove, in one question."""
    rows = EntryDriver.objects.filter(league_driver__in=found).order_by().values_list("league_driver")
    counted = dict(rows.annotate(Count("pk")))
    for each in found:
        each.drive_count = counted.get(each.pk, 0)  # type: ignore[attr-defined]


def _show_profiles(request: HttpRequest, found: list[LeagueDriver]) -> None:
    """The profile that each is tied to, where this person may open it (rule 7)."""
    keys = {each.profile.merged_into_id or each.profile.pk for each in found if each.profile}
    visible = SimProfile.objects.filter(visible_to(request.user), pk__in=keys).select_related("simulator")
    shown = {profile.pk: profile for profile in (visible if keys else ())}
    for each in found:
        key = (each.profile.merged_into_id or each.profile.pk) if each.profile else None
        each.shown_profile = shown.get(key) if key else None  # type: ignore[attr-defined]
