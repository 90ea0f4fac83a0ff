"""The CSV of races: what is read, and what is refused with its line."""

from __future__ import annotations

import pytest

from simlane.ratings.races import RaceFileError, read
from tests.ratings.made import HEADER


def test_a_race_has_its_cars_crews_and_retirements() -> None:
    found = read([HEADER, "1,2020.5,1,1,ann|bob", "1,2020.5,2,1,cid", "1,2020.5,,0,dan", "1,2020.5,DNF,no,eve"])
    (race,) = found.races
    assert race.year == 2020.5
    assert [(entry.position, entry.finished) for entry in race.entries] == [
        (1.0, True), (2.0, True), (None, False), (None, False),
    ]  # fmt: skip
    assert [[found.drivers[driver] for driver in entry.crew] for entry in race.finishers()] == [["ann", "bob"], ["cid"]]
    assert found.finish_rate == 0.5


def test_columns_stand_in_any_order_and_unknown_ones_are_ignored() -> None:
    found = read(["Drivers,car,Finished,Position,Year,Race", "ann,44,1,1,2020,1", "", "bob,7,1,2,2020,1"])
    assert found.drivers == ["ann", "bob"]


def test_races_are_in_the_order_they_were_driven_wherever_their_lines_stand() -> None:
    rows = ["10,2020,1,1,late", "2,2020,2,1,early", "1,2021,1,1,last", "2,2020,1,1,first"]
    found = read([HEADER, *rows])
    assert [[found.drivers[entry.crew[0]] for entry in race.finishers()] for race in found.races] == [
        ["first", "early"], ["late"], ["last"],
    ]  # fmt: skip


def test_races_with_names_keep_the_order_of_the_file_within_a_year() -> None:
    found = read([HEADER, "Monza,2020,1,1,ann", "Spa,2019,1,1,bob", "Imola,2020,1,1,cid"])
    assert [found.drivers[race.entries[0].crew[0]] for race in found.races] == ["bob", "ann", "cid"]


def test_numbers_that_start_again_each_year_are_different_races() -> None:
    assert len(read([HEADER, "1,2020,1,1,ann", "1,2021,1,1,ann"]).races) == 2


def test_gaps_between_places_are_nothing_and_equal_places_a_dead_heat() -> None:
    (race,) = read([HEADER, "1,2020,9,1,cid", "1,2020,2,1,ann", "1,2020,2,1,bob"]).races
    assert [entry.position for entry in race.finishers()] == [2.0, 2.0, 9.0]


def test_a_driver_in_two_cars_counts_in_the_better_one_and_that_is_told() -> None:
    found = read([HEADER, "1,2020,5,1,ann|bob", "1,2020,2,1,ann"])
    (race,) = found.races
    assert [[found.drivers[driver] for driver in entry.crew] for entry in race.finishers()] == [["ann"], ["bob"]]
    assert found.warnings == ["line 2: ann stands in race 1 on line 3 too: the better place counts."]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1: the header lacks race, year, position, finished, drivers"),
        (["race,year,position"], "line 1: the header lacks finished, drivers; it needs race,year"),
        ([HEADER], "line 2: no races stand below the header"),
        ([HEADER, "1,2020,1,1"], "line 2: 4 columns, where the header has 5"),
        ([HEADER, "1,2020,1,1,ann", ",2020,2,1,bob"], "line 3: race is empty"),
        ([HEADER, "1,May,1,1,ann"], "line 2: year 'May' is no number above 0, such as 2021 or 2021.35"),
        ([HEADER, "1,nan,1,1,ann"], "line 2: year 'nan'"),
        ([HEADER, "1,2020,first,1,ann"], "line 2: position 'first' is no number"),
        ([HEADER, "1,2020,0,1,ann"], "line 2: position '0' is no number above 0"),
        ([HEADER, "1,2020,,1,ann"], "line 2: position is empty, though the car finished"),
        ([HEADER, "1,2020,1,maybe,ann"], "line 2: finished 'maybe' is neither 1 nor 0"),
        ([HEADER, "1,2020,1,1,ann|"], "line 2: drivers lacks a name"),
        ([HEADER, "1,2020,1,1,"], "line 2: drivers lacks a name"),
        ([HEADER, '1,2020,1,1,"ann'], "line 2: no CSV"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(lines: list[str], message: str) -> None:
    with pytest.raises(RaceFileError) as refusal:
        read(f"{line}\n" for line in lines)
    assert message in str(refusal.value)
