"""Following drivers and leagues: who may, whom, how many, and whom an account follows by now."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from simlane.sim.errors import Refused
from simlane.sim.models import League, SimProfile
from simlane.users.models import Follow, User

TOO_MANY = "You follow {number:,} drivers and leagues, and more cannot be followed: take one off your list first."


def may_follow() -> QuerySet[SimProfile]:
    """The profiles that can be followed. Of a private one nobody hears, its owner and staff included."""
    return SimProfile.objects.public()


def drivers_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[SimProfile]:
    """The drivers an account follows and may hear of; one whose profile is private now is not among them."""
    # A merge that is undone gives each profile its followers back: their rows stay as they were.
    places = Follow.objects.filter(user=user.pk, profile__isnull=False).annotate(
        place=Coalesce("profile__merged_into", "profile")
    )
    return may_follow().filter(pk__in=places.values("place"))


def leagues_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[League]:
    """The leagues an account follows."""
    return League.objects.filter(follows__user=user.pk)


@transaction.atomic
def follow(user: User, of: SimProfile | League) -> None:
    """From now on the account is told of new results; again does no harm. Raises Refused for one too many."""
    # Two at the same moment are counted one after the other.
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
    if is_followed(user, of):
        return
    number = drivers_of(user).count() + leagues_of(user).count()
    if number >= settings.FOLLOWS_PER_ACCOUNT:
        raise Refused(TOO_MANY.format(number=number))
    columns: dict[str, Any] = {"profile": of} if isinstance(of, SimProfile) else {"league": of}
    Follow.objects.get_or_create(user=user, **columns)


def unfollow(user: User, of: SimProfile | League) -> None:
    """The account hears no more of it; again does no harm."""
    rows = Follow.objects.filter(user=user)
    if isinstance(of, SimProfile):
        rows.filter(Q(profile=of) | Q(profile__merged_into=of)).delete()
    else:
        rows.filter(league=of).delete()


def is_followed(user: AbstractBaseUser | AnonymousUser, of: SimProfile | League) -> bool:
    """Whether the account follows it."""
    if isinstance(of, SimProfile):
        return drivers_of(user).filter(pk=of.pk).exists()
    return leagues_of(user).filter(pk=of.pk).exists()
