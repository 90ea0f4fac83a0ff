"""A season from nothing, with the points table that every race has until another is made; and changes of its rules."""

from __future__ import annotations

from django.db import transaction

from simlane.leagues.access import lock_open
from simlane.leagues.models import PointsTable, RoundRace, Season
from simlane.leagues.seasons import tables
from simlane.leagues.seasons.changing import changing
from simlane.sim.errors import Refused

MOST_SEASONS = 200
ADDRESS_TAKEN = "Another season of the league has this address: choose another."


@transaction.atomic
def make(season: Season, *, preset: str = "f1") -> PointsTable:
    """Stores a new season; returns its table for every race, with what the preset of `tables.PRESETS` gives.

    Raises Refused when the league is archived, has a season of this address, or as many as it may have.
    """
    lock_open(season.league)
    if Season.objects.filter(league=season.league).count() >= MOST_SEASONS:
        raise Refused(f"A league has {MOST_SEASONS} seasons at most.")
    if Season.objects.filter(league=season.league, slug=season.slug).exists():
        raise Refused(ADDRESS_TAKEN)
    season.save(force_insert=True)
    table = PointsTable.objects.create(season=season, name="Race", counts_for=PointsTable.CountsFor.RACE)
    tables.fill(table, preset)
    return table


def change(season: Season) -> None:
    """Stores a season whose rules, name or state have changed.

    Raises Refused when the league is archived, or another of its seasons has this address.
    """
    with changing(season):
        if Season.objects.filter(league=season.league, slug=season.slug).exclude(pk=season.pk).exists():
            raise Refused(ADDRESS_TAKEN)
        season.save(force_update=True)


@transaction.atomic
def remove(season: Season) -> None:
    """Takes a season away, with all that was planned and entered.

    Raises Refused when the league is archived, and where a round has an event: its results are somebody's season.
    """
    lock_open(season.league)
    locked = Season.objects.select_for_update(no_key=True).filter(pk=season.pk).first()
    if locked is None:
        return
    if locked.rounds.filter(event__isnull=False).exists():
        raise Refused("A round of this season has results: the season stays. Make it a draft to hide it.")
    RoundRace.objects.filter(round__season=locked).delete()
    locked.delete()
