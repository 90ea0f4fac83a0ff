"""What is measured: pairs that count, predicted before they are known, and what the numbers mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from simlane.ratings.evaluation import evaluate, measure
from simlane.ratings.races import Entry, Race, Races, read
from simlane.ratings.skill import Skill
from simlane.sim.errors import Refused
from tests.ratings.made import race, season_csv


class Oracle:
    """Says that a lower number is ahead, by as much as it is told; notes what it was asked and told."""

    name = "oracle"

    def __init__(self, lead: float = 1.0, scale: float = 1.0) -> None:
        self.lead, self.natural_scale = lead, scale
        self.asked: list[tuple[float, list[tuple[int, ...]]]] = []
        self.told: list[float] = []

    def margins(self, year: float, crews: Sequence[tuple[int, ...]]) -> np.ndarray:
        assert year not in self.told
        self.asked.append((year, list(crews)))
        numbers = np.array([float(crew[0]) for crew in crews])
        return self.lead * np.sign(numbers - numbers[:, None])

    def count(self, race: Race) -> None:
        self.told.append(race.year)


def series(*races: Race) -> Races:
    """The races, each a year behind the one before it."""
    return Races([Race(2000.0 + number, each.entries) for number, each in enumerate(races)], [str(n) for n in range(9)])


def test_drivers_are_predicted_from_their_sixth_start_and_before_the_race_is_counted() -> None:
    oracle = Oracle()
    measured = measure(oracle, series(*[race(0, 1)] * 5, *[race(0, 1, 2)] * 6))
    assert [crews for _, crews in oracle.asked] == [[(0,), (1,)]] * 5 + [[(0,), (1,), (2,)]]
    assert measured.pairs == 5 + 3
    assert measured.accuracy == 1


def test_who_retired_is_in_no_pair_but_has_started() -> None:
    retired = Race(0, [*race(0, 1).entries, Entry(None, False, (2,))])
    oracle = Oracle()
    assert measure(oracle, series(*[retired] * 6, race(0, 1, 2))).pairs == 1 + 3


def test_every_driver_of_a_car_must_be_known() -> None:
    races = [race(0, 1)] * 6 + [race((0, 2), 1, 3)] + [race(0, 1)]
    oracle = Oracle()
    measure(oracle, series(*races))
    assert [crews for _, crews in oracle.asked] == [[(0,), (1,)]] * 2


def test_a_dead_heat_is_no_pair_and_an_even_prediction_is_half_right() -> None:
    heat = Race(0, [Entry(1, True, (0,)), Entry(1, True, (1,)), Entry(2, True, (2,))])
    measured = measure(Oracle(lead=0), series(*[race(0, 1, 2)] * 6, heat))
    assert measured.pairs == 3 + 2
    assert measured.accuracy == 0.5
    assert measured.log_loss == pytest.approx(math.log(2))


def test_a_large_race_weighs_alike_to_a_driver() -> None:
    # 3 wrong pairs that weigh 1/2 each against 1 right one that weighs 1.
    measured = measure(Oracle(), series(*[race(0, 1, 2)] * 5, race(2, 1, 0), race(0, 1)))
    assert measured.accuracy == pytest.approx(1 / 2.5)


def test_only_the_scale_is_fitted_and_on_the_first_races_alone() -> None:
    # In the first 30 % of 30 races the favourite wins 3 of 4 pairs; then 1 of 2.
    start = [race(0, 1)] * 5 + [race(0, 1)] * 3 + [race(1, 0)]
    measured = measure(Oracle(lead=7.0), series(*start, *[race(0, 1), race(1, 0)] * 10, race(0, 1)))
    expected = -(11 * math.log(3 / 4) + 10 * math.log(1 / 4)) / 21
    assert measured.log_loss == pytest.approx(expected, abs=1e-6)
    assert measured.pairs == 21


def test_where_nothing_can_be_fitted_the_natural_scale_is_taken() -> None:
    measured = measure(Oracle(lead=2.0, scale=0.5), series(*[race(0, 1)] * 7))
    assert measured.log_loss == pytest.approx(math.log(1 + math.exp(-1)))


def test_too_few_races_are_refused() -> None:
    with pytest.raises(Refused, match="nothing to predict"):
        measure(Oracle(), series(*[race(0, 1)] * 5))


def test_all_systems_are_measured_on_the_same_pairs_and_beat_chance() -> None:
    measured = evaluate(read(season_csv()))
    assert [each.system for each in measured if each.chosen] == [Skill.name]
    assert len({each.pairs for each in measured}) == 1
    assert all(each.accuracy > 0.6 and each.log_loss < math.log(2) for each in measured)
