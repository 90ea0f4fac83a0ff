"""Which seasons somebody may see: drafts are for the people of their league and for staff."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from simlane.leagues.access import leagues_of
from simlane.leagues.models import Role, Season


def seasons_for(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Season]:
    """The seasons that this person may open."""
    if getattr(user, "is_staff", False):
        return Season.objects.all()
    return Season.objects.filter(~Q(state=Season.State.DRAFT) | Q(league__in=leagues_of(user, Role.VIEWER)))
