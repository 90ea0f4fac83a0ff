"""Plain systems that a rating has to beat: a decayed average finish, Elo, and all-pairs Glicko. Pure: no database."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simlane.ratings.races import Race

Array = NDArray[np.float64]
_Q = np.log(10) / 400


def _of_cars(values: Array, crews: Sequence[tuple[int, ...]]) -> Array:
    """A car has the average of its crew."""
    return np.array([values[list(crew)].mean() for crew in crews])


def _differences(values: Array) -> Array:
    differences: Array = values[:, None] - values
    return differences


def _ahead(count: int) -> Array:
    return np.triu(np.ones((count, count)), 1)


class AverageFinish:
    """The average place, 1 for a win and 0 for the last, of which each race keeps nine tenths at the next."""

    name = "average finish with decay"
    natural_scale = 5.0
    _decay = 0.9

    def __init__(self, drivers: int) -> None:
        # One imagined race in the middle of the field.
        self._sum = np.full(drivers, 0.5)
        self._weight = np.ones(drivers)

    def margins(self, year: float, crews: Sequence[tuple[int, ...]]) -> Array:
        return _differences(_of_cars(self._sum / self._weight, crews))

    def count(self, race: Race) -> None:
        finishers = race.finishers()
        for place, entry in enumerate(finishers if len(finishers) > 1 else []):
            for driver in entry.crew:
                self._sum[driver] = self._decay * self._sum[driver] + 1 - place / (len(finishers) - 1)
                self._weight[driver] = self._decay * self._weight[driver] + 1


class Elo:
    """K = 64, a race a duel with each other car shared out over the field, retirements behind all as classified."""

    name = "Elo"
    natural_scale = float(_Q)
    _k = 64

    def __init__(self, drivers: int) -> None:
        self._rating = np.zeros(drivers)

    def margins(self, year: float, crews: Sequence[tuple[int, ...]]) -> Array:
        return _differences(_of_cars(self._rating, crews))

    def count(self, race: Race) -> None:
        finishers = race.finishers()
        crews = [entry.crew for entry in [*finishers, *(each for each in race.entries if not each.finished)]]
        if len(crews) < 2:
            return
        won = _ahead(len(crews))
        # Of those who retired nobody was ahead of another.
        won[len(finishers) :, len(finishers) :] = 0.5
        expected = 1 / (1 + np.exp(-_Q * self.margins(race.year, crews)))
        np.fill_diagonal(expected, 0)
        np.fill_diagonal(won, 0)
        for crew, step in zip(crews, (won - expected).sum(axis=1) * self._k / (len(crews) - 1), strict=True):
            self._rating[list(crew)] += step


class Glicko:
    """Every pair of finishers a game, one rating period a race, Glicko's usual 350 and 30."""

    name = "all-pairs Glicko"
    natural_scale = float(_Q)
    _newcomer = 350.0
    _period = 30.0

    def __init__(self, drivers: int) -> None:
        self._rating = np.zeros(drivers)
        self._variance = np.full(drivers, self._newcomer**2)

    def margins(self, year: float, crews: Sequence[tuple[int, ...]]) -> Array:
        return _differences(_of_cars(self._rating, crews))

    def count(self, race: Race) -> None:
        crews = [entry.crew for entry in race.finishers()]
        if len(crews) < 2:
            return
        drivers = [driver for crew in crews for driver in crew]
        self._variance[drivers] = np.minimum(self._newcomer**2, self._variance[drivers] + self._period**2)
        certainty = 1 / np.sqrt(1 + 3 * _Q**2 * _of_cars(self._variance, crews) / np.pi**2)
        expected = 1 / (1 + np.exp(-_Q * certainty * self.margins(race.year, crews)))
        others = 1 - np.eye(len(crews))
        slope = _Q * (certainty * (_ahead(len(crews)) - expected) * others).sum(axis=1)
        known = _Q**2 * (certainty**2 * expected * (1 - expected) * others).sum(axis=1)
        for crew, step, information in zip(crews, slope, known, strict=True):
            for driver in crew:
                self._variance[driver] = 1 / (1 / self._variance[driver] + information)
                self._rating[driver] += self._variance[driver] * step
