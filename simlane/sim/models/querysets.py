"""Which profiles a person may see, and which events are listed: pages, searches and lists start from these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from simlane.sim.models import Event, SimProfile  # noqa: F401 - named in quotes below


def visible_to(user: AbstractBaseUser | AnonymousUser, prefix: str = "") -> Q:
    """Which profiles this person may open; `prefix` is the path to the profile where another table asks (rule 7)."""
    if getattr(user, "is_staff", False):
        # A merged profile only redirects, for staff as well.
        return Q(**{f"{prefix}pk__isnull": False, f"{prefix}merged_into__isnull": True})
    public = Q(**{f"{prefix}is_public": True})
    if not user.is_authenticated:
        return public
    return public | Q(**{f"{prefix}linked_user_id": user.pk, f"{prefix}is_verified": True})


class SimProfileQuerySet(models.QuerySet["SimProfile"]):
    """Driver profiles."""

    def public(self) -> Self:
        """The public profiles."""
        return self.filter(is_public=True)

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The profiles this person may open: the public ones, their own verified ones, for staff all (rule 7)."""
        return self.filter(visible_to(user))

    def linked_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The profiles that point at this account, verified or not."""
        return self.filter(linked_user=user.pk)


class EventQuerySet(models.QuerySet["Event"]):
    """Events."""

    def standing(self) -> Self:
        """The events that are listed: not those whose results have all been withdrawn."""
        return self.filter(withdrawn_at__isnull=True)
