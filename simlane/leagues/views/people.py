"""The people of a league: inviting, joining, leaving, who owns it."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from simlane.leagues import people
from simlane.leagues.access import league_of
from simlane.leagues.addresses import of_league
from simlane.leagues.forms import InvitationForm
from simlane.leagues.invitation_mail import send
from simlane.leagues.models import Membership, Role
from simlane.sim.errors import Refused
from simlane.users.notifications.mails import absolute
from simlane.users.views.access import member, member_page


@member_page("POST", limit="league")
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Who has a role in the league; an owner invites here."""
    league = league_of(request.user, slug, Role.VIEWER)
    everybody = sorted(league.memberships.select_related("user"), key=lambda each: list(Role).index(Role(each.role)))
    mine = next(each for each in everybody if each.user_id == member(request).pk)
    is_owner = mine.role == Role.OWNER
    form = InvitationForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "league": league,
        "role": Role(mine.role),
        "roles": list(Role),
        "mine": mine,
        "people": everybody,
        "form": form,
        "waiting": people.waiting(league).order_by("-pk") if is_owner else [],
    }
    status = 200
    if request.method == "POST":
        if not is_owner:
            raise Http404("no such page")
        status = 422
        if form.is_valid():
            if refusal := consume_or_429(request, action="invite"):
                return refusal
            try:
                invitation, secret = people.invite(
                    league, member(request), form.cleaned_data["email"], Role(form.cleaned_data["role"])
                )
            except Refused as error:
                form.add_error(None, str(error))
            else:
                if invitation.email:
                    send(invitation, secret, member(request))
                # Shown on this answer only: nothing keeps the secret.
                context |= {
                    "made": invitation,
                    "link": absolute(people.invitation_address(secret)),
                    "form": InvitationForm(),
                }
                status = 200
    return render(request, "leagues/people.html", context, status=status)


@require_POST
@member_page("POST", limit="league")
def change(request: HttpRequest, slug: str, membership_id: int) -> HttpResponse:
    """Gives somebody another role, hands the league over, or removes somebody: for owners."""
    league = league_of(request.user, slug, Role.OWNER)
    get_object_or_404(Membership, league=league, pk=membership_id)
    act = request.POST.get("act", "")
    try:
        if act == "remove":
            found = people.remove(league, membership_id, member(request))
            said = (
                f"{found.user.get_username()} has no role in {league.name} any more. Tokens and invitations of theirs "
                "are taken back."
            )
        elif act == "hand_over":
            found = people.hand_over(league, membership_id, member(request))
            said = f"{found.user.get_username()} owns {league.name}. You are an organiser."
        elif act == "role" and (wanted := request.POST.get("role", "")) in Role.values:
            found = people.set_role(league, membership_id, Role(wanted), member(request))
            said = f"{found.user.get_username()}: {Role(wanted).label}."
        else:
            raise BadRequest("Choose what is to change: a role, hand_over or remove. Nothing was changed.")
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
        if found.user_id == member(request).pk and act == "remove":
            return redirect(of_league(league))
    return redirect("leagues:people", slug)


@require_POST
@member_page("POST", limit="league")
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Ends one's own membership."""
    league = league_of(request.user, slug, Role.VIEWER)
    mine = get_object_or_404(Membership, league=league, user=member(request))
    try:
        people.remove(league, mine.pk, member(request))
    except Refused as error:
        messages.error(request, str(error))
        return redirect("leagues:people", slug)
    messages.success(
        request, f"You have no role in {league.name} any more. Your tokens and invitations are taken back."
    )
    return redirect(of_league(league))


@require_POST
@member_page("POST", limit="league")
def revoke(request: HttpRequest, slug: str, invitation_id: int) -> HttpResponse:
    """Takes an invitation back."""
    league = league_of(request.user, slug, Role.OWNER)
    get_object_or_404(league.invitations, pk=invitation_id)
    if people.revoke(league, invitation_id):
        messages.success(request, "The invitation is taken back: its link opens nothing.")
    else:
        messages.info(request, "That invitation has ended already.")
    return redirect("leagues:people", slug)


@member_page("POST", limit="league")
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What an invitation leads to: GET asks, POST accepts."""
    found = people.invitation_for(secret)
    if found is None:
        return render(request, "leagues/invitation_ended.html", status=404)
    if request.method == "POST":
        try:
            joined = people.accept(found, member(request))
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Your role in {found.league.name}: {joined.get_role_display()}.")
        return redirect(of_league(found.league))
    known = Membership.objects.filter(league=found.league, user=member(request)).exists()
    return render(request, "leagues/invitation.html", {"invitation": found, "league": found.league, "known": known})
