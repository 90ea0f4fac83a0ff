"""Gaps between classified cars, overall and in class."""

from __future__ import annotations

from simlane.sim.laps.gaps import Gap, behind, behind_best, class_leaders
from simlane.sim.models import Entry


def car(position: int, gap: int | None = None, down: int = 0, **values: object) -> Entry:
    return Entry(position=position, gap_ms=gap, laps_down=down, **values)


def test_on_one_lap_the_gap_is_a_time() -> None:
    winner, second, third = car(1), car(2, 1500), car(3, 4000)
    assert behind(winner, third) == Gap(0, 4000)
    assert behind(second, third) == Gap(0, 2500)
    assert behind(second, second) == Gap(0, 0)


def test_laps_down_are_laps() -> None:
    assert behind(car(1), car(3, None, 2)) == Gap(2, 0)
    assert behind(car(2, None, 1), car(3, None, 3)) == Gap(2, 0)


def test_equally_many_laps_down_their_own_times_tell_them_apart() -> None:
    assert behind(car(2, None, 1, total_time_ms=100_000), car(3, None, 1, total_time_ms=101_500)) == Gap(0, 1500)


def test_what_nothing_says_is_unknown() -> None:
    assert behind(car(2, None, 1), car(3, None, 1)) is None
    assert behind(car(1), car(2)) is None
    assert behind(car(3, 4000), car(2, 1500)) is None
    assert behind(car(3, None, 1), car(2, 1500)) is None


def test_a_class_is_led_by_its_first_finisher() -> None:
    cars = [
        car(1, class_position=1, car_class="GT3"),
        car(2, class_position=1, car_class="GT4", status="dsq"),
        car(4, class_position=3, car_class="GT4"),
        car(3, class_position=2, car_class="GT4"),
        car(5, class_position=1),
    ]
    assert class_leaders(cars) == {"GT3": cars[0], "GT4": cars[3]}


def test_the_gap_to_pole_is_of_a_slower_lap() -> None:
    assert behind_best(90_500, 90_000) == 500
    assert behind_best(90_000, 90_000) is None
    assert behind_best(None, 90_000) is None
    assert behind_best(90_500, None) is None
