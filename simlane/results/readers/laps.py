"""What follows from the laps of an entry: its best one, and what each of a crew drove."""

from __future__ import annotations

from collections.abc import Iterable

from simlane.results.parsed import ParsedEntry, ParsedLap
from simlane.results.readers import fields


def best(laps: Iterable[ParsedLap]) -> int | None:
    """The best valid time; None where no lap has one."""
    return min((lap.time_ms for lap in laps if lap.valid and lap.time_ms), default=None)


def summarise(entry: ParsedEntry) -> None:
    """Each driver's laps and best valid lap; of a car with one driver the classification tells them too."""
    if entry.lap_times:
        counts = [0] * len(entry.drivers)
        bests = [fields.MAX_MS] * len(entry.drivers)
        # Fewer laps than the car has: who has none in the file may have driven the others.
        nothing = None if len(entry.lap_times) < (entry.laps or 0) else 0
        for lap in entry.lap_times:
            counts[lap.driver] += 1
            if lap.valid and lap.time_ms is not None and lap.time_ms < bests[lap.driver]:
                bests[lap.driver] = lap.time_ms
        for driver, count, best in zip(entry.drivers, counts, bests, strict=True):
            driver.laps = (count or nothing) if driver.laps is None else driver.laps
            driver.best_lap_ms = best if best < fields.MAX_MS else None
    if len(entry.drivers) == 1 and entry.drivers[0].best_lap_ms is None:
        entry.drivers[0].best_lap_ms = entry.best_lap_ms
