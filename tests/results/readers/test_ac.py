"""Reading Assetto Corsa server results, tidy ones, broken ones, and those a manager has added to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from simlane.results.parsed import ParsedEntry
from simlane.results.readers import read
from simlane.results.source import ResultFileError
from tests.results.builders import parse, source, with_value
from tests.results.server_files import (
    AC_NAME,
    ALICE,
    BOB,
    CAROL,
    NO_TIME,
    ac_car,
    ac_document,
    ac_lap,
    ac_line,
)


def entries(**changes: Any) -> list[ParsedEntry]:
    return parse(ac_document(**changes), AC_NAME).sessions[0].entries


def names(found: list[ParsedEntry]) -> list[tuple[int | None, str]]:
    return [(entry.position, entry.drivers[0].name) for entry in found]


def refusal(document: Any) -> ResultFileError:
    with pytest.raises(ResultFileError) as caught:
        parse(document, AC_NAME)
    return caught.value


def test_it_works() -> None:
    event = parse(ac_document(), AC_NAME)
    (session,) = event.sessions
    assert (event.simulator, event.name, event.track, event.layout) == (
        "assetto-corsa",
        "Brands Hatch, Race",
        "Brands Hatch",
        "GP",
    )
    assert (session.kind, session.name) == ("race", "Race")
    assert session.started_at == session.clock == event.started_at == datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    assert (event.weekend, event.notes) == ("", [])
    alice, bob = session.entries
    assert (alice.position, alice.laps, alice.best_lap_ms, alice.total_time_ms) == (1, 2, 90_000, 181_000)
    assert (alice.car_name, alice.team_name, alice.status) == ("Mazda MX5 Cup", "Ambers", "finished")
    (driver,) = alice.drivers
    assert (driver.name, driver.identifier, driver.laps, driver.best_lap_ms) == ("Alice Amber", ALICE, 2, 90_000)
    assert [(lap.number, lap.time_ms, lap.valid) for lap in alice.lap_times] == [(1, 91_000, True), (2, 90_000, True)]
    assert alice.lap_times[0].sectors_ms == (30_000, 30_000, 31_000)
    assert (bob.position, bob.gap_ms, bob.laps_down) == (2, 2_500, 0)


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [("PRACTICE", "practice", "Practice"), ("QUALIFY", "qualifying", "Qualifying"), ("Race", "race", "Race")],
)
def test_sessions_have_their_kind(given: str, kind: str, name: str) -> None:
    session = parse(ac_document(Type=given)).sessions[0]
    assert (session.kind, session.name) == (kind, name)


def test_a_total_is_a_races() -> None:
    assert [entry.total_time_ms for entry in entries(Type="PRACTICE")] == [None, None]


def test_empty_slots_are_left_out() -> None:
    assert names(entries()) == [(1, "Alice Amber"), (2, "Bob Birch")]
    assert refusal(ac_document(Result=[ac_line(0), ac_line(1)], Laps=[])).where == "Result"


@pytest.mark.parametrize(("kind", "status"), [("RACE", "dns"), ("QUALIFY", "finished")])
def test_who_did_no_lap_is_not_classified(kind: str, status: str) -> None:
    carol = ac_line(2, CAROL, "Carol Cedar")
    found = entries(Type=kind, Result=[carol, *ac_document()["Result"]])
    assert names(found) == [(1, "Alice Amber"), (2, "Bob Birch"), (None, "Carol Cedar")]
    assert (found[2].status, found[2].laps, found[2].best_lap_ms) == (status, 0, None)


def test_a_driver_on_the_lines_of_several_slots_stands_on_the_one_with_laps() -> None:
    result = [ac_line(3, BOB, "Bob Birch"), *ac_document()["Result"], ac_line(4, BOB, "Bob Birch")]
    assert names(entries(Result=result)) == [(1, "Alice Amber"), (2, "Bob Birch")]
    result = [ac_line(3, CAROL, "Carol Cedar"), ac_line(4, CAROL, "Carol Cedar")]
    assert names(entries(Result=result, Laps=[])) == [(None, "Carol Cedar")]


def test_who_left_before_the_end_is_known_by_the_laps() -> None:
    laps = [*ac_document()["Laps"], ac_lap(0, CAROL, "Carol Cedar", 89000)]
    event = parse(ac_document(Laps=laps), AC_NAME)
    alice, _, carol = event.sessions[0].entries
    assert (carol.position, carol.status, carol.status_text) == (None, "dnf", "Left before the end")
    assert (carol.laps, carol.best_lap_ms, carol.drivers[0].identifier) == (1, 89_000, CAROL)
    assert (alice.position, len(alice.lap_times)) == (1, 2)
    assert event.notes == ["Drivers who left, known by their laps only: 1."]
    assert entries(Laps=laps, Type="PRACTICE")[2].status == "finished"


def test_who_left_behind_the_flag_did_not_retire() -> None:
    laps = [*ac_document()["Laps"], *(ac_lap(0, CAROL, "Carol Cedar") for _ in range(2))]
    carol = entries(Laps=laps)[2]
    assert (carol.position, carol.laps, carol.status, carol.status_text) == (None, 2, "finished", "")


def test_a_shared_car_has_its_crew() -> None:
    cars = [ac_car(1, ALICE, "Alice Amber", GuidsList=[CAROL, ALICE, "76561190000000009"])]
    laps = [ac_lap(1, CAROL, "Carol Cedar", 89000), *ac_document()["Laps"]]
    alice = entries(Cars=cars, Laps=laps)[0]
    assert [(driver.name, driver.laps, driver.best_lap_ms) for driver in alice.drivers] == [
        ("Alice Amber", 2, 90_000),
        ("Carol Cedar", 1, 89_000),
    ]
    assert [lap.driver for lap in alice.lap_times] == [1, 0, 0]


@pytest.mark.parametrize("none", [NO_TIME, NO_TIME + 1, 0, -1, 10**30, None])
def test_what_stands_for_no_time_is_none(none: int | None) -> None:
    result = [ac_line(1, ALICE, "Alice Amber", BestLap=none, TotalTime=none)]
    (alice,) = entries(Result=result, Laps=[ac_lap(1, ALICE, "Alice Amber", Cuts=1, LapTime=none, Sectors=[none] * 3)])
    assert (alice.best_lap_ms, alice.total_time_ms, alice.laps, alice.position) == (None, None, 1, 1)
    assert (alice.lap_times[0].time_ms, alice.lap_times[0].sectors_ms) == (None, (None, None, None))


def test_a_lap_with_a_cut_is_not_valid() -> None:
    laps = [ac_lap(1, ALICE, "Alice Amber", 80000, Cuts=2), ac_lap(1, ALICE, "Alice Amber", 90000)]
    alice = entries(Laps=laps)[0]
    assert [lap.valid for lap in alice.lap_times] == [False, True]
    assert (alice.best_lap_ms, alice.drivers[0].best_lap_ms) == (90_000, 90_000)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([30000, 61000], (30_000, 61_000, None)),
        ([1, 2, 3, 4], (None, None, None)),
        ([], (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_tracks_have_two_or_three_sectors(given: list[int] | None, kept: tuple[int | None, ...]) -> None:
    assert entries(Laps=[ac_lap(1, ALICE, "A", Sectors=given)])[0].lap_times[0].sectors_ms == kept


@pytest.mark.parametrize("guid", ["1234", "765611900000000011", "d41d8cd98f00b204e9800998ecf8427e"])
def test_an_id_that_cannot_be_real_leaves_the_name(guid: str) -> None:
    (entry,) = entries(Result=[ac_line(1, guid, "Anon")], Laps=[ac_lap(1, guid, "Anon")])
    (driver,) = entry.drivers
    assert (driver.name, driver.identifier, driver.given_id, driver.laps) == ("Anon", None, guid, 1)


def test_more_laps_go_before_the_files_order() -> None:
    laps = [*ac_document()["Laps"], ac_lap(0, BOB, "Bob Birch")]
    event = parse(ac_document(Laps=laps), AC_NAME)
    bob, alice = event.sessions[0].entries
    assert (bob.position, bob.laps, alice.position, alice.laps_down, alice.gap_ms) == (1, 3, 2, 1, None)
    assert event.notes == ["Cars stood above others with more laps, or disqualified: they were put behind them."]


def test_the_disqualified_stand_last() -> None:
    result = ac_document()["Result"]
    result[0]["Disqualified"] = True
    bob, alice = entries(Result=result)
    assert (bob.position, alice.position, alice.status, alice.status_text) == (1, 2, "dsq", "Disqualified")


def test_a_managers_penalty_is_in_the_time_and_the_laps() -> None:
    result = ac_document()["Result"]
    result[1] |= {"HasPenalty": True, "PenaltyTime": 5_000_000_000, "LapPenalty": 0}
    bob = entries(Result=result)[1]
    assert (bob.total_time_ms, bob.gap_ms, bob.laps_down) == (188_500, 7_500, 0)
    result[1] |= {"PenaltyTime": 95_000_000_000, "LapPenalty": 1}
    bob = entries(Result=result)[1]
    assert (bob.laps, bob.laps_down, bob.gap_ms) == (2, 1, None)


def test_without_laps_the_lines_tell_who_drove() -> None:
    result = [*ac_document()["Result"], ac_line(3, CAROL, "Carol Cedar")]
    found = entries(Laps=None, Result=result)
    assert names(found) == [(1, "Alice Amber"), (2, "Bob Birch"), (None, "Carol Cedar")]
    assert [entry.laps for entry in found] == [None, None, None]
    assert found[1].gap_ms is None


def test_laps_of_nobody_are_left_out() -> None:
    event = parse(ac_document(Laps=[ac_lap(2, "", ""), *ac_document()["Laps"]]))
    assert "Laps of nobody were left out: 1." in event.notes


def test_a_time_is_by_the_servers_clock() -> None:
    file = source(ac_document(), AC_NAME)
    file.timezone = timezone(timedelta(hours=9))
    ((event,)) = read(file)[1]
    assert event.started_at == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    assert event.sessions[0].clock == datetime(2026, 3, 1, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "name", "at"),
    [
        ({"Date": "2026-03-02T21:36:00Z"}, AC_NAME, datetime(2026, 3, 2, 21, 36, tzinfo=UTC)),
        ({"Date": "2026-03-02T21:36:00+09:00"}, AC_NAME, datetime(2026, 3, 2, 12, 36, tzinfo=UTC)),
        ({"Date": "0001-01-01T00:00:00Z"}, AC_NAME, datetime(2026, 3, 1, 20, 30, tzinfo=UTC)),
        ({"SessionFile": "2026_3_2_1_5_RACE"}, AC_NAME, datetime(2026, 3, 2, 1, 5, tzinfo=UTC)),
        ({}, "2026_13_1_20_30_RACE.json", None),
        ({}, "race.json", None),
    ],
)
def test_the_date_is_in_the_file_or_in_its_name(changes: dict[str, Any], name: str, at: datetime | None) -> None:
    event = parse(ac_document(**changes), name)
    assert event.started_at == at
    assert bool(event.notes) is (at is None)


def test_a_managers_ids_join_the_files_of_a_weekend() -> None:
    event = parse(ac_document(ChampionshipID="c-1"))
    assert (event.weekend, event.name) == ("c-1|ks_brands_hatch|layout_gp", "Brands Hatch – GP")
    assert parse(ac_document(ChampionshipID="c-1", RaceWeekendID="w-2")).weekend.startswith("w-2|")
    nil = "00000000-0000-0000-0000-000000000000"
    assert parse(ac_document(ChampionshipID=nil, RaceWeekendID="")).weekend == ""


@pytest.mark.parametrize(
    ("track", "layout", "read_as"),
    [
        ("csp/1643/../ks_red_bull_ring", "layout_national", ("Red Bull Ring", "National")),
        ("suzuka", "suzukaeast", ("Suzuka", "Suzukaeast")),
        ("ks", "", ("Ks", "")),
    ],
)
def test_a_tracks_folder_is_read_as_words(track: str, layout: str, read_as: tuple[str, str]) -> None:
    event = parse(ac_document(TrackName=track, TrackConfig=layout))
    assert (event.track, event.layout) == read_as


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("TrackName", ""),
        ("Type", "BOOKING"),
        ("Date", "yesterday"),
        ("Result", None),
        ("Result[1]", 3),
        ("Result[1].DriverName", 3),
        ("Result[0].BestLap", "fast"),
        ("Cars[0].Driver", "Alice"),
        ("Cars[1].Driver.GuidsList", 1),
        ("Laps[2].LapTime", "1:31"),
        ("Laps[2].Sectors", 7),
        ("Laps[2].Sectors[1]", "a"),
        ("Laps[3].Cuts", "none"),
    ],
)
def test_an_error_says_where(path: str, value: object) -> None:
    assert refusal(with_value(ac_document(), path, value)).where == path
