"""Where a driver races most, and in what: starts that count, by track and by car."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from simlane.sim.career import races
from simlane.sim.models import Car, EntryDriver, SimProfile, Track
from simlane.sim.models.leagues import counted


@dataclass(frozen=True, slots=True)
class Favourite:
    """A track or a car with the driver's starts there or in it."""

    what: Track | Car
    starts: int
    wins: int
    podiums: int


def favourites(profile: SimProfile, most: int) -> tuple[list[Favourite], list[Favourite]]:
    """The tracks and the cars with most starts, each at most so many."""
    starts = races.started(EntryDriver.objects.filter(counted("entry__session__event__"), profile=profile))
    rows: Any = (
        starts.order_by()
        .values_list("entry__session__event__track", "entry__car")
        .annotate(
            starts=Count("pk"),
            wins=Count("pk", filter=races.PLACED & Q(entry__position=1)),
            podiums=Count("pk", filter=races.PLACED & Q(entry__position__lte=3)),
        )
    )
    found = list(rows)
    tracks = _most(((track, figures) for track, _, *figures in found), most)
    cars = _most(((car, figures) for _, car, *figures in found), most)
    return _named(Track, tracks), _named(Car, cars)


def _most(rows: Iterable[tuple[int | None, list[int]]], most: int) -> list[tuple[int, list[int]]]:
    sums: dict[int, list[int]] = {}
    for key, figures in rows:
        if key is not None:
            sums[key] = [one + other for one, other in zip(sums.get(key, (0, 0, 0)), figures, strict=True)]
    return sorted(sums.items(), key=lambda each: ([-figure for figure in each[1]], each[0]))[:most]


def _named(model: type[Track] | type[Car], rows: list[tuple[int, list[int]]]) -> list[Favourite]:
    named: Any = model._default_manager.select_related("simulator").in_bulk([key for key, _ in rows]) if rows else {}
    return [Favourite(named[key], *figures) for key, figures in rows]
