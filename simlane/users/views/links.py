"""My Sim Profiles: the list, the search, linking, unlinking and managing. GET shows, POST changes."""

from __future__ import annotations

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from simlane.sim.errors import Refused
from simlane.sim.models import Claim, HistoryEntry, SimProfile
from simlane.sim.models.querysets import visible_to
from simlane.sim.ownership.lapsing import lapses_at
from simlane.sim.ownership.linking import ALREADY_LINKED
from simlane.sim.search.query import MAX_LENGTH, search, typed
from simlane.users.history import in_words
from simlane.users.views.access import MINE, linked_profile, member, member_page, not_mine, open_to, section

FOUND_AT_MOST = 20
HISTORY_SHOWN = 50


@member_page()
def sim_profiles(request: HttpRequest) -> HttpResponse:
    """My Sim Profiles."""
    mine = SimProfile.objects.linked_to(member(request)).select_related("simulator", "reminder")
    open_claims = Claim.objects.filter(claimant=member(request).pk, state=Claim.State.OPEN)
    # Of a profile that its owner has hidden since (rule 7) the list says only that there is a claim.
    open_claims = open_claims.annotate(profile_is_shown=visible_to(request.user, "profile__"))
    claims = list(open_claims.select_related("profile__simulator").defer("profile__profile_data").order_by("made_at"))
    # Such a link does not lapse before the staff have decided.
    waiting = {claim.profile_id for claim in claims}
    now = timezone.now()
    profiles = [
        (each, None if each.pk in waiting else lapses_at(each, getattr(each, "reminder", None), now))
        for each in mine.defer("profile_data").order_by("simulator__name", "name_key")
    ]
    return section(request, "sim_profiles.html", profiles=profiles, claims=claims)


@member_page()
def search_page(request: HttpRequest) -> HttpResponse:
    """Public profiles by name, former name or platform id; one that is linked already can be claimed."""
    if refusal := consume_or_429(request, action="search", limit_get=True):
        return refusal
    query = typed(request.GET.get("q", ""))
    if len(query) > MAX_LENGTH:
        error = f"Search for at most {MAX_LENGTH} characters."
        response = section(request, "sim_profile_search.html", query=query[:MAX_LENGTH], error=error)
        response.status_code = 400
        return response
    found = search(SimProfile.objects.public(), query)
    hits = found.hits[:FOUND_AT_MOST]
    return section(
        request,
        "sim_profile_search.html",
        query=query,
        hits=hits,
        similar_only=found.similar_only,
        more=found.capped or len(found.hits) > len(hits),
    )


@member_page("POST")
def link(request: HttpRequest, profile_id: str) -> HttpResponse:
    """Link a profile of nobody to this account."""
    profile = get_object_or_404(open_to(request), pk=profile_id)
    if profile.linked_user_id == member(request).pk:
        messages.info(request, f"{profile.public_name} is linked to your account already.")
        return redirect(MINE)
    if not profile.can_user_link(request.user):
        messages.error(request, ALREADY_LINKED)
        return redirect(MINE)
    if request.method == "POST":
        try:
            profile.link_to_user(member(request), verified=False)
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request,
                f"Successfully linked {profile.simulator.name} profile: {profile.public_name}. "
                "Please verify your ownership to complete the process.",
            )
        return redirect(MINE)
    return section(request, "sim_profile_link.html", profile=profile)


@member_page("POST")
def unlink(request: HttpRequest, profile_id: str) -> HttpResponse:
    """End the link of one of this member's profiles."""
    profile = linked_profile(request, profile_id)
    if profile is None:
        return not_mine(request)
    if request.method == "POST":
        profile.unlink_from_user()
        messages.success(
            request,
            f"Successfully unlinked {profile.simulator.name} profile: {profile.public_name}. "
            "The profile is now available for other users to claim.",
        )
        return redirect(MINE)
    return section(request, "sim_profile_unlink.html", profile=profile)


@member_page("POST")
def manage(request: HttpRequest, profile_id: str) -> HttpResponse:
    """Hide or show a profile: for the owner of a verified link."""
    profile = linked_profile(request, profile_id)
    if profile is None:
        return not_mine(request)
    if request.method == "POST":
        visibility = request.POST.get("visibility")
        if visibility not in {"public", "hidden"}:
            raise BadRequest("Who can see the profile is “public” or “hidden”. Nothing was changed.")
        public = visibility == "public"
        try:
            profile.set_visibility(member(request), public=public)
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request,
                f"{profile.public_name} can be seen by everybody."
                if public
                else f"{profile.public_name} is hidden: only you and the site's staff can open it.",
            )
        return redirect("users:profile_sim_profile_manage", profile_id)
    entries = HistoryEntry.objects.of(profile).select_related(None)[:HISTORY_SHOWN]
    history = [in_words(entry, member(request).pk) for entry in entries]
    return section(request, "sim_profile_manage.html", profile=profile, history=history)
