"""Clean laps, how they spread, and the best lap a car's sectors would make."""

from __future__ import annotations

import pytest

from simlane.sim.laps import pace
from simlane.sim.laps.pace import DrivenLap


def laps(*times: int | None, seat: int = 0, first: int = 1) -> list[DrivenLap]:
    return [DrivenLap(number, seat, time) for number, time in enumerate(times, first)]


def test_a_clean_lap_is_valid_timed_and_near_the_drivers_best() -> None:
    driven = [
        *laps(100_000, 107_000, 107_001, None),
        DrivenLap(5, 0, 99_000, valid=False),
    ]
    assert [lap.number for lap in pace.clean(driven, race=False)] == [1, 2]


def test_a_races_first_lap_is_not_clean_and_bounds_nothing() -> None:
    assert [lap.number for lap in pace.clean(laps(80_000, 100_000, 101_000), race=True)] == [2, 3]


def test_a_lap_through_the_pits_is_not_clean_and_bounds_nothing() -> None:
    driven = [
        DrivenLap(number, 0, time, pit=pit)
        for number, time, pit in ((1, 80_000, True), (2, 99_000, False), (3, 100_000, None))
    ]
    assert [lap.number for lap in pace.clean(driven, race=False)] == [2, 3]


def test_each_driver_of_a_crew_is_held_to_their_own_best() -> None:
    driven = [*laps(100_000, 101_000), *laps(110_000, 111_000, seat=1, first=3)]
    assert len(pace.clean(driven, race=False)) == 4


def test_consistency_is_the_deviation_from_the_drivers_own_mean() -> None:
    # Of 99, 100 and 101 seconds: one second. A second driver, slower and as even, changes nothing of it.
    one = laps(99_000, 100_000, 101_000)
    assert pace.consistency(one) == 1000
    assert pace.consistency([*one, *laps(109_000, 110_000, 111_000, seat=1)]) == 1000
    assert pace.consistency(laps(99_000, 99_000, 99_000)) == 0


@pytest.mark.parametrize("seats", [(0, 0), (0, 1, 2)])
def test_too_few_laps_say_nothing_of_consistency(seats: tuple[int, ...]) -> None:
    assert pace.consistency([DrivenLap(n, seat, 100_000 + n) for n, seat in enumerate(seats)]) is None


def test_the_spread_is_in_five_figures() -> None:
    assert pace.spread(laps(100, 400, 200, 300, 500)) == (100, 200, 300, 400, 500)
    assert pace.spread(laps(100)) == (100, 100, 100, 100, 100)
    assert pace.spread([]) is None
    assert pace.typical(laps(100, 400, 200)) == 200
    assert pace.typical([]) is None


def test_best_sectors_are_of_valid_laps_and_may_be_of_several() -> None:
    driven = [
        DrivenLap(1, 0, 90, True, (30, 31, 29)),
        DrivenLap(2, 0, 91, True, (29, None, 32)),
        DrivenLap(3, 0, 60, False, (20, 20, 20)),
    ]
    assert pace.best_sectors(driven) == (29, 31, 29)
    assert pace.best_sectors([]) == (None, None, None)


@pytest.mark.parametrize(
    ("sectors", "best", "expected"),
    [((29, 31, 29), 90, 89), ((29, None, 29), 90, None), ((29, 31, 29), 85, 85), ((29, 31, 29), None, 89)],
)
def test_the_theoretical_best_is_of_all_three_sectors(
    sectors: pace.Sectors, best: int | None, expected: int | None
) -> None:
    assert pace.theoretical_best(sectors, best) == expected
