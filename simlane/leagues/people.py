"""Who runs a league: made by a member, joined by invitation, never without an owner while its last one stays.

What each role may is told in leagues.access.

Every change locks the league's row first, so of two owners who leave at the same moment one is the last and stays.
Only a deleted account leaves a league without an owner: staff find it in the admin and name another.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from simlane.leagues.access import lock_open, made_by_who_still_may
from simlane.leagues.models import Invitation, Membership, Role
from simlane.leagues.secrets import digest, new_secret
from simlane.sim.errors import Refused
from simlane.sim.models import League
from simlane.sim.ownership.locks import lock_account
from simlane.users.models import User
from simlane.users.notifications.mails import address

INVITED_FOR = timedelta(days=14)
MOST_INVITATIONS = 20
MOST_PEOPLE = 50


@transaction.atomic
def make(user: User, league: League) -> League:
    """Stores a new league of the account. Raises Refused without a confirmed address, and for one league too many."""
    if not address(user):
        raise Refused("Confirm your e-mail address first: whoever has a question about your league must reach you.")
    _see_to_room(user)
    league.save(force_insert=True)
    Membership.objects.create(league=league, user=user, role=Role.OWNER)
    return league


def change(league: League, said: dict[str, Any]) -> None:
    """Keeps what a league says of itself now. Raises Refused when it is archived."""
    # Not what staff decide meanwhile.
    if not League.objects.filter(pk=league.pk, archived_at=None).update(**said):
        raise Refused(League.objects.get(pk=league.pk).why_closed)


def archive(league: League) -> None:
    """Closes every way into the league, which stays as it is. Again does no harm."""
    League.objects.filter(pk=league.pk, archived_at=None).update(archived_at=timezone.now())


@transaction.atomic
def reopen(league: League, user: User) -> None:
    """Takes an archived league back. Raises Refused where its owner has as many as an account may have.

    And where staff have stopped it: only they open it again.
    """
    _see_to_room(user)
    if not League.objects.filter(pk=league.pk, stopped_at=None).update(archived_at=None):
        raise Refused(League.objects.get(pk=league.pk).why_closed)


def _see_to_room(user: User) -> None:
    # Locked: two forms sent at once are counted one after the other.
    lock_account(user)
    # One that staff have stopped still is one: its owner is not to go on with another instead.
    held = Q(league__archived_at=None) | Q(league__stopped_at__isnull=False)
    owned = Membership.objects.filter(held, user=user, role=Role.OWNER).count()
    if owned >= settings.LEAGUES_PER_ACCOUNT:
        raise Refused(
            f"You own {owned} leagues, and may own {settings.LEAGUES_PER_ACCOUNT}: archive one, or hand it over."
        )


def invitation_address(secret: str) -> str:
    """The path of an invitation."""
    return reverse("leagues:invitation", args=[secret])


@transaction.atomic
def invite(league: League, by: User, email: str = "", role: Role = Role.ORGANISER) -> tuple[Invitation, str]:
    """A new invitation, and its secret, which is kept nowhere. Raises Refused for one too many."""
    lock_open(league)
    _see_to_owner(league, by)
    if waiting(league).count() >= MOST_INVITATIONS:
        raise Refused(f"{MOST_INVITATIONS} invitations wait already: take some back first.")
    secret = new_secret()
    made = Invitation.objects.create(
        league=league,
        digest=digest(secret),
        email=email,
        role=role,
        made_by=by,
        expires_at=timezone.now() + INVITED_FOR,
    )
    return made, secret


def waiting(league: League) -> Any:
    """The league's invitations that can still be used."""
    return league.invitations.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())


def invitation_for(secret: str) -> Invitation | None:
    """The invitation that the secret opens, while it can be used."""
    found = Invitation.objects.filter(digest=digest(secret), used_at=None, revoked_at=None, league__archived_at=None)
    found = found.filter(made_by_who_still_may(Role.OWNER), expires_at__gt=timezone.now())
    return found.select_related("league").first()


@transaction.atomic
def accept(invitation: Invitation, user: User) -> Membership:
    """Gives the account the invitation's role. Raises Refused when the invitation has ended meanwhile."""
    lock_account(user)
    lock_open(invitation.league)
    if known := Membership.objects.filter(league=invitation.league, user=user).first():
        return known
    if Membership.objects.filter(league=invitation.league).count() >= MOST_PEOPLE:
        raise Refused(f"{MOST_PEOPLE} people run this league already.")
    now = timezone.now()
    mine = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None, expires_at__gt=now)
    mine = mine.filter(made_by_who_still_may(Role.OWNER))
    if not mine.update(used_at=now, used_by=user, email=""):
        raise Refused("This invitation has been used, taken back, or has expired. Ask for another one.")
    return Membership.objects.create(league=invitation.league, user=user, role=invitation.role)


def revoke(league: League, invitation: int) -> bool:
    """Takes an invitation back; whether it was still waiting."""
    return bool(waiting(league).filter(pk=invitation).update(revoked_at=timezone.now(), email=""))


@transaction.atomic
def set_role(league: League, membership: int, role: Role, by: User) -> Membership:
    """Gives somebody another role. Raises Refused for the last owner, and for who has gone.

    What they made and might not make any more ends.
    """
    _lock(league)
    _see_to_owner(league, by)
    found = _member(league, membership)
    if role != Role.OWNER:
        _keep_an_owner(found)
    return _put_in_role(found, role)


@transaction.atomic
def hand_over(league: League, membership: int, by: User) -> Membership:
    """Makes somebody an owner, and `by` an organiser. Raises Refused for who has gone."""
    _lock(league)
    mine = _see_to_owner(league, by)
    found = _member(league, membership)
    if found.pk != mine.pk:
        _put_in_role(mine, Role.ORGANISER)
        _put_in_role(found, Role.OWNER)
    return found


@transaction.atomic
def remove(league: League, membership: int, by: User) -> Membership:
    """Ends a membership: one's own, or by an owner. Raises Refused for the last owner, and for who has gone.

    Tokens and invitations that they made end too: they may know them by heart.
    """
    _lock(league)
    found = _member(league, membership)
    if found.user_id != by.pk:
        _see_to_owner(league, by)
    _keep_an_owner(found)
    Membership.objects.filter(pk=found.pk).delete()
    _take_back(found, None)
    return found


def _put_in_role(found: Membership, role: Role) -> Membership:
    Membership.objects.filter(pk=found.pk).update(role=role)
    _take_back(found, role)
    return found


def _take_back(found: Membership, role: Role | None) -> None:
    """Ends what they made and might not make in this role."""
    now = timezone.now()
    if role not in Role.ORGANISER.and_above:
        found.league.tokens.filter(made_by=found.user_id, revoked_at=None).update(revoked_at=now)
    if role not in Role.OWNER.and_above:
        waiting(found.league).filter(made_by=found.user_id).update(revoked_at=now, email="")


def _lock(league: League) -> None:
    League.objects.select_for_update(no_key=True).get(pk=league.pk)


def _member(league: League, membership: int) -> Membership:
    found = Membership.objects.filter(league=league, pk=membership).select_related("user", "league").first()
    if found is None:
        raise Refused("That person has left the league already.")
    return found


def _see_to_owner(league: League, by: User) -> Membership:
    """Whoever owned the league when the page was made may not any more."""
    found = Membership.objects.filter(league=league, user=by, role=Role.OWNER).select_related("league").first()
    if found is None:
        raise Refused("You do not own this league any more: nothing was changed.")
    return found


def _keep_an_owner(leaving: Membership) -> None:
    others = Membership.objects.filter(league=leaving.league_id, role=Role.OWNER).exclude(pk=leaving.pk)
    if leaving.role == Role.OWNER and not others.exists():
        raise Refused("A league needs an owner: make somebody else an owner first.")
