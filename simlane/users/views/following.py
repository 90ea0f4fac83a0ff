"""Following drivers and leagues: the button on their pages, and the list of them in the account."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from simlane.sim.errors import Refused
from simlane.sim.models import League, SimProfile
from simlane.users.following import drivers_of, follow, is_followed, leagues_of, may_follow, unfollow
from simlane.users.views.access import is_htmx, member, member_page
from simlane.web.keyset import Order
from simlane.web.listing import paged, show

BY_NAME = Order("name_key")


@member_page()
def following(request: HttpRequest) -> HttpResponse:
    """Whom the member follows."""
    drivers = drivers_of(member(request)).select_related("simulator").defer("profile_data")
    context = {
        "page": paged(request, drivers, BY_NAME),
        "leagues": leagues_of(member(request)).order_by("name", "pk"),
    }
    return show(request, "users/following.html", context)


@member_page("POST", limit="follow")
def follow_profile(request: HttpRequest, profile_id: str) -> HttpResponse:
    """Follow a driver, or no longer."""
    profile = get_object_or_404(may_follow().select_related("simulator").defer("profile_data"), pk=profile_id)
    return _answer(request, profile, profile.public_name)


@member_page("POST", limit="follow")
def follow_league(request: HttpRequest, slug: str) -> HttpResponse:
    """Follow a league, or no longer."""
    league = get_object_or_404(League, slug=slug)
    return _answer(request, league, league.name)


def address(of: SimProfile | League) -> str:
    """Where its follow button leads."""
    if isinstance(of, SimProfile):
        return reverse("users:follow_profile", args=[of.pk])
    return reverse("users:follow_league", args=[of.slug])


def _answer(request: HttpRequest, of: SimProfile | League, name: str) -> HttpResponse:
    """A GET, as after signing in, leads to the page with the button."""
    error = _change(request, of) if request.method == "POST" else ""
    in_list = "list" in request.POST
    if request.method == "POST" and is_htmx(request) and not in_list:
        followed = is_followed(member(request), of)
        context = {"address": address(of), "name": name, "followed": followed, "error": error, "again": True}
        return render(request, "users/_follow.html", context)
    if error:
        messages.error(request, error)
    elif request.method == "POST":
        told = "New results stand at the bell." if request.POST["follow"] == "on" else "You hear no more of it."
        messages.success(
            request, f"{'Following' if request.POST['follow'] == 'on' else 'Not following'} {name}. {told}"
        )
    return redirect("users:following") if in_list else redirect(of)  # type: ignore[call-overload]


def _change(request: HttpRequest, of: SimProfile | League) -> str:
    """Does what was asked; returns why not, where it may not be."""
    wanted = request.POST.get("follow")
    if wanted not in {"on", "off"}:
        raise BadRequest("To follow is “on” or “off”. Nothing was changed.")
    if wanted == "off":
        unfollow(member(request), of)
        return ""
    try:
        follow(member(request), of)
    except Refused as refusal:
        return str(refusal)
    return ""
