"""The rating: small cases by hand, what must not matter to it, and how sure it is."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from simlane.ratings import skill as rules
from simlane.ratings.races import Entry, Race
from simlane.ratings.skill import CENTRE, POINTS, Rating, Skill
from tests.ratings.made import race


def rated(*races: Race, drivers: int = 6, year: float | None = None) -> list[Rating]:
    skill = Skill(drivers)
    for each in races:
        skill.count(each)
    return [skill.rating(driver, races[-1].year if year is None else year) for driver in range(drivers)]


def test_a_newcomer_stands_in_the_centre_with_the_spread_of_newcomers() -> None:
    rating = Skill(1).rating(0, 2020)
    assert rating.value == CENTRE
    assert rating.uncertainty == pytest.approx(POINTS * math.sqrt((1.6**2 + 0.6**2) / 2))


def test_a_duel_of_newcomers_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SPREAD", np.array([1.0]))
    monkeypatch.setattr(rules, "YEARLY", np.array([0.2]))
    winner, loser = rated(race(0, 1), drivers=2)
    # Both have skill 0 and variance 1: g = 1 / sqrt(1 + 3 / pi^2), an even chance.
    certainty = 1 / math.sqrt(1 + 3 / math.pi**2)
    variance = 1 / (1 + certainty**2 / 4)
    step = variance * certainty / 2
    assert winner.value == pytest.approx(1500 + 400 / math.log(10) * step)
    assert loser.value == pytest.approx(1500 - 400 / math.log(10) * step)
    assert winner.uncertainty == loser.uncertainty == pytest.approx(400 / math.log(10) * math.sqrt(variance))


def test_who_wins_always_leads_and_the_field_keeps_its_order() -> None:
    values = [rating.value for rating in rated(*[race(0, 1, 2, 3, 4, 5)] * 5)]
    assert values == sorted(values, reverse=True)


def test_of_newcomers_a_dead_heat_and_a_race_alone_say_nothing() -> None:
    heat = Race(2020, [Entry(1, True, (0,)), Entry(1, True, (1,))])
    first, second, alone = rated(heat, race(2), drivers=3)
    assert first.value == second.value == alone.value == CENTRE
    assert first.uncertainty < alone.uncertainty


def test_a_retirement_is_no_measure_of_skill() -> None:
    retired = Race(2020, [*race(0, 1).entries, Entry(None, False, (2,))])
    assert rated(retired) == rated(race(0, 1))


def test_the_order_of_lines_and_the_numbers_of_drivers_do_not_matter() -> None:
    chance = random.Random(3)
    races = [race(*chance.sample(range(6), 5), year=2020 + number / 9) for number in range(30)]
    shuffled = [Race(each.year, chance.sample(list(each.entries), len(each.entries))) for each in races]
    renamed = [Race(each.year, [Entry(e.position, True, (5 - e.crew[0],)) for e in each.entries]) for each in races]
    values = np.array([rating.value for rating in rated(*races)])
    assert np.array([rating.value for rating in rated(*shuffled)]) == pytest.approx(values)
    assert np.array([rating.value for rating in rated(*renamed)])[::-1] == pytest.approx(values)


def test_only_the_drivers_of_a_race_change_their_skill() -> None:
    skill = Skill(4)
    skill.count(race(0, 1, 2, 3))
    before = skill._skill.copy()
    skill.count(race(1, 0))
    assert (skill._skill[:, 2:] == before[:, 2:]).all()
    assert (skill._skill[:, :2] != before[:, :2]).all()


def test_the_crew_of_a_shared_car_shares_its_result() -> None:
    ann, bob, rival = rated(*[race((0, 1), 2)] * 3, drivers=3)
    assert ann == bob
    assert ann.value > CENTRE > rival.value


def test_a_crew_is_predicted_as_its_average() -> None:
    skill = Skill(4)
    for _ in range(6):
        skill.count(race(0, 1, 2, 3))
    margins = skill.margins(2020, [(0, 3), (0,), (3,)])
    assert margins[1, 0] > 0 > margins[2, 0]
    assert margins == pytest.approx(-margins.T)


def test_races_make_certain_and_time_uncertain_up_to_a_newcomers() -> None:
    races = [race(0, 1, 2, 3, 4, 5)] * 10
    once, often = rated(*races[:1])[2], rated(*races)[2]
    later, much_later = rated(*races, year=2022)[2], rated(*races, year=3000)[2]
    assert often.uncertainty < once.uncertainty < Skill(1).rating(0, 2020).uncertainty
    assert often.uncertainty < later.uncertainty < much_later.uncertainty
    assert later.value == often.value
    assert math.isfinite(much_later.uncertainty)


def test_a_large_field_says_more_than_a_duel_but_not_as_much_as_all_its_duels() -> None:
    middle = rated(race(*range(21)), drivers=21)[10]
    duel = rated(race(0, 1))[0]
    duels = rated(*[race(*pair) for pair in [(0, 1), (1, 0)] * 10])[0]
    assert duels.uncertainty < middle.uncertainty < duel.uncertainty


def test_a_steady_series_and_a_changing_one_find_their_own_pace() -> None:
    chance = random.Random(5)

    def pace(change: float) -> float:
        """The yearly variance that the mixture believes in, after 200 races in ten years."""
        skill, skills = Skill(12), [chance.gauss(0, 1) for _ in range(12)]
        for number in range(200):
            if number % 20 == 0:
                skills = [(1 - change) * each + change * chance.gauss(0, 1) for each in skills]
            run = sorted(range(12), key=lambda driver: chance.gauss(-skills[driver], 1.5))
            skill.count(race(*run, year=2000 + number / 20))
        return float(skill._weights() @ rules.YEARLY)

    assert pace(0) < 0.1
    assert pace(1) > 0.3
