"""The order on the road after each lap, also where laps lack their times."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simlane.sim.laps import order
from simlane.sim.laps.pace import DrivenLap


def laps(*times: int | None) -> list[DrivenLap]:
    return [DrivenLap(number, 0, time) for number, time in enumerate(times, 1)]


def test_times_are_added_up_as_far_as_they_are_known() -> None:
    assert order.elapsed(laps(100, 90, 95)) == [100, 190, 285]
    assert order.elapsed(laps(100, None, 95)) == [100, None, None]
    assert order.elapsed([]) == []


def test_a_lap_that_is_not_there_is_one_without_a_time() -> None:
    assert order.elapsed([DrivenLap(1, 0, 100), DrivenLap(3, 0, 95)]) == [100, None, None]


def test_behind_a_lap_without_a_time_the_race_time_counts_backwards() -> None:
    assert order.elapsed(laps(None, 90, 95), 290, 3) == [105, 195, 290]
    assert order.elapsed(laps(100, None, None, 95), 400, 4) == [100, None, 305, 400]


def test_a_race_time_over_other_laps_is_not_taken() -> None:
    assert order.elapsed(laps(None, 90), 290, 3) == [None, None]
    assert order.elapsed(laps(100, None, 95), 150, 3) == [100, None, 150]
    assert order.elapsed(laps(100, None, 95), 90, 3) == [100, None, None]


def test_positions_change_as_cars_pass_and_end_where_a_car_retires() -> None:
    cars = {"a": [100, 210, 310], "b": [101, 200, 300], "c": [99]}
    assert order.positions(cars) == {"a": [2, 2, 2], "b": [3, 1, 1], "c": [1]}
    assert order.gaps(cars) == {"a": [1, 10, 10], "b": [2, 0, 0], "c": [0]}


def test_a_car_laps_down_is_placed_by_when_it_ended_the_lap() -> None:
    cars = {"fast": [100, 200, 300], "slow": [160, 330]}
    assert order.positions(cars)["slow"] == [2, 2]
    assert order.gaps(cars)["slow"] == [60, 130]


def test_a_car_without_times_takes_nobodys_place() -> None:
    assert order.positions({"a": [None, None], "b": [100, 190]}) == {"a": [None, None], "b": [1, 1]}
    assert order.positions({}) == order.gaps({}) == {}


def test_a_driver_change_is_the_first_lap_of_who_takes_over() -> None:
    driven = [DrivenLap(number, seat, 100) for number, seat in ((1, 0), (2, 0), (4, 1), (3, 1), (5, 0))]
    assert order.driver_changes(driven) == [3, 5]


@given(st.lists(st.lists(st.none() | st.integers(1, 10**6), max_size=6), max_size=6))
def test_places_are_numbered_without_gaps_and_the_first_is_the_leader(times: list[list[int | None]]) -> None:
    cars = {key: order.elapsed(laps(*each)) for key, each in enumerate(times)}
    places, gaps = order.positions(cars), order.gaps(cars)
    for lap in range(6):
        known = sorted(found for each in places.values() if lap < len(each) and (found := each[lap]))
        assert known == list(range(1, len(known) + 1))
        assert all(gaps[key][lap] == 0 for key, each in places.items() if lap < len(each) and each[lap] == 1)
