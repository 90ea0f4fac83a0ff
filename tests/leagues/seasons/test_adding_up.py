"""Ties and dropped rounds, by examples that a person can follow; everything else is in test_oracle.py."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simlane.leagues.seasons.adding_up import HeldRound, Line, standings
from simlane.leagues.seasons.races import POINT, Car, Race, Rules, Table

#: Second and third place are worth the same.
TABLE = Table({1: 500, 2: 300, 3: 300, 4: 200, 5: 0})


def season(*rounds: str, heats: Sequence[int] = (), may_drop: Sequence[bool] = ()) -> list[HeldRound]:
    """Each round one race: who finished, in order, a letter each; a point is a place of nobody."""
    held = []
    for number, order in enumerate(rounds):
        cars = [
            Car(row, row + 1, drivers=[] if who == "." else [who], crew=[] if who == "." else [who])
            for row, who in enumerate(order)
        ]
        race = Race(1, TABLE, cars, is_heat=number in heats)
        held.append(HeldRound(number, number + 1, 100, [race], may_drop[number] if may_drop else True))
    return held


def shown(lines: list[Line]) -> str:
    return " ".join(f"{line.place}{line.who}{line.total // POINT}" for line in lines)


@pytest.mark.parametrize(
    ("rounds", "heats", "expected"),
    [
        # Equal points, one first place each; one of them was fifth, too.
        (["a....", ".b..a", "d.b.."], (), "1b6 2a5 3d5"),
        # Equal points and places, in other races: the last race decides, then the one before it.
        (["ab", "ba"], (), "1b8 2a8"),
        (["ab", "ba", "..ab"], (), "1a11 2b10"),
        (["ba", "ab", ".c", "c.."], (), "1c8 2a8 3b8"),
        # A third place is worth as much as a second, but is none.
        (["..a", ".b"], (), "1b3 2a3"),
        # A heat decides nothing: they are equal, and share the place.
        (["ab", "ba"], (0, 1), "1a8 1b8"),
        (["ab", "ba"], (1,), "1a8 2b8"),
    ],
)
def test_who_is_before_whom(rounds: list[str], heats: Sequence[int], expected: str) -> None:
    drivers, _ = standings(season(*rounds, heats=heats), len(rounds), Rules())
    assert shown(drivers) == expected


def test_without_countback_equal_points_share_the_place() -> None:
    drivers, _ = standings(season("ab", "ba", "...c"), 3, Rules(countback=False), names={"b": "Anna", "a": "Zoe"})
    assert shown(drivers) == "1b8 1a8 3c2"


@pytest.mark.parametrize(
    ("planned", "drops", "may_drop", "dropped"),
    [
        # All but one of five count: with three held nothing falls away.
        (5, 1, (), ""),
        (4, 2, (), "3"),
        (3, 1, (), "3"),
        (3, 2, (), "23"),
        (3, 3, (), "123"),
        # The worst of those that may.
        (3, 1, (True, True, False), "2"),
        (3, 2, (False, True, False), "2"),
    ],
)
def test_which_rounds_fall_away(planned: int, drops: int, may_drop: Sequence[bool], dropped: str) -> None:
    # Of a the rounds are worth 5, 3 and nothing: the third was missed.
    drivers, _ = standings(season("ab", "ba", "cb", may_drop=may_drop), planned, Rules(drop_rounds=drops))
    line = next(line for line in drivers if line.who == "a")
    assert "".join(str(number) for number, each in enumerate(line.rounds, 1) if each.dropped) == dropped
    assert line.total == sum(each.points or 0 for each in line.rounds if not each.dropped)
    assert line.driven == 8 * POINT


def test_of_equal_rounds_the_earlier_falls_away() -> None:
    drivers, _ = standings(season("ab", "ab", "ab"), 3, Rules(drop_rounds=1))
    assert [[each.dropped for each in line.rounds] for line in drivers] == [[True, False, False]] * 2


def test_places_are_won_against_the_round_before() -> None:
    drivers, _ = standings(season("abc", "cba", "b..a"), 3, Rules())
    assert [(line.who, [each.place for each in line.rounds], line.gained) for line in drivers] == [
        ("b", [2, 3, 1], 2),
        ("a", [1, 2, 2], 0),
        ("c", [3, 1, 3], -2),
    ]


@pytest.mark.parametrize(("may", "dropped"), [(True, [True, False]), (False, [False, True])])
def test_a_disqualification_can_be_kept_from_falling_away(may: bool, dropped: list[bool]) -> None:
    rounds = season("a", "a")
    rounds[0].races[0].cars[0].status = "dsq"
    drivers, _ = standings(rounds, 2, Rules(drop_rounds=1, drops_disqualified=may))
    assert [each.dropped for each in drivers[0].rounds] == dropped


def test_a_teams_car_that_is_not_of_the_best_decides_no_tie() -> None:
    """Each team has a second place: that the first one's other car was fifth is nothing."""
    rounds = season(".a..b", ".c")
    for held in rounds:
        for car in held.races[0].cars:
            car.team = {"a": 1, "b": 1, "c": 2}.get("".join(car.drivers))
    _, teams = standings(rounds, 2, Rules(team_cars=1))
    # The last race decides, which the second one's was.
    assert [(line.who, line.place, line.total) for line in teams] == [(2, 1, 3 * POINT), (1, 2, 3 * POINT)]
    _, teams = standings(rounds, 2, Rules())
    assert [line.who for line in teams] == [1, 2]
