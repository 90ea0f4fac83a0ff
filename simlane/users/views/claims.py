"""Claims: a message to the staff that a profile is one's own."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from simlane.sim.errors import Refused
from simlane.sim.models import Claim, SimProfile
from simlane.sim.ownership import claims
from simlane.users.forms import ClaimForm
from simlane.users.views.access import MINE, member, member_page, open_to, section

FORMER_CLAIMS = 5


@member_page("POST", limit="claim_form")
def claim(request: HttpRequest, profile_id: str) -> HttpResponse:
    """The form of a claim, with the outcome of earlier ones."""
    profile = get_object_or_404(open_to(request), pk=profile_id)
    mine = own_claims(request, profile)
    # Two limits: "claim" counts claims that reach the staff, "claim_form" the forms whose pictures are decoded.
    form = ClaimForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            if refusal := consume_or_429(request, action="claim"):
                return refusal
            try:
                claims.submit(profile, member(request), form.cleaned_data["message"], form.cleaned_data["pictures"])
            except Refused as error:
                messages.error(request, str(error))
            else:
                messages.success(request, "Your claim is with the site's staff. You are told as soon as they decide.")
            return redirect("users:profile_sim_profile_claim", profile_id)
        status = 422
    context = {
        "profile": profile,
        "form": form,
        "is_proved": profile.is_verified and profile.linked_user_id == member(request).pk,
        "open": mine.filter(state=Claim.State.OPEN).first(),
        "former": mine.exclude(state=Claim.State.OPEN)[:FORMER_CLAIMS],
    }
    response = section(request, "sim_profile_claim.html", **context)
    response.status_code = status
    return response


@require_POST
@member_page("POST")
def withdraw(request: HttpRequest, claim_id: int) -> HttpResponse:
    """Takes a claim back."""
    found = Claim.objects.filter(pk=claim_id, claimant=member(request).pk).first()
    if found is None:
        raise Http404("no such claim")
    try:
        claims.withdraw(found, member(request))
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "You took your claim back.")
    # The profile may be hidden or another one by now.
    return redirect(MINE)


def own_claims(request: HttpRequest, profile: SimProfile) -> Any:
    return Claim.objects.filter(profile=profile, claimant=member(request).pk).order_by("-pk")
