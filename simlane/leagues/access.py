"""Who may do what in a league, and whose tokens and invitations are good: nobody else decides that.

Each role may what the next one may, too:

- owner: change the league and its people, archive it;
- organiser: bring in results, correct and withdraw them, make tokens, answer reports, say who a name is;
- steward: decide about results;
- viewer: see what is not published yet, and who runs the league.

An archived league stays as it is: `lock_open` stands before every change of it.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from simlane.leagues.models import Membership, Role, Season
from simlane.sim.errors import Refused
from simlane.sim.models import League


def leagues_of(user: AbstractBaseUser | AnonymousUser, role: Role) -> QuerySet[League]:
    """The leagues in which the account may what this role may."""
    mine = Membership.objects.filter(user=user.pk, role__in=role.and_above)
    return League.objects.filter(pk__in=mine.values("league"))


def league_of(user: AbstractBaseUser | AnonymousUser, slug: str, role: Role) -> League:
    """The league of that address; raises Http404 unless the account has this role in it, whether it exists or not."""
    return get_object_or_404(leagues_of(user, role), slug=slug)


def season_of(user: AbstractBaseUser | AnonymousUser, slug: str, season: str, role: Role) -> Season:
    """The season of that address, with its league and simulator; raises Http404 unless the account has this role."""
    theirs = Season.objects.filter(league__in=leagues_of(user, role)).select_related("league", "simulator")
    return get_object_or_404(theirs, league__slug=slug, slug=season)


def role_of(user: AbstractBaseUser | AnonymousUser, league: League) -> Role:
    """The account's role; raises Http404 for who has none, any more."""
    return Role(get_object_or_404(Membership, league=league, user=user.pk).role)


def people_with(league: int | None, role: Role) -> set[int]:
    """The keys of the accounts that may what this role may."""
    found = Membership.objects.filter(league=league, role__in=role.and_above)
    return set(found.values_list("user", flat=True))


def lock_open(league: League) -> None:
    """Locks the league's row until the transaction ends; raises Refused when it is archived."""
    if why := League.objects.select_for_update(no_key=True).get(pk=league.pk).why_closed:
        raise Refused(why)


def own_events(user: AbstractBaseUser | AnonymousUser) -> Q:
    """The events whose results the account may withdraw and bring back: see results.versions."""
    return Q(league__in=leagues_of(user, Role.ORGANISER).filter(archived_at=None))


def judged_events(user: AbstractBaseUser | AnonymousUser) -> Q:
    """The events about whose results the account decides as a steward: see results.deciding."""
    return Q(league__in=leagues_of(user, Role.STEWARD).filter(archived_at=None))


def made_by_who_still_may(role: Role) -> Exists:
    """Tokens or invitations whose maker has this role in their league, with an open account.

    However a membership ended: the admin deletes one, and the old release an account, without taking back what they
    made.
    """
    makers = Membership.objects.filter(role__in=role.and_above, league=OuterRef("league"), user=OuterRef("made_by"))
    return Exists(makers.filter(user__is_active=True))
