"""What follows from a classification whose order is known: places, places in class, and what each car is behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from simlane.results.parsed import ParsedEntry
from simlane.results.readers import fields


def rank(entry: ParsedEntry) -> int:
    """What entries are sorted by where the file gives positions; those without one stand last."""
    return entry.position or fields.MAX_COUNT + 1


def place(entries: Sequence[ParsedEntry]) -> None:
    """Number them in their order, overall and within each named class."""
    for position, entry in enumerate(entries, 1):
        entry.position = position
    place_in_class(entries)


def place_in_class(entries: Iterable[ParsedEntry]) -> None:
    """Number those that have a position within each named class, in their order."""
    classes: dict[str, int] = {}
    for entry in entries:
        if entry.position and entry.car_class:
            entry.class_position = classes[entry.car_class] = classes.get(entry.car_class, 0) + 1


def measure(entries: Sequence[ParsedEntry], laps: Callable[[ParsedEntry], int | None] = attrgetter("laps")) -> None:
    """What each car of a race is behind the first: laps, or time where there are none. `laps` are those that count."""
    for entry in entries:
        winner = entries[0]
        done, to_do = laps(entry), laps(winner)
        if done is None or to_do is None or done > to_do:
            continue
        entry.laps_down = to_do - done
        if entry.laps_down == 0 and entry.total_time_ms is not None and winner.total_time_ms is not None:
            gap = entry.total_time_ms - winner.total_time_ms
            entry.gap_ms = gap if gap >= 0 else None
