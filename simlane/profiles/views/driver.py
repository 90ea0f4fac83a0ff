"""One member across simulators: the page they may publish of the profiles they proved."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from simlane.profiles.views.missing import not_found
from simlane.ratings.reading import joint
from simlane.sim.career import races
from simlane.sim.models import CareerYear, EntryDriver, SimProfile

RECENT = 20


def shown_profiles(account_id: int) -> QuerySet[SimProfile]:
    """The profiles on an account's driver page: public ones that the account proved (rules 6 and 7)."""
    return SimProfile.objects.public().filter(linked_user=account_id, is_verified=True)


def in_driver_page(profile: SimProfile) -> bool:
    """Whether `profile`, read with its account, stands on a page that its account has published."""
    account = profile.linked_user
    return bool(account and account.is_active and account.has_driver_page and profile.is_verified and profile.is_public)


@require_safe
def driver(request: HttpRequest, username: str) -> HttpResponse:
    """The page of one member; the same 404 for every reason why there is none."""
    published = get_user_model().objects.filter(is_active=True, has_driver_page=True)
    account = published.filter(username=username.replace("\0", "")).first()
    profiles = list(
        shown_profiles(account.pk)
        .select_related("simulator")
        .defer("profile_data")
        .order_by("-starts", "simulator__name", "name_key")
        if account
        else []
    )
    if not account or not profiles:
        return not_found(request, "")
    recent = races.started(EntryDriver.objects.filter(profile__in=[profile.pk for profile in profiles]))
    context = {
        "driver_name": account.get_full_name() or account.get_username(),
        "profiles": profiles,
        "career": CareerYear.added(CareerYear.objects.filter(profile__in=[profile.pk for profile in profiles])),
        "joint": joint(profiles),
        "recent": recent.select_related(
            "entry__car",
            "entry__session__event__track",
            "entry__session__event__league",
            "entry__session__event__simulator",
        ).order_by("-raced_at", "-pk")[:RECENT],
    }
    return render(request, "profiles/driver.html", context)
