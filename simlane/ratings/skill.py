"""The rating: what the races so far say of every driver's skill, and how sure that is. Pure: no database.

Six filters watch the same races and differ in two assumptions: how far apart drivers are, and how quickly they
change. Each keeps a skill and its variance for every driver and compares in every race each pair of finishers, as
Glicko does. What they say is mixed by how well each has predicted so far, so a series finds its own pace.
Parameters and the measurements behind them: docs/ratings.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlane.ratings.races import Entry, Race

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

#: Skill is in units in which a lead of 1 wins e : 1; a rating is shown in Elo's points around 1500.
POINTS = 400 / np.log(10)
CENTRE = 1500.0

#: Standard deviation of newcomers' skill, and variance that a year adds, of each filter.
SPREAD = np.repeat([1.6, 0.6], 3)
YEARLY = np.tile([1.0, 0.15, 0.02], 2)
#: Each race adds this part of a year's variance, for series that give whole years only.
PER_RACE = 0.03
#: How much one race changes the mixture, and how much of what it learnt remains at the next race.
LEARNING = 0.3
MEMORY = 0.99
#: Glicko's way of taking a probability over a normal uncertainty.
_SPREAD_OUT = 3 / np.pi**2
#: What is known of a driver after a race, as it is stored: half the precision tells everything.
_STORED = np.dtype([("last", "<f8"), ("skill", "<f4", (len(SPREAD),)), ("variance", "<f4", (len(SPREAD),))])


@dataclass(frozen=True, slots=True)
class Rating:
    """In points; `uncertainty` is one standard deviation."""

    value: float
    uncertainty: float


@dataclass(slots=True)
class _Field:
    """Cars of a race as arrays: rows are the filters, columns the drivers, or the cars."""

    drivers: Indices
    car: Indices
    skill: Array
    variance: Array
    car_skill: Array
    car_variance: Array


class Skill:
    """Ratings of `drivers` drivers, numbered from 0; races are fed in the order they were driven."""

    name = "SimLane: mixed all-pairs filters"
    natural_scale = 1.0

    def __init__(self, drivers: int) -> None:
        filters = len(SPREAD)
        # Kept as precisely as it is stored: counting on from what is stored is the same as counting all races.
        self._skill = np.zeros((filters, drivers), dtype=np.float32)
        self._variance = _newcomers(drivers)
        self._last = np.full(drivers, np.nan)
        self._mixture = np.zeros(filters)

    def make_room(self, drivers: int) -> None:
        """From now on there are at least so many drivers; those who are added are newcomers."""
        if (more := drivers - len(self._last)) > 0:
            # A half more, so that drivers who come one by one do not have everything copied each time.
            more += len(self._last) // 2
            self._skill = np.pad(self._skill, ((0, 0), (0, more)))
            self._variance = np.hstack([self._variance, _newcomers(more)])
            self._last = np.pad(self._last, (0, more), constant_values=np.nan)

    @property
    def mixture(self) -> bytes:
        """How well each filter has predicted so far, as it is stored."""
        return self._mixture.astype("<f8").tobytes()

    @mixture.setter
    def mixture(self, stored: bytes) -> None:
        self._mixture = np.frombuffer(stored, "<f8").astype(float)

    def stored(self, drivers: Sequence[int]) -> list[bytes]:
        """What is known of each of these drivers, for `restore`."""
        rows = np.empty(len(drivers), _STORED)
        rows["last"] = self._last[drivers]
        rows["skill"] = self._skill[:, drivers].T
        rows["variance"] = self._variance[:, drivers].T
        return [row.tobytes() for row in rows]

    def restore(self, drivers: Sequence[int], stored: Sequence[bytes]) -> None:
        """Of each of these drivers is known what was `stored`."""
        rows = np.frombuffer(b"".join(stored), _STORED)
        self._last[drivers] = rows["last"]
        self._skill[:, drivers] = rows["skill"].T
        self._variance[:, drivers] = rows["variance"].T

    def ratings(self, drivers: Sequence[int]) -> tuple[Array, Array]:
        """Values and uncertainties of these drivers after their last races, in points."""
        skill, variance = self._skill[:, drivers].astype(float), self._variance[:, drivers].astype(float)
        return self._mixed(skill, variance)

    def rating(self, driver: int, year: float) -> Rating:
        """What is known of a driver at a time; unless they race, it grows less certain."""
        drivers = np.array([driver])
        values, uncertainties = self._mixed(self._skill[:, drivers].astype(float), self._at(drivers, year))
        return Rating(float(values[0]), float(uncertainties[0]))

    def margins(self, year: float, crews: Sequence[tuple[int, ...]]) -> Array:
        """For each car (row) and each other (column) the logarithm of the odds that the first is ahead."""
        field = self._field(year, crews)
        return np.tensordot(self._weights(), self._margins(field), axes=1)

    def count(self, race: Race) -> None:
        """Learn from a race. Those who did not finish are left out: a retirement is no measure of skill."""
        finishers = race.finishers()
        if len(finishers) < 2:
            return
        field = self._field(race.year, [entry.crew for entry in finishers])
        ahead = _ahead(finishers)
        self._learn_mixture(self._margins(field), ahead)
        self._learn_skill(field, ahead, race.year)

    def _mixed(self, skill: Array, variance: Array) -> tuple[Array, Array]:
        weights = self._weights()
        mean: Array = weights @ skill
        spread: Array = weights @ (variance + (skill - mean) ** 2)
        return CENTRE + POINTS * mean, POINTS * np.sqrt(spread)

    def _weights(self) -> Array:
        weights: Array = np.exp(self._mixture)
        weights /= weights.sum()
        return weights

    def _at(self, drivers: Indices, year: float, *, race: bool = False) -> Array:
        """Variances at a time: they grow with it, and with a race, but never beyond a newcomer's."""
        last = self._last[drivers]
        passed = np.where(np.isnan(last), 0.0, np.maximum(year - last, 0.0) + (PER_RACE if race else 0.0))
        variance = self._variance[:, drivers].astype(float)
        grown: Array = np.minimum(variance + YEARLY[:, None] * passed, (SPREAD**2)[:, None])
        return grown

    def _field(self, year: float, crews: Sequence[tuple[int, ...]]) -> _Field:
        """A car is as good, and as little known, as its crew on average."""
        sizes = np.array([len(crew) for crew in crews])
        drivers = np.array([driver for crew in crews for driver in crew])
        skill, variance = self._skill[:, drivers].astype(float), self._at(drivers, year, race=True)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        return _Field(
            drivers,
            np.repeat(np.arange(len(crews)), sizes),
            skill,
            variance,
            np.add.reduceat(skill, first, axis=1) / sizes,
            np.add.reduceat(variance, first, axis=1) / sizes,
        )

    @staticmethod
    def _margins(field: _Field) -> Array:
        skill, variance = field.car_skill, field.car_variance
        unsure = 1 + _SPREAD_OUT * (variance[:, :, None] + variance[:, None, :])
        margins: Array = (skill[:, :, None] - skill[:, None, :]) / np.sqrt(unsure)
        return margins

    def _learn_mixture(self, margins: Array, ahead: Array) -> None:
        loss = (ahead * np.logaddexp(0, -margins)).sum(axis=(1, 2)) / (len(ahead) - 1)
        learnt = MEMORY * self._mixture - LEARNING * loss
        self._mixture = learnt - learnt.max()

    def _learn_skill(self, field: _Field, ahead: Array, year: float) -> None:
        """One step of Newton's method on all pairs of the race, for each filter and car."""
        skill = field.car_skill
        certainty = 1 / np.sqrt(1 + _SPREAD_OUT * field.car_variance)
        weighed = certainty[:, None, :]
        expected = 1 / (1 + np.exp(-weighed * (skill[:, :, None] - skill[:, None, :])))
        others = 1 - np.eye(len(ahead))
        # A race of n cars is no n - 1 independent duels: together its pairs weigh sqrt(n - 1) a driver.
        pair = (len(ahead) - 1) ** -0.5
        slope = pair * (weighed * (ahead - expected) * others).sum(axis=2)
        known = pair * (weighed**2 * expected * (1 - expected) * others).sum(axis=2)
        # The crew of a shared car shares its result: each learns from it as if alone.
        variance = 1 / (1 / field.variance + known[:, field.car])
        self._skill[:, field.drivers] = field.skill + variance * slope[:, field.car]
        self._variance[:, field.drivers] = variance
        self._last[field.drivers] = year


def _newcomers(drivers: int) -> NDArray[np.float32]:
    return np.repeat((SPREAD**2)[:, None], drivers, axis=1).astype(np.float32)


def _ahead(finishers: Sequence[Entry]) -> Array:
    """1 where the car of the row was ahead of that of the column, 0.5 for a dead heat."""
    places = np.array([entry.position for entry in finishers], dtype=float)
    ahead: Array = (places[:, None] < places) + 0.5 * (places[:, None] == places)
    np.fill_diagonal(ahead, 0)
    return ahead
