"""The order of a session's entries: the file's, unless what it says of the drives contradicts it."""

from __future__ import annotations

from itertools import pairwise

from simlane.results.parsed import ParsedEntry
from simlane.results.readers import classification

_LAST = 2**62
_AFTER = {"finished": 0, "dnf": 1, "dns": 2, "dsq": 3}


def classify(entries: list[ParsedEntry], given: list[int | None], *, race: bool) -> tuple[list[ParsedEntry], bool]:
    """The entries in their final order, with positions overall and in class, and in a race what they are behind.

    `given` are the file's positions, in the entries' order. Returns also whether those could not be followed: they are
    not each there once, or a car of a race stands above one that did more laps, or as many in less time.
    """
    if race:
        _settle(entries)
    places = [place for place in given if place and place > 0]
    ordered = [entry for _, entry in sorted(zip(given, entries, strict=True), key=lambda pair: pair[0] or _LAST)]
    is_whole = len(places) == len(entries) == len(set(places))
    corrected = not is_whole or (race and _contradicts(ordered))
    if corrected:
        ordered = sorted(entries, key=_race_key if race else _best_key)
        # In the order of the file or by no order at all, nothing was corrected.
        corrected = bool(places) or race
    classification.place(ordered)
    if race:
        classification.measure(ordered)
    return ordered, corrected


def _settle(entries: list[ParsedEntry]) -> None:
    """Cars of a race of which nothing says how they ended: with others that finished they did not, else all did."""
    anybody = any(entry.status == "finished" for entry in entries)
    for entry in entries:
        if not entry.status:
            entry.status = "dnf" if anybody else "finished"


def _race_key(entry: ParsedEntry) -> tuple[int, int, int]:
    return _AFTER[entry.status], -(entry.laps or 0), _total(entry)


def _best_key(entry: ParsedEntry) -> tuple[bool, int]:
    return entry.status == "dsq", entry.best_lap_ms or _LAST


def _total(entry: ParsedEntry) -> int:
    """The race's time; of a car that has none what its laps sum up to, where all of them were timed."""
    if entry.total_time_ms is not None:
        return entry.total_time_ms
    times = [lap.time_ms for lap in entry.lap_times]
    return sum(time for time in times if time) if times and all(times) else _LAST


def _contradicts(ordered: list[ParsedEntry]) -> bool:
    """Whether a car stands above another that it cannot have beaten; where who retired stands is the game's matter."""
    classified = [entry for entry in ordered if entry.status != "dnf"]
    return any(_is_behind(one, following) for one, following in pairwise(classified))


def _is_behind(one: ParsedEntry, other: ParsedEntry) -> bool:
    if one.status != other.status:
        return _AFTER[one.status] > _AFTER[other.status]
    if one.laps != other.laps:
        return (one.laps or 0) < (other.laps or 0)
    times = one.total_time_ms, other.total_time_ms
    return times[0] is not None and times[1] is not None and times[0] > times[1]
