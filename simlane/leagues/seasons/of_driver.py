"""A driver's seasons, as their profile shows them."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from simlane.leagues.models import Standing
from simlane.leagues.seasons.visible import seasons_for
from simlane.sim.models import SimProfile

#: So many last lines are shown.
SHOWN = 40


def seasons_of(profile: SimProfile, user: AbstractBaseUser | AnonymousUser) -> list[Standing]:
    """The driver's lines in the standings of seasons that this person may open, the newest season first."""
    lines = Standing.objects.filter(profile=profile, kind=Standing.Kind.DRIVER, season__in=seasons_for(user))
    found = lines.select_related("season__league", "season_class").defer("rounds")
    return list(found.order_by("-season_id", "season_class")[:SHOWN])
