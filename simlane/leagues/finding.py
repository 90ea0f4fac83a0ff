"""Leagues and teams in the site's search: what anybody may see, drafts never."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse

from simlane.leagues.addresses import of_season
from simlane.leagues.models import Season, Team
from simlane.profiles.finding import Group, Kind, Thing, group, holding
from simlane.sim.models import League, Simulator


def _leagues(words: Sequence[str], _: Simulator | None) -> Group | None:
    """Leagues that are open, by name; a league is of no simulator."""
    found = _open().filter(holding("name", words)).order_by("name", "pk")
    return group(
        "Leagues",
        found,
        lambda row: Thing(row.name, row.get_absolute_url(), "Confirmed" if row.trusted else ""),
        reverse("leagues:list"),
    )


def _open() -> QuerySet[League]:
    return League.objects.filter(archived_at__isnull=True)


def _teams(words: Sequence[str], simulator: Simulator | None) -> Group | None:
    """Teams of seasons that are no drafts, those of the newest seasons first."""
    found = _shown().filter(holding("folded", words))
    if simulator:
        found = found.filter(season__simulator=simulator)
    rows = found.select_related("season__league").order_by("-season_id", "folded", "pk")
    return group(
        "Teams", rows, lambda row: Thing(row.name, of_season(row.season), f"{row.season.league}, {row.season.name}")
    )


def _shown() -> QuerySet[Team]:
    return Team.objects.exclude(season__state=Season.State.DRAFT)


LEAGUES = Kind(_leagues, lambda: _open().values_list("name", flat=True).order_by("-pk"))
TEAMS = Kind(_teams, lambda: _shown().values_list("folded", flat=True).order_by("-season_id"))
