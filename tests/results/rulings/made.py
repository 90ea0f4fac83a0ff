"""Small sessions as a file says them, and rulings about their entries."""

from __future__ import annotations

from typing import Any

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedLap, ParsedSession
from simlane.results.rulings.applying import Effect, Kind
from simlane.results.rulings.fitting import Target


def car(name: str, **values: Any) -> ParsedEntry:
    """A car with one driver, whose name and platform id follow from its letter."""
    drivers = [ParsedDriver(f"Driver {name}", str(1000 + ord(name[0])))]
    return ParsedEntry(drivers=drivers, car_number=str(ord(name[0])), **{"position": None} | values)


def race(*cars: tuple[str, int, int], **values: Any) -> ParsedSession:
    """Cars in the file's order: letter, laps, and total time in seconds; positions, gaps and laps down follow."""
    entries = []
    for place, (name, laps, seconds) in enumerate(cars):
        first = cars[0]
        entries.append(
            car(
                name,
                position=place + 1,
                laps=laps,
                laps_down=first[1] - laps,
                total_time_ms=seconds * 1000,
                gap_ms=(seconds - first[2]) * 1000 if laps == first[1] else None,
            )
        )
    return ParsedSession("race", 0, "Race", entries, **values)


def qualifying(*cars: tuple[str, list[int]]) -> ParsedSession:
    """Cars in the order of their best laps: letter, and the laps' times in ms."""
    entries = []
    for place, (name, times) in enumerate(cars):
        laps = [ParsedLap(number, 0, time) for number, time in enumerate(times, 1)]
        entry = car(name, position=place + 1, best_lap_ms=min(times, default=None), lap_times=laps)
        entry.drivers[0].best_lap_ms = entry.best_lap_ms
        entries.append(entry)
    return ParsedSession("qualifying", 0, "Qualifying", entries)


def on(session: ParsedSession, name: str, kind: Kind, value: int | None = None, **more: Any) -> Effect:
    """A ruling about the car of this letter; the later it is made, the later it was given."""
    row = next(row for row, entry in enumerate(session.entries) if entry.car_number == str(ord(name)))
    on.count += 1  # type: ignore[attr-defined]
    return Effect(on.count, kind, Target.of(row, session.entries[row]), value, **more)  # type: ignore[attr-defined]


on.count = 0  # type: ignore[attr-defined]
