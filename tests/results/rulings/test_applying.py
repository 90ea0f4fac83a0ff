"""The result of a file and rulings: order, positions in class too, gaps, best laps; and who nothing is ruled about."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlane.results.parsed import ParsedDriver, ParsedLap, ParsedSession
from simlane.results.rulings import applying
from simlane.results.rulings.applying import Effect, Kind, apply
from simlane.sim.ownership.code_text import new_code
from tests.results.rulings.made import car, on, qualifying, race
from tests.soak import times

FIVE = (("A", 10, 600), ("B", 10, 604), ("C", 10, 610), ("D", 9, 601), ("E", 9, 605))


def order(session: ParsedSession) -> str:
    return "".join(chr(int(entry.car_number)) for entry in session.entries)


def table(session: ParsedSession) -> list[tuple[str, int | None, int | None, int | None]]:
    """Letter, position, gap in seconds, laps down."""
    return [
        (
            chr(int(each.car_number)),
            each.position,
            each.gap_ms // 1000 if each.gap_ms is not None else None,
            each.laps_down,
        )
        for each in session.entries
    ]


def ruled(session: ParsedSession, *effects: Effect) -> ParsedSession:
    before = deepcopy(session)
    outcome = apply(session, effects)
    assert not outcome.problems
    # What the file said is never edited.
    assert session == before
    return outcome.session


def test_without_rulings_it_is_what_the_file_says() -> None:
    said = race(*FIVE)
    assert apply(said, []).session is said


def test_time_is_added_and_the_gaps_follow() -> None:
    said = race(*FIVE)
    found = ruled(said, on(said, "A", Kind.TIME, 5_000))
    assert table(found) == [("B", 1, 0, 0), ("A", 2, 1, 0), ("C", 3, 6, 0), ("D", 4, None, 1), ("E", 5, None, 1)]
    assert [each.total_time_ms for each in found.entries[:3]] == [604_000, 605_000, 610_000]


def test_time_moves_nobody_off_the_lap_or_before_who_was_before() -> None:
    said = race(*FIVE)
    assert table(ruled(said, on(said, "C", Kind.TIME, 500_000)))[2:4] == [("C", 3, 510, 0), ("D", 4, None, 1)]
    assert order(ruled(said, on(said, "D", Kind.TIME, 5_000))) == "ABCED"
    assert order(ruled(said, on(said, "B", Kind.TIME, 6_000))) == "ABCDE"
    # The winner stays the winner, with less ahead.
    assert table(ruled(said, on(said, "A", Kind.TIME, 3_000)))[:3] == [("A", 1, 0, 0), ("B", 2, 1, 0), ("C", 3, 7, 0)]


def test_several_times_are_added_up() -> None:
    said = race(*FIVE)
    both = [on(said, "A", Kind.TIME, 3_000), on(said, "A", Kind.TIME, 8_000), on(said, "B", Kind.TIME, 1_000)]
    assert order(ruled(said, *both)) == "BCADE"


def test_gaps_alone_tell_the_order_too() -> None:
    # As iRacing gives a race: no total times.
    said = race(*FIVE)
    for entry in said.entries:
        entry.total_time_ms = None
    said.entries[0].gap_ms = None
    assert table(ruled(said, on(said, "A", Kind.TIME, 5_000)))[:3] == [
        ("B", 1, None, 0),
        ("A", 2, 1, 0),
        ("C", 3, 6, 0),
    ]
    assert apply(said, [on(said, "D", Kind.TIME, 5_000)]).problems.popitem()[1] == applying.NO_TIME


def test_who_is_disqualified_comes_last_without_a_position() -> None:
    said = race(*FIVE)
    found = ruled(said, on(said, "A", Kind.DISQUALIFIED))
    assert table(found) == [
        ("B", 1, 0, 0),
        ("C", 2, 6, 0),
        ("D", 3, None, 1),
        ("E", 4, None, 1),
        ("A", None, None, None),
    ]
    assert found.entries[-1].status == "dsq"
    # All of the first's lap: the next lap's first is the winner.
    all_three = [on(said, name, Kind.DISQUALIFIED) for name in "ABC"]
    assert table(ruled(said, *all_three))[:2] == [("D", 1, 0, 0), ("E", 2, 4, 0)]


def test_who_is_removed_is_not_there() -> None:
    said = race(*FIVE)
    assert table(ruled(said, on(said, "B", Kind.REMOVED))) == [
        ("A", 1, 0, 0), ("C", 2, 10, 0), ("D", 3, None, 1), ("E", 4, None, 1)
    ]  # fmt: skip


def test_positions_lost_are_served_after_times_and_end_before_who_did_not_finish() -> None:
    said = race(*FIVE)
    said.entries[4].status = "dnf"
    found = ruled(said, on(said, "B", Kind.PLACES, 1), on(said, "A", Kind.TIME, 5_000))
    # B is first by time, and then loses a position; C has not moved.
    assert table(found)[:3] == [("A", 1, 0, 0), ("B", 2, None, 0), ("C", 3, 5, 0)]
    assert order(ruled(said, on(said, "A", Kind.PLACES, 7))) == "BCDAE"
    assert order(ruled(said, on(said, "A", Kind.PLACES, 1), on(said, "C", Kind.PLACES, 1))) == "BADCE"


def test_classes_follow_in_their_own_numbers() -> None:
    said = race(*FIVE)
    for entry, name, position in zip(said.entries, ("GT", "TCR", "GT", "TCR", "GT"), (1, 1, 2, 2, 3), strict=True):
        entry.car_class, entry.class_position = name, position
    found = ruled(said, on(said, "A", Kind.TIME, 20_000))
    assert order(found) == "BCADE"
    assert [(each.car_class, each.class_position) for each in found.entries] == [
        ("TCR", 1), ("GT", 1), ("GT", 2), ("TCR", 2), ("GT", 3)
    ]  # fmt: skip
    found = ruled(said, on(said, "A", Kind.DISQUALIFIED))
    assert [each.class_position for each in found.entries] == [1, 1, 2, 2, None]


def test_a_file_in_another_order_keeps_it_but_for_who_is_ruled_about() -> None:
    # Its own stewards put B behind C, and a car without a position stands between.
    said = race(("A", 10, 600), ("C", 10, 610), ("B", 10, 604), ("D", 9, 601))
    said.entries.insert(1, car("X", status="dsq"))
    assert order(ruled(said, on(said, "A", Kind.TIME, 1_000))) == "AXCBD"
    assert order(ruled(said, on(said, "A", Kind.TIME, 11_000))) == "CXBAD"
    assert order(ruled(said, on(said, "C", Kind.DISQUALIFIED))) == "AXBDC"
    assert order(ruled(said, on(said, "X", Kind.REMOVED))) == "ACBD"


def test_a_car_that_the_file_itself_disqualified_among_others_is_passed_by_who_is_penalised_alone() -> None:
    # As iRacing's CSV lists them.
    said = race(("A", 10, 600), ("B", 10, 604), ("X", 10, 605), ("C", 10, 610))
    said.entries[2].status = "dsq"
    assert order(ruled(said, on(said, "A", Kind.TIME, 20_000))) == "BXCA"
    assert order(ruled(said, on(said, "B", Kind.TIME, 1_500))) == "ABXC"


def test_a_deleted_lap_is_no_best_one_and_qualifying_is_sorted_anew() -> None:
    said = qualifying(("A", [90_100, 89_000]), ("B", [90_000, 89_500]), ("C", [91_000]), ("D", []))
    found = ruled(said, on(said, "A", Kind.LAP, 2))
    assert order(found) == "BACD"
    a = next(each for each in found.entries if each.position == 2)
    assert (a.best_lap_ms, a.drivers[0].best_lap_ms, [lap.valid for lap in a.lap_times]) == (
        90_100,
        90_100,
        [True, False],
    )
    assert order(ruled(said, on(said, "C", Kind.LAP, 1), on(said, "B", Kind.LAP, 1))) == "ABCD"
    assert order(ruled(said, on(said, "A", Kind.LAP, 1), on(said, "A", Kind.LAP, 2))) == "BCAD"
    assert apply(said, [on(said, "A", Kind.LAP, 3)]).problems.popitem()[1] == applying.NO_LAP
    assert apply(said, [on(said, "A", Kind.TIME, 5_000)]).problems.popitem()[1] == applying.NOT_A_RACE


def test_a_lap_of_a_crew_is_its_drivers() -> None:
    said = race(*FIVE)
    a = said.entries[0]
    a.drivers.append(ParsedDriver("Second", "7", best_lap_ms=58_000))
    a.drivers[0].best_lap_ms, a.best_lap_ms = 59_000, 58_000
    a.lap_times = [
        ParsedLap(1, 0, 59_000),
        ParsedLap(2, 1, 58_000),
        ParsedLap(3, 1, 61_000),
        ParsedLap(4, 0, 58_000, False),
    ]
    found = ruled(said, on(said, "A", Kind.LAP, 2)).entries[0]
    assert [driver.best_lap_ms for driver in found.drivers] == [59_000, 61_000]
    assert (found.best_lap_ms, found.position) == (59_000, 1)


def test_another_driver_has_what_was_driven_and_no_code_proves_it() -> None:
    said = race(*FIVE)
    code = new_code()
    said.entries[0].team_name = f"Team {code}"
    said.entries[0].drivers[0].laps, said.entries[0].drivers[0].rating_after = 10, 2000
    effect = on(said, "A", Kind.DRIVER, 0, driver_name=f"Zoë {code}", driver_identifier="5")
    found = ruled(said, effect).entries[0]
    assert found.drivers == [ParsedDriver("Zoë", "5", laps=10)]
    assert found.team_name == "Team"
    effect = on(said, "A", Kind.DRIVER, 1, driver_name="Zoë")
    assert apply(said, [effect]).problems == {effect.key: applying.NO_SEAT}


RULINGS = st.tuples(
    st.integers(0, 11),
    st.one_of(
        st.tuples(st.just(Kind.TIME), st.integers(1, 40_000)),
        st.tuples(st.just(Kind.PLACES), st.integers(1, 13)),
        st.tuples(st.sampled_from([Kind.DISQUALIFIED, Kind.REMOVED, Kind.POINTS]), st.just(1)),
    ),
)


def _plainly(cars: list[tuple[str, int, int]], rulings: list[tuple[int, tuple[Kind, int]]]) -> list[object]:
    """The classification as a person would work it out with paper: by laps and times, then everything else."""
    time = {name: seconds * 1000 for name, _, seconds in cars}
    gone, out = set(), set()
    for which, (kind, value) in rulings:
        name = cars[which % len(cars)][0]
        if kind == Kind.TIME:
            time[name] += value
        elif kind == Kind.REMOVED:
            gone.add(name)
        elif kind == Kind.DISQUALIFIED:
            out.add(name)
    laps = {name: each for name, each, _ in cars}
    left = [name for name, *_ in cars if name not in gone | out]
    left.sort(key=lambda name: (-laps[name], time[name]))
    for which, (kind, value) in rulings:
        name = cars[which % len(cars)][0]
        if kind == Kind.PLACES and name in left:
            place = left.index(name)
            left.remove(name)
            left.insert(place + value, name)
    rows: list[object] = []
    for place, name in enumerate(left):
        gap = time[name] - time[left[0]] if laps[name] == laps[left[0]] else None
        rows.append((name, place + 1, gap if gap is not None and gap >= 0 else None, time[name]))
    rows += [(name, None, None, time[name]) for name, *_ in cars if name in out - gone]
    return rows


@pytest.mark.soak
@settings(max_examples=times(60, soak=3000), deadline=None)
@given(
    times_driven=st.lists(st.tuples(st.integers(8, 10), st.integers(600, 640)), min_size=1, max_size=12),
    rulings=st.lists(RULINGS, max_size=6),
)
def test_any_rulings_give_what_a_person_would_work_out(
    times_driven: list[tuple[int, int]], rulings: list[tuple[int, tuple[Kind, int]]]
) -> None:
    driven = sorted(times_driven, key=lambda each: (-each[0], each[1]))
    cars = [(chr(ord("A") + place), laps, seconds) for place, (laps, seconds) in enumerate(driven)]
    said = race(*cars)
    effects = [on(said, cars[which % len(cars)][0], kind, value) for which, (kind, value) in rulings]
    found = apply(said, effects)
    shown = [
        (chr(int(each.car_number)), each.position, each.gap_ms, each.total_time_ms) for each in found.session.entries
    ]
    assert shown == _plainly(cars, rulings)
