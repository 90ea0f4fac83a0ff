"""Races counted in the order they were driven, from what was known before: the same rows, from wherever it begins.

Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from simlane.ratings.driven import Line
from simlane.ratings.races import Entry, Race

#: A rating is provisional until so many races have been counted, and while it is less sure than so many points. Few are
#: then; only who is never beaten stays hard to place for long.
CERTAIN_AFTER = 5
PROVISIONAL = 150
SECONDS_A_YEAR = 365.2425 * 86400
_FIRST_DRIVERS = 1024


class Known(NamedTuple):
    """What is known of a driver after a race, as it is stored."""

    state: bytes
    rating: int
    uncertainty: int
    races: int


class After(NamedTuple):
    """A driver after a race; see ratings.models.RatedDrive."""

    profile: Any
    rating: int
    uncertainty: int
    gained: int
    races: int
    finished: bool
    won: bool
    state: bytes


class Replay:
    """A ladder's drivers as they are after the races that were counted so far; drivers are known by any key."""

    def __init__(self, mixture: bytes = b"") -> None:
        # Not above: NumPy is a tenth of what starts with each process, most of which rate nobody.
        from simlane.ratings.skill import Skill

        self._skill = Skill(_FIRST_DRIVERS)
        if mixture:
            self._skill.mixture = mixture
        self._numbers: dict[Any, int] = {}
        self._rating: list[int] = []
        self._uncertainty: list[int] = []
        self._races: list[int] = []
        values, uncertainties = Skill(1).ratings([0])
        self._newcomer = round(float(values[0])), round(float(uncertainties[0]))

    @property
    def mixture(self) -> bytes:
        return self._skill.mixture

    def strangers(self, profiles: Iterable[Any]) -> list[Any]:
        """Those of these drivers of whom nothing is known here: newcomers, unless they are made `known`."""
        return list({profile for profile in profiles if profile not in self._numbers})

    def make_known(self, drivers: Sequence[tuple[Any, Known]]) -> None:
        """Takes up what was stored of drivers who are strangers."""
        if not drivers:
            return
        numbers = [self._number(profile) for profile, _ in drivers]
        self._skill.restore(numbers, [known.state for _, known in drivers])
        for number, (_, known) in zip(numbers, drivers, strict=True):
            self._rating[number], self._uncertainty[number] = known.rating, known.uncertainty
            self._races[number] = known.races

    def count(self, at: datetime, lines: Sequence[Line]) -> list[After]:
        """Counts a race, each class of it as a race of its own; returns all who started."""
        numbers = [self._number(line.profile) for line in lines]
        rated = self._race(at, lines, numbers)
        before = [None if self._is_provisional(number) else self._rating[number] for number in numbers]
        if rated:
            values, uncertainties = self._skill.ratings(rated)
            for number, value, uncertainty in zip(rated, values.tolist(), uncertainties.tolist(), strict=True):
                self._rating[number], self._uncertainty[number] = round(value), max(1, round(uncertainty))
                self._races[number] += 1
        states = self._skill.stored(numbers) if numbers else []
        return [
            After(
                line.profile,
                self._rating[number],
                self._uncertainty[number],
                0 if rating is None else self._rating[number] - rating,
                self._races[number],
                line.finished,
                line.won,
                state,
            )
            for line, number, rating, state in zip(lines, numbers, before, states, strict=True)
        ]

    def _race(self, at: datetime, lines: Sequence[Line], numbers: Sequence[int]) -> list[int]:
        """Teaches the skill; returns whom it was taught something of."""
        cars: dict[str, dict[int, tuple[int, list[int]]]] = {}
        for line, number in zip(lines, numbers, strict=True):
            if line.finished and line.place is not None:
                cars.setdefault(line.car_class, {}).setdefault(line.entry, (line.place, []))[1].append(number)
        year = 1970 + at.timestamp() / SECONDS_A_YEAR
        rated: list[int] = []
        for _, of_class in sorted(cars.items()):
            if len(of_class) > 1:
                entries = [Entry(place, True, tuple(crew)) for place, crew in of_class.values()]
                self._skill.count(Race(year, entries))
                rated += [number for entry in entries for number in entry.crew]
        return rated

    def _number(self, profile: Any) -> int:
        number = self._numbers.get(profile)
        if number is None:
            number = self._numbers[profile] = len(self._numbers)
            self._skill.make_room(number + 1)
            self._rating.append(self._newcomer[0])
            self._uncertainty.append(self._newcomer[1])
            self._races.append(0)
        return number

    def _is_provisional(self, number: int) -> bool:
        return self._races[number] < CERTAIN_AFTER or self._uncertainty[number] > PROVISIONAL
