"""Races made up for tests."""

from __future__ import annotations

import random

from simlane.ratings.races import Entry, Race

HEADER = "race,year,position,finished,drivers"


def race(*crews: tuple[int, ...] | int, year: float = 2020.0) -> Race:
    """Everybody finished, in this order."""
    drivers = [(crew,) if isinstance(crew, int) else crew for crew in crews]
    return Race(year, [Entry(float(place), True, crew) for place, crew in enumerate(drivers, 1)])


def season_csv(races: int = 40, *, drivers: int = 6, seed: int = 1) -> list[str]:
    """Lines of a series in which driver-0 is the best and driver-5 the worst, and one in eight starts ends early."""
    chance = random.Random(seed)
    lines = [HEADER]
    for number in range(1, races + 1):
        pace = {driver: driver + chance.gauss(0, 2) for driver in range(drivers)}
        for place, driver in enumerate(sorted(pace, key=pace.__getitem__), 1):
            lines.append(f"{number},{2000 + number / 10:.1f},{place},{int(chance.random() > 0.125)},driver-{driver}")
    return lines
