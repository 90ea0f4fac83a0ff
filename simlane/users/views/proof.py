"""The ways to prove that a profile is one's own, and the code for a driver name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from simlane.results.readers import SIMULATORS
from simlane.sim.errors import Refused
from simlane.sim.models import Claim, LinkReminder, SimProfile
from simlane.sim.ownership import codes, lapsing
from simlane.users.views.access import linked_profile, member, member_page, not_mine, section
from simlane.users.views.claims import own_claims


@member_page()
def verify(request: HttpRequest, profile_id: str) -> HttpResponse:
    """The ways to prove that a profile is this member's."""
    profile = linked_profile(request, profile_id)
    if profile is None:
        return not_mine(request)
    context: dict[str, Any] = {"profile": profile}
    if not profile.is_verified:
        claim = own_claims(request, profile).filter(state=Claim.State.OPEN).first()
        context |= {
            # A code shows in results: where none come in, it has nowhere to appear.
            "has_codes": profile.simulator.slug in SIMULATORS,
            "code": codes.live_code(profile, member(request)),
            # The link does not lapse before the staff have decided.
            "lapses_at": None if claim else _lapses_at(profile),
            "relink_days": settings.RELINK_DAYS,
            "claim": claim,
        }
    return section(request, "sim_profile_verify.html", **context)


@require_POST
@member_page("POST")
def code(request: HttpRequest, profile_id: str) -> HttpResponse:
    """A new code; the one before is void."""
    profile = linked_profile(request, profile_id)
    if profile is None:
        return not_mine(request)
    if refusal := consume_or_429(request, action="code"):
        return refusal
    try:
        codes.issue(profile, member(request))
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Your code is below. A code you had before is void.")
    return redirect("users:profile_sim_profile_verify", profile_id)


def _lapses_at(profile: SimProfile) -> datetime | None:
    reminder = LinkReminder.objects.filter(profile=profile).first()
    return lapsing.lapses_at(profile, reminder, timezone.now())
