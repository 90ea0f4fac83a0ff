"""How fast and how evenly a car was driven. Times are whole milliseconds; None means that nothing says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean, median, quantiles
from typing import NamedTuple

#: A lap that takes longer than this part of its driver's best is no lap at racing speed: the rule by which Formula 1
#: lets cars qualify.
CLEAN_WITHIN = 1.07
#: Of fewer clean laps nobody's consistency is told.
FEWEST_CLEAN = 3

Sectors = tuple[int | None, int | None, int | None]


class DrivenLap(NamedTuple):
    """A lap of a car: its number from 1, and the seat of its driver; `pit` is whether it went through the pits."""

    number: int
    seat: int
    time_ms: int | None
    valid: bool = True
    sectors_ms: Sectors = (None, None, None)
    pit: bool | None = None


class Spread(NamedTuple):
    """Clean laps in five figures: the fastest, the quarters with the median between them, the slowest."""

    fastest: int
    lower: int
    median: int
    upper: int
    slowest: int


def best(laps: Iterable[DrivenLap]) -> int | None:
    """The best valid lap."""
    return min((lap.time_ms for lap in laps if lap.valid and lap.time_ms), default=None)


def clean(laps: Sequence[DrivenLap], *, race: bool) -> list[DrivenLap]:
    """The laps that tell pace: valid, timed, and within CLEAN_WITHIN of the best clean lap of the same driver.

    The first lap of a race begins at rest and in a crowd, so it is none. Nor is a lap through the pits; the one that
    leaves them, and both where the file does not tell, are left out by their time.
    """
    timed = [lap for lap in laps if lap.valid and lap.time_ms and not lap.pit and not (race and lap.number == 1)]
    limits: dict[int, float] = {}
    for lap in timed:
        limit = (lap.time_ms or 0) * CLEAN_WITHIN
        limits[lap.seat] = min(limit, limits.get(lap.seat, limit))
    return [lap for lap in timed if (lap.time_ms or 0) <= limits[lap.seat]]


def consistency(clean_laps: Iterable[DrivenLap]) -> int | None:
    """The standard deviation of clean laps around their own driver's mean, in milliseconds: less is steadier.

    A crew's is pooled: the squares of all its drivers, over its laps less its drivers. None of fewer laps than
    FEWEST_CLEAN, or where every lap has another driver.
    """
    by_seat: dict[int, list[int]] = {}
    for lap in clean_laps:
        by_seat.setdefault(lap.seat, []).append(lap.time_ms or 0)
    count = sum(len(times) for times in by_seat.values())
    if count < FEWEST_CLEAN or count <= len(by_seat):
        return None
    squares = 0.0
    for times in by_seat.values():
        mean = fmean(times)
        squares += sum((time - mean) ** 2 for time in times)
    return round(sqrt(squares / (count - len(by_seat))))


def spread(clean_laps: Iterable[DrivenLap]) -> Spread | None:
    """The five figures of a box plot; quarters are interpolated between laps. None without a lap."""
    times = sorted(lap.time_ms or 0 for lap in clean_laps)
    if not times:
        return None
    lower, middle, upper = quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return Spread(times[0], round(lower), round(middle), round(upper), times[-1])


def typical(clean_laps: Iterable[DrivenLap]) -> int | None:
    """The median clean lap."""
    times = [lap.time_ms or 0 for lap in clean_laps]
    return round(median(times)) if times else None


def best_sectors(laps: Iterable[DrivenLap]) -> Sectors:
    """The best time of each sector over valid laps, whoever drove."""
    return fastest(lap.sectors_ms for lap in laps if lap.valid)


def fastest(sectors: Iterable[Sectors]) -> Sectors:
    """The best time of each sector."""
    rows = list(sectors)
    first, second, third = (min((time for each in rows if (time := each[n])), default=None) for n in range(3))
    return first, second, third


def theoretical_best(sectors: Sectors, best_lap_ms: int | None) -> int | None:
    """The sum of a car's best sectors; None unless all three are known.

    Never more than its best lap: that one's own sectors are unknown where it would be.
    """
    first, second, third = sectors
    if not (first and second and third):
        return None
    total = first + second + third
    return min(total, best_lap_ms) if best_lap_ms else total
