"""Points tables: what the usual series give, and what a season's table is filled with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from simlane.leagues.models import PlacePoints, PointsTable, RoundRace
from simlane.leagues.models.points import MOST_POINTS
from simlane.leagues.seasons.changing import changing
from simlane.sim.errors import Refused

#: The most places that a table gives points to.
MOST_PLACES = 200
MOST_TABLES = 20
TAKEN = "Another table of the season has this name, or is for these races already."
#: How many cars score by a linear table, if nobody says.
LINEAR = 20


@dataclass(frozen=True, slots=True)
class Preset:
    """What a series gives: the points from the first place on, and beside them."""

    name: str
    points: tuple[Decimal, ...]
    pole: int = 0
    lap_led: int = 0
    most_laps_led: int = 0


def _points(text: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, text.split()))


def linear(places: int = LINEAR) -> tuple[Decimal, ...]:
    """One point for the last of so many places, and one more for each before it."""
    return tuple(Decimal(each) for each in range(places, 0, -1))


PRESETS = {
    "f1": Preset("Formula 1", _points("25 18 15 12 10 8 6 4 2 1")),
    "f1-sprint": Preset("Formula 1 sprint", _points("8 7 6 5 4 3 2 1")),
    # GT World Challenge Europe, Endurance Cup and Sprint Cup.
    "gt": Preset("GT", _points("25 18 15 12 10 8 6 4 2 1"), pole=1),
    "gt-sprint": Preset("GT sprint", _points("16.5 12 9.5 7.5 6 4.5 3 2 1 0.5"), pole=1),
    "indycar": Preset(
        "IndyCar",
        _points("50 40 35 32 30 28 26 24 22 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 5 5 5 5 5 5 5 5"),
        pole=1,
        lap_led=1,
        most_laps_led=2,
    ),
    "linear": Preset("Linear", linear()),
}


@transaction.atomic
def fill(table: PointsTable, preset: str) -> None:
    """Gives a stored table what the preset of that name has, in the place of what it had."""
    chosen = PRESETS[preset]
    table.pole, table.lap_led = Decimal(chosen.pole), Decimal(chosen.lap_led)
    table.most_laps_led = Decimal(chosen.most_laps_led)
    table.fastest_lap, table.fastest_lap_top = Decimal(0), None
    table.save()
    set_places(table, chosen.points)


@transaction.atomic
def set_places(table: PointsTable, points: Sequence[Decimal]) -> None:
    """The table's points from the first place on; places behind them get none. Raises Refused, with what is wrong."""
    if len(points) > MOST_PLACES:
        raise Refused(f"A table gives points to {MOST_PLACES} places at most.")
    for place, each in enumerate(points, 1):
        if not each.is_finite() or not 0 <= each <= MOST_POINTS or each != each.quantize(Decimal("0.01")):
            raise Refused(f"Place {place}: points are 0 to {MOST_POINTS}, with two decimals at most.")
    PlacePoints.objects.filter(table=table).delete()
    PlacePoints.objects.bulk_create(
        PlacePoints(table=table, place=place, points=each) for place, each in enumerate(points, 1)
    )


def add(table: PointsTable, preset: str) -> None:
    """Stores another table of a season, filled by a preset. Raises Refused where it cannot be beside the others."""
    with changing(table.season) as season:
        if season.points_tables.count() >= MOST_TABLES:
            raise Refused(f"A season has {MOST_TABLES} points tables at most.")
        _see_to_place(table)
        table.save(force_insert=True)
        fill(table, preset)


def change(table: PointsTable, points: Sequence[Decimal]) -> None:
    """Stores a table that was changed, with these points. Raises Refused where it cannot be beside the others."""
    with changing(table.season):
        _see_to_place(table)
        table.save(force_update=True)
        set_places(table, points)


def refill(table: PointsTable, preset: str) -> None:
    """Gives a table of a season what the preset has, in the place of what it had."""
    with changing(table.season):
        fill(table, preset)


def remove(table: PointsTable) -> None:
    """Takes a table out of the season: races get another one that is for them, or none. Raises Refused for the one of

    every race, and for one that was chosen for a race.
    """
    with changing(table.season):
        if table.counts_for == PointsTable.CountsFor.RACE:
            raise Refused("This is the table of every race: change it, or let another one be for every race first.")
        if RoundRace.objects.filter(table=table, chosen=True).exists():
            raise Refused("A race was given this table: choose another for it first.")
        RoundRace.objects.filter(table=table).update(table=None)
        PointsTable.objects.filter(pk=table.pk).delete()


def _see_to_place(table: PointsTable) -> None:
    others = PointsTable.objects.filter(season=table.season).exclude(pk=table.pk)
    same = Q(name=table.name) | (Q(counts_for=table.counts_for) if table.counts_for else Q())
    if others.filter(same).exists():
        raise Refused(TAKEN)
