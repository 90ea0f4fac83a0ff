"""The addresses of a league's page and of a season's, for ABSOLUTE_URL_OVERRIDES: the domain itself knows no pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from simlane.leagues.models import Season
    from simlane.sim.models import League


def of_league(league: League) -> str:
    """The address of a league's page."""
    return reverse("leagues:league", args=[league.slug])


def of_season(season: Season) -> str:
    """The address of a season's page."""
    return reverse("leagues:season", args=[season.league.slug, season.slug])
