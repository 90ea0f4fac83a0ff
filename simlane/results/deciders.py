"""Who may decide about an event's results beside staff: conditions that upper rooms register."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_

from django.contrib.auth.models import AbstractBaseUser, AbstractUser, AnonymousUser
from django.db.models import Q, QuerySet

from simlane.sim.models import Event

Decider = Callable[[AbstractUser], Q]


def decides_for_the_site(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether what this person decides is the staff's decision, which organisers do not undo."""
    return isinstance(user, AbstractUser) and user.is_active and user.is_staff and user.has_perm("results.decide")


class Deciders:
    """Those who may do one thing with an event's results."""

    def __init__(self) -> None:
        self._registered: list[Decider] = []

    def register(self, decider: Decider) -> None:
        """Add who may beside staff, as a condition on events; for an upper room's ready()."""
        if decider not in self._registered:
            self._registered.append(decider)

    def events(self, user: AbstractBaseUser | AnonymousUser) -> QuerySet[Event]:
        """The events with which this person may do it."""
        if not (isinstance(user, AbstractUser) and user.is_active):
            return Event.objects.none()
        if decides_for_the_site(user):
            return Event.objects.all()
        return Event.objects.filter(reduce(or_, (decider(user) for decider in self._registered), Q(pk__in=())))


#: Who withdraws results and brings them back, and who rules about them as a steward.
VERSIONS = Deciders()
RULINGS = Deciders()
