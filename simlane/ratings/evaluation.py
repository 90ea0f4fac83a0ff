"""How well a system predicts races that it has not seen yet. Pure: no database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simlane.ratings.races import Entry, Race, Races
from simlane.ratings.references import AverageFinish, Elo, Glicko
from simlane.ratings.skill import Skill
from simlane.sim.errors import Refused

Array = NDArray[np.float64]

#: Drivers are predicted from their sixth start on; starts that ended early count.
EARLIER_STARTS = 5
#: The scale of the predictions is fitted on this part of the races; the rest tests.
FITTED = 0.3


class System(Protocol):
    """Rates drivers race by race. It is told crews and year to predict, and places only afterwards."""

    name: str
    #: Probability of being ahead is 1 / (1 + exp(-scale x margin)); this scale is taken where none can be fitted.
    natural_scale: float

    def margins(self, year: float, crews: Sequence[tuple[int, ...]]) -> Array: ...

    def count(self, race: Race) -> None: ...


SYSTEMS: tuple[Callable[[int], System], ...] = (Skill, Glicko, AverageFinish, Elo)
CHOSEN = Skill


@dataclass(frozen=True, slots=True)
class Measured:
    """What a system reached in the races that test it: `accuracy` from 0 to 1, `log_loss` in nats."""

    system: str
    accuracy: float
    log_loss: float
    pairs: int
    chosen: bool


def evaluate(races: Races) -> list[Measured]:
    """Every system on these races, ours first. Raises Refused if there is nothing to predict in them."""
    return [measure(make(len(races.drivers)), races, chosen=make is CHOSEN) for make in SYSTEMS]


def measure(system: System, races: Races, *, chosen: bool = False) -> Measured:
    """Replay the races in order and predict each pair of cars before the race is counted.

    A pair is two cars that both finished, not in a dead heat, and whose drivers all had five earlier starts. "Each
    race weighing alike a driver" is understood so: a pair weighs 1 / (n - 1) in a race of n classified cars, so that
    a race is worth the same to a driver whether they met 5 rivals or 50. With n as all cars, those that retired
    included, the figures known for openskill and Elo-MMR come out within 0.1 % and 0.003; with n as only the
    cars predicted all fall 0.6 % short. Log-loss is of the logistic probability, after one factor on
    the margins was fitted to the first 30 % of the races. A margin of 0 is half right.
    """
    fitting, testing = _predictions(system, races)
    if not testing.weight.size:
        raise Refused(
            f"There is nothing to predict: behind the first {FITTED:.0%} of the races no two drivers with "
            f"{EARLIER_STARTS} earlier starts finished the same race. Give more races."
        )
    scale = _fitted_scale(fitting, system.natural_scale)
    right = np.where(testing.margin == 0, 0.5, testing.margin > 0)
    return Measured(
        system.name,
        float(np.average(right, weights=testing.weight)),
        _log_loss(testing, scale),
        int(testing.weight.size),
        chosen,
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Predicted pairs, each from the side of the car that was ahead in the end."""

    margin: Array
    weight: Array


def _predictions(system: System, races: Races) -> tuple[_Pairs, _Pairs]:
    starts = np.zeros(len(races.drivers), dtype=int)
    found: tuple[list[Array], list[Array]] = ([], [])
    weights: tuple[list[Array], list[Array]] = ([], [])
    border = int(len(races.races) * FITTED)
    for number, race in enumerate(races.races):
        known = [entry for entry in race.finishers() if starts[list(entry.crew)].min() >= EARLIER_STARTS]
        if len(known) > 1:
            margin = _margins_of_those_ahead(system, race.year, known)
            found[number >= border].append(margin)
            weights[number >= border].append(np.full(margin.size, 1 / (len(race.entries) - 1)))
        system.count(race)
        for entry in race.entries:
            starts[list(entry.crew)] += 1
    fitting, testing = (
        _Pairs(np.concatenate([np.zeros(0), *margin]), np.concatenate([np.zeros(0), *weight]))
        for margin, weight in zip(found, weights, strict=True)
    )
    return fitting, testing


def _margins_of_those_ahead(system: System, year: float, known: Sequence[Entry]) -> Array:
    places = np.array([entry.position for entry in known], dtype=float)
    margins: Array = system.margins(year, [entry.crew for entry in known])[places[:, None] < places]
    return margins


def _log_loss(pairs: _Pairs, scale: float) -> float:
    return float(np.average(np.logaddexp(0, -scale * pairs.margin), weights=pairs.weight))


def _fitted_scale(pairs: _Pairs, natural: float) -> float:
    """The factor of the least log-loss, between a twentieth and twenty times the natural one, by golden section."""
    if not pairs.margin.any():
        return natural
    low, high = np.log(natural / 20), np.log(natural * 20)
    part = (5**0.5 - 1) / 2
    while high - low > 1e-4:
        first, second = high - part * (high - low), low + part * (high - low)
        if _log_loss(pairs, float(np.exp(first))) < _log_loss(pairs, float(np.exp(second))):
            high = second
        else:
            low = first
    return float(np.exp((low + high) / 2))
