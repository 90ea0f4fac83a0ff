"""Which entry of a session a ruling is about: described as a file has it, and found again in another version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from simlane.results.parsed import ParsedEntry
from simlane.sim.identity.names import fold
from simlane.sim.ownership.code_text import without_codes

GONE = "Nobody in these results is who it is about."
SEVERAL = "More than one entry of these results may be the one that it is about."


class NoFitError(Exception):
    """A ruling that does not fit these results; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An entry as a file had it: `row` is its place in the file's classification, from 0.

    `drivers` are their platform ids, empty for none, and names, in the order of their seats.
    """

    row: int
    number: str
    team: str
    drivers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, row: int, entry: ParsedEntry) -> Self:
        drivers = tuple((driver.identifier or "", without_codes(driver.name)) for driver in entry.drivers)
        return cls(row, entry.car_number, without_codes(entry.team_name), drivers)

    @classmethod
    def read(cls, stored: Any) -> Self:
        """What `stored` wrote."""
        drivers = tuple((identifier, name) for identifier, name in stored["drivers"])
        return cls(stored["row"], stored["number"], stored["team"], drivers)

    def stored(self) -> dict[str, Any]:
        """As a ruling keeps it."""
        return {
            "row": self.row,
            "number": self.number,
            "team": self.team,
            "drivers": [list(each) for each in self.drivers],
        }

    def __str__(self) -> str:
        who = ", ".join(name for _, name in self.drivers if name) or self.team
        return " ".join(filter(None, (f"#{self.number}" if self.number else "", who))) or f"Line {self.row + 1}"


def find(target: Target, entries: Sequence[ParsedEntry]) -> int:
    """The row of the entry that `target` describes; raises NoFitError.

    A driver with the same platform id decides; without any, one with the same name. Where a driver has several
    lines, those with the car's number, and of these the line in the same place. A number alone is no driver:
    where nobody is named, the team's name is asked for as well.
    """
    found = [Target.of(row, entry) for row, entry in enumerate(entries)]
    same_driver = [each for each in found if _ids(each) & _ids(target)] or [
        each for each in found if _is_named_like(target, each)
    ]
    if not same_driver and _is_nameless(target):
        same_driver = [each for each in found if _is_nameless(each) and each.team == target.team]
    if not same_driver:
        raise NoFitError(GONE)
    same_number = [each for each in same_driver if each.number == target.number] or same_driver
    (first, *others) = [each for each in same_number if each.row == target.row] or same_number
    if others:
        raise NoFitError(SEVERAL)
    return first.row


def _ids(target: Target) -> set[str]:
    return {identifier for identifier, _ in target.drivers if identifier}


def _is_nameless(target: Target) -> bool:
    return not any(identifier or fold(name) for identifier, name in target.drivers)


def _is_named_like(target: Target, entry: Target) -> bool:
    """Whether they share a driver by name, of whom not both have a platform id: the ids would say otherwise."""
    return any(
        bool(folded := fold(name)) and folded == fold(other) and not (identifier and others)
        for identifier, name in target.drivers
        for others, other in entry.drivers
    )
