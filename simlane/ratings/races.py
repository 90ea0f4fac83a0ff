"""Races as ratings see them, and the plain CSV that `evaluate_ratings` reads them from. Pure: no database."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

COLUMNS = ("race", "year", "position", "finished", "drivers")
_FINISHED = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class RaceFileError(ValueError):
    """The file cannot be read as races; `str()` names the line and says what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A car: its place, and its crew as indices into `Races.drivers`. `position` is None only if it did not finish."""

    position: float | None
    finished: bool
    crew: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Race:
    """`year` is when it was driven, with a fraction where that is known: 2021.35."""

    year: float
    entries: Sequence[Entry]

    def finishers(self) -> list[Entry]:
        """Cars that finished, the best first; of a dead heat in the order of the crews."""
        found = [(entry.position or 0.0, entry.crew, entry) for entry in self.entries if entry.finished]
        return [entry for *_, entry in sorted(found, key=lambda each: each[:2])]


@dataclass(slots=True)
class Races:
    """All races in the order they were driven; `warnings` tell what was read in another way than it stands there."""

    races: list[Race]
    drivers: list[str]
    warnings: list[str] = field(default_factory=list)

    @property
    def finish_rate(self) -> float:
        """Share of the starts that ended at the flag, 0 to 1: what the ratings leave out."""
        finished = [entry.finished for race in self.races for entry in race.entries]
        return sum(finished) / len(finished)


def read(lines: Iterable[str]) -> Races:
    """Races of a CSV `race,year,position,finished,drivers`; other columns are ignored.

    Lines with the same race and year are one race, wherever they stand. Races follow each other by year; within a
    year by the number of the race, or as they first appear where one has a name instead. A driver who stands in two
    cars of a race counts in the one that did better.
    Raises RaceFileError with the number of the line.
    """
    found: dict[tuple[str, float], list[tuple[Entry, int]]] = {}
    names: dict[str, int] = {}
    for number, row in _rows(lines):
        try:
            key = row["race"], _number(row["year"], "year", "2021 or 2021.35")
            if not key[0]:
                raise RaceFileError("race is empty: give every race a number or a name")
            found.setdefault(key, []).append((_entry(row, names), number))
        except RaceFileError as error:
            raise RaceFileError(f"line {number}: {error}.") from None
    if not found:
        raise RaceFileError("line 2: no races stand below the header.")
    if all(name.isdecimal() for name, _ in found):
        order = sorted(found, key=lambda key: (key[1], int(key[0])))
    else:
        order = sorted(found, key=lambda key: key[1])
    read_races = Races([], list(names))
    for name, year in order:
        read_races.races.append(Race(year, _each_driver_once(found[name, year], name, read_races)))
    return read_races


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise RaceFileError(f"line 1: the header lacks {', '.join(missing)}; it needs {','.join(COLUMNS)}.")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) < len(header):
                raise RaceFileError(f"line {reader.line_num}: {len(row)} columns, where the header has {len(header)}.")
            yield reader.line_num, {name: cell.strip() for name, cell in zip(header, row, strict=False)}
    except csv.Error as error:
        raise RaceFileError(f"line {reader.line_num}: no CSV ({error}).") from None
    except UnicodeDecodeError:
        raise RaceFileError(f"behind line {reader.line_num}: not UTF-8; save the file as UTF-8.") from None


def _number(text: str, name: str, example: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number <= 0:
        raise RaceFileError(f"{name} {text!r} is no number above 0, such as {example}")
    return number


def _entry(row: dict[str, str], names: dict[str, int]) -> Entry:
    finished = _FINISHED.get(row["finished"].lower())
    if finished is None:
        raise RaceFileError(f"finished {row['finished']!r} is neither 1 nor 0")
    if not row["position"] and finished:
        raise RaceFileError("position is empty, though the car finished; give its place, or 0 as finished")
    # Those who retired may have a number, nothing, or letters (DNF, R): it is not used.
    position = _number(row["position"], "position", "3") if finished else None
    crew = [name.strip() for name in row["drivers"].split("|")]
    if not all(crew):
        raise RaceFileError("drivers lacks a name; several drivers of a car are separated by |")
    return Entry(position, finished, tuple(dict.fromkeys(names.setdefault(name, len(names)) for name in crew)))


def _each_driver_once(entries: list[tuple[Entry, int]], name: str, into: Races) -> list[Entry]:
    """The entries without those of whose crew somebody stands in a better one too."""
    kept: list[Entry] = []
    seen: dict[int, int] = {}
    for entry, line in sorted(entries, key=lambda each: (not each[0].finished, each[0].position or 0.0, each[1])):
        twice = [driver for driver in entry.crew if driver in seen]
        if twice:
            into.warnings.append(
                f"line {line}: {into.drivers[twice[0]]} stands in race {name} on line {seen[twice[0]]} too: "
                "the better place counts."
            )
        crew = tuple(driver for driver in entry.crew if driver not in seen)
        seen.update(dict.fromkeys(crew, line))
        if crew:
            kept.append(Entry(entry.position, entry.finished, crew))
    return kept
