"""Assetto Corsa Competizione: what a server's file says, its oddities, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from simlane.results.parsed import ParsedEntry, ParsedSession
from simlane.results.readers import acc_names, read
from tests.results import builders
from tests.results.builders import acc_document, acc_driver, acc_lap, acc_line, parse, refusal, with_value

NO_TIME = 2_147_483_647


def session_of(document: Any) -> ParsedSession:
    return parse(document).sessions[0]


def board(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A document with these lines and no laps."""
    return acc_document(sessionResult={"leaderBoardLines": list(lines)}, laps=[]) | changes


def entry_of(line: dict[str, Any], **changes: Any) -> ParsedEntry:
    return session_of(board(line, **changes)).entries[0]


def test_it_works() -> None:
    event = parse(acc_document())
    assert (event.simulator, event.name, event.track, event.layout) == (
        "assetto-corsa-competizione",
        "Test League | Round 1",
        "Brands Hatch",
        "",
    )
    assert (event.platform_id, event.weekend) == ("", "Test League | Round 1|brands_hatch")
    [session] = event.sessions
    assert (session.kind, session.number, session.name, session.wet) == ("race", 2, "Race", False)
    alice, bob = session.entries
    assert (alice.position, alice.laps, alice.best_lap_ms, alice.total_time_ms) == (1, 2, 90000, 182000)
    assert (alice.gap_ms, alice.laps_down, bob.gap_ms, bob.laps_down) == (0, 0, 1500, 0)
    assert (alice.car_name, alice.car_class, alice.car_number) == ("Ferrari 296 GT3", "GT3", "1")
    assert alice.drivers[0].name == "Alice Amber"
    assert (alice.drivers[0].identifier, alice.drivers[0].given_id) == ("76561190000000001", None)
    assert [(lap.number, lap.time_ms, lap.sectors_ms) for lap in alice.lap_times] == [
        (1, 91000, (30000, 30000, 31000)),
        (2, 90000, (30000, 30000, 30000)),
    ]
    assert (bob.drivers[0].laps, bob.drivers[0].best_lap_ms) == (2, 90500)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
def test_every_encoding_says_the_same(encoding: str) -> None:
    document = board(acc_line(1001, acc_driver("Łucja", "早川")))
    _, (event,) = read(builders.source(document, encoding=encoding))
    assert event.sessions[0].entries[0].drivers[0].name == "Łucja 早川"


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ("FP", "practice", "Practice"),
        ("FP1", "practice", "Practice"),
        ("fp2", "practice", "Practice 2"),
        ("P", "practice", "Practice"),
        ("Q", "qualifying", "Qualifying"),
        ("Q2", "qualifying", "Qualifying 2"),
        ("R", "race", "Race"),
        ("R1", "race", "Race"),
        ("R2", "race", "Race 2"),
        (0, "practice", "Practice"),
        (4, "qualifying", "Qualifying"),
        (9, "qualifying", "Superpole"),
        (10, "race", "Race"),
        ("10", "race", "Race"),
    ],
)
def test_every_session_type_is_known(given: object, kind: str, name: str) -> None:
    session = session_of(acc_document(sessionType=given))
    assert (session.kind, session.name) == (kind, name)


@pytest.mark.parametrize("given", ["", "X", "RACE DAY", 99, -1, None, "²"])
def test_an_unknown_session_type_is_refused(given: object) -> None:
    assert refusal(acc_document(sessionType=given)).where == "sessionType"


def test_sessions_are_ordered_without_an_index_too() -> None:
    numbers = [session_of(acc_document(sessionType=kind, sessionIndex=None)).number for kind in ("FP", "Q", "R1", "R2")]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "filename", ["260301_203000_R.json", "league_260301_203000_FP.json", "260301_203000_Q (1).json"]
)
def test_the_date_is_the_file_names_read_as_utc(filename: str) -> None:
    event = parse(acc_document(), filename)
    assert event.started_at == event.sessions[0].started_at == datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    assert event.notes == []


@pytest.mark.parametrize(
    "filename", ["results.json", "261301_203000_R.json", "1260301_203000_R.json", "260301_203000.json"]
)
def test_a_file_name_without_a_date_gives_none(filename: str) -> None:
    event = parse(acc_document(), filename)
    assert event.started_at is None
    assert "no date" in event.notes[0]


def test_a_server_without_a_name_has_no_weekend() -> None:
    event = parse(acc_document(serverName="  "))
    assert (event.weekend, event.name) == ("", "Brands Hatch, Race")


def test_a_weekend_of_long_names_still_fits() -> None:
    first, second = (parse(acc_document(serverName="x" * 250 + end)).weekend for end in "ab")
    assert len(first) == 64
    assert first != second


@pytest.mark.parametrize(
    ("key", "track"),
    [
        ("spa", ("Spa-Francorchamps", "")),
        ("spa_2020", ("Spa-Francorchamps", "")),
        ("Nurburgring_24h", ("Nürburgring", "24h")),
        ("new_place_2031", ("New Place", "")),
    ],
)
def test_tracks_have_names_for_people(key: str, track: tuple[str, str]) -> None:
    assert acc_names.track(key) == track


def test_a_car_no_table_knows_keeps_its_number() -> None:
    line = acc_line()
    line["car"]["carModel"] = 123
    entry = entry_of(line)
    assert (entry.car_name, entry.car_class) == ("Car model 123", "")


def test_classes_are_counted_apart() -> None:
    gt4 = acc_line(1002)
    gt4["car"]["carModel"] = 50
    entries = session_of(board(acc_line(), gt4, acc_line(1003))).entries
    assert [(entry.car_class, entry.class_position) for entry in entries] == [("GT3", 1), ("GT4", 1), ("GT3", 2)]


def test_several_drivers_of_a_car_keep_their_own_laps() -> None:
    line = acc_line(1001, acc_driver(), acc_driver("Bob", "Birch", builders.BOB), lapCount=3)
    laps = [acc_lap(time=91000), acc_lap(seat=1, time=89000, valid=False), acc_lap(seat=1, time=92000)]
    entry = entry_of(line, laps=laps)
    assert [(driver.laps, driver.best_lap_ms) for driver in entry.drivers] == [(1, 91000), (2, 92000)]
    assert [(lap.number, lap.driver, lap.valid) for lap in entry.lap_times] == [
        (1, 0, True),
        (2, 1, False),
        (3, 1, True),
    ]


@pytest.mark.parametrize("none", [NO_TIME, NO_TIME + 1, 2**63, 10**30, 0])
def test_no_time_is_none(none: int) -> None:
    entry = entry_of(acc_line(bestLap=none, totalTime=none), laps=[acc_lap(time=none)])
    assert (entry.best_lap_ms, entry.total_time_ms, entry.drivers[0].best_lap_ms) == (None, None, None)
    assert entry.lap_times[0].time_ms is None


@pytest.mark.parametrize(
    ("splits", "sectors"),
    [
        ([30000, NO_TIME, -5], (30000, None, None)),
        ([], (None, None, None)),
        ([30000, 31000], (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_splits_that_are_no_times_are_no_sectors(splits: object, sectors: object) -> None:
    assert entry_of(acc_line(), laps=[acc_lap() | {"splits": splits}]).lap_times[0].sectors_ms == sectors


def test_laps_of_a_car_not_on_the_board_are_left_out_with_a_note() -> None:
    event = parse(board(acc_line(), laps=[acc_lap(), acc_lap(1077), acc_lap(1077)]))
    assert len(event.sessions[0].entries[0].lap_times) == 1
    assert any("not in the classification were left out: 2" in note for note in event.notes)


def test_laps_of_a_driver_the_car_does_not_have_are_left_out_with_a_note() -> None:
    event = parse(board(acc_line(), laps=[acc_lap(seat=3), acc_lap()]))
    assert [lap.number for lap in event.sessions[0].entries[0].lap_times] == [1]
    assert any("drivers their car does not have" in note for note in event.notes)


def test_a_lap_that_lacks_fields_is_read() -> None:
    lap = {"carId": 1001, "laptime": 90000}
    assert entry_of(acc_line(), laps=[lap, {"laptime": 1}, {"carId": 1001}]).lap_times[0].valid
    team = acc_line(1001, acc_driver(), acc_driver("Bob"))
    assert entry_of(team, laps=[lap]).lap_times == []


def test_validity_written_as_a_number_is_read() -> None:
    laps = [acc_lap() | {"isValidForBest": value} for value in (1, 0)]
    assert [lap.valid for lap in entry_of(acc_line(), laps=laps).lap_times] == [True, False]


@pytest.mark.parametrize("laps", [None, []])
def test_a_file_without_laps_tells_the_drivers_from_the_board(laps: object) -> None:
    driver = entry_of(acc_line(), laps=laps).drivers[0]
    assert (driver.laps, driver.best_lap_ms) == (2, 90000)


@pytest.mark.parametrize("key", ["carId", "carModel", "teamName", "raceNumber", "cupCategory"])
def test_a_car_that_lacks_a_field_is_read(key: str) -> None:
    line = acc_line()
    del line["car"][key]
    event = parse(board(line, laps=[acc_lap()]))
    entry = event.sessions[0].entries[0]
    assert entry.drivers[0].name == "Alice Amber"
    assert bool(entry.car_name) == (key != "carModel")
    assert any("has no carId" in note for note in event.notes) == (key == "carId")


def test_a_car_id_given_twice_keeps_both_cars() -> None:
    event = parse(board(acc_line(), acc_line(), laps=[acc_lap()]))
    assert [len(entry.lap_times) for entry in event.sessions[0].entries] == [1, 0]
    assert any("Two cars have the carId 1001" in note for note in event.notes)


def test_a_car_with_fewer_laps_that_stands_too_high_is_put_in_its_place() -> None:
    lines = [
        acc_line(1001, lapCount=9),
        acc_line(1002, lapCount=10),
        acc_line(1003, lapCount=10),
        acc_line(1004, lapCount=9),
    ]
    event = parse(board(*lines))
    entries = event.sessions[0].entries
    assert [entry.car_number for entry in entries] == ["2", "3", "1", "4"]
    assert [(entry.position, entry.laps_down) for entry in entries] == [(1, 0), (2, 0), (3, 1), (4, 1)]
    assert entries[2].gap_ms is None
    assert any("classified by laps" in note for note in event.notes)


def test_outside_of_races_the_order_is_the_files_and_nobody_is_behind() -> None:
    event = parse(board(acc_line(1001, lapCount=1), acc_line(1002, lapCount=9), sessionType="Q"))
    entries = event.sessions[0].entries
    assert [(entry.car_number, entry.gap_ms, entry.laps_down) for entry in entries] == [
        ("1", None, None),
        ("2", None, None),
    ]


def test_a_car_without_a_lap_of_the_race_did_not_start() -> None:
    assert entry_of(acc_line(lapCount=0)).status == "dns"
    assert entry_of(acc_line(lapCount=0), sessionType="Q").status == "finished"


@pytest.mark.parametrize("key", ["penalties", "post_race_penalties"])
def test_a_disqualified_car_says_so_and_stands_last(key: str) -> None:
    penalties = [
        {"carId": 1002, "reason": "Cutting", "penalty": "DriveThrough"},
        {"carId": 1001, "reason": "PitSpeeding", "penalty": "Disqualified"},
        {"carId": 1099, "reason": "Cutting", "penalty": "Disqualified"},
    ]
    event = parse(acc_document(**{key: penalties}))
    entries = event.sessions[0].entries
    assert event.notes == ["Disqualified cars stood above others: they were put last."]
    assert [(entry.car_number, entry.status) for entry in entries] == [("2", "finished"), ("1", "dsq")]
    assert entries[1].status_text == "Disqualified (PitSpeeding)"


@pytest.mark.parametrize("given", ["123", "S123", "S7656119", "S86561190000000001"])
def test_an_id_that_cannot_be_real_leaves_the_driver_known_by_name(given: str) -> None:
    driver = entry_of(acc_line(1001, acc_driver(player_id=given))).drivers[0]
    assert (driver.identifier, driver.given_id) == (None, given)


@pytest.mark.parametrize("given", [None, ""])
def test_a_driver_without_an_id_gave_none(given: str | None) -> None:
    driver = entry_of(acc_line(1001, acc_driver(player_id=given))).drivers[0]
    assert (driver.identifier, driver.given_id) == (None, None)


def test_console_ids_are_ids() -> None:
    assert (
        entry_of(acc_line(1001, acc_driver(player_id="M2533274800000001"))).drivers[0].identifier == "M2533274800000001"
    )


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        (" Zoë \n", "O'Neil\tRacing ", "Zoë O'Neil Racing"),
        ("A\0B", "\u202eC", "AB C"),
        ("\ud83d", "X", "\ufffd X"),
        ("", "", "XYZ"),
    ],
)
def test_names_are_cleaned(first: str, last: str, name: str) -> None:
    assert entry_of(acc_line(1001, acc_driver(first, last) | {"shortName": "XYZ"})).drivers[0].name == name


def test_a_driver_without_any_name_has_none() -> None:
    assert entry_of(acc_line(1001, {"firstName": None})).drivers[0].name == ""


def test_a_car_without_drivers_is_the_current_drivers() -> None:
    line = acc_line()
    line["car"]["drivers"] = []
    assert entry_of(line).drivers[0].name == "Alice Amber"
    line["currentDriver"] = {"lastName": 5}
    assert refusal(board(line)).where == "sessionResult.leaderBoardLines[0].currentDriver.lastName"
    line["currentDriver"] = "Bob"
    assert refusal(board(line)).where == "sessionResult.leaderBoardLines[0].currentDriver"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({}, "no classification"),
        ({"leaderBoardLines": None}, "no classification"),
        ({"leaderBoardLines": []}, "Nobody took part"),
    ],
)
def test_a_file_without_a_classification_is_refused(result: dict[str, Any], said: str) -> None:
    error = refusal(acc_document(sessionResult=result))
    assert said in error.what
    assert error.where == "sessionResult.leaderBoardLines"


def test_a_file_without_a_track_is_refused() -> None:
    assert refusal(acc_document(trackName=" ")).where == "trackName"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sessionResult", []),
        ("sessionResult.leaderBoardLines", {}),
        ("sessionResult.leaderBoardLines[1]", 3),
        ("sessionResult.leaderBoardLines[1].car", None),
        ("sessionResult.leaderBoardLines[1].car.carId", "1"),
        ("sessionResult.leaderBoardLines[1].car.carModel", -1),
        ("sessionResult.leaderBoardLines[1].car.raceNumber", 10**30),
        ("sessionResult.leaderBoardLines[1].car.teamName", ["x"]),
        ("sessionResult.leaderBoardLines[1].car.teamName", "x" * 256),
        ("sessionResult.leaderBoardLines[1].car.drivers", {}),
        ("sessionResult.leaderBoardLines[1].car.drivers[0]", "Bob"),
        ("sessionResult.leaderBoardLines[1].car.drivers[0].lastName", "x" * 256),
        ("sessionResult.leaderBoardLines[1].car.drivers[0].lastName", "x" * 253),
        ("sessionResult.leaderBoardLines[1].car.drivers[0].playerId", ["S1"]),
        ("sessionResult.leaderBoardLines[1].timing", []),
        ("sessionResult.leaderBoardLines[1].timing.lapCount", -1),
        ("sessionResult.leaderBoardLines[1].timing.lapCount", 32768),
        ("sessionResult.leaderBoardLines[1].timing.bestLap", "90000"),
        ("sessionResult.leaderBoardLines[1].timing.bestLap", -90000),
        ("sessionResult.leaderBoardLines[1].timing.totalTime", "1.5"),
        ("sessionResult.isWetSession", "yes"),
        ("sessionIndex", -1),
        ("serverName", "x" * 256),
        ("trackName", 5),
        ("laps", {}),
        ("laps[2]", []),
        ("laps[2].carId", None),
        ("laps[2].carId", [1]),
        ("laps[2].driverIndex", True),
        ("laps[2].laptime", "90000"),
        ("laps[2].carId", 1001.5),
        ("laps[2].laptime", -1),
        ("laps[2].isValidForBest", "yes"),
        ("laps[2].splits", 3),
        ("laps[2].splits[1]", None),
        ("penalties", {}),
        ("penalties[0]", "x"),
        ("penalties[0].carId", "x"),
    ],
)
def test_a_value_that_cannot_be_is_refused_where_it_stands(path: str, value: object) -> None:
    document = acc_document(penalties=[{"carId": 1002, "reason": "Cutting", "penalty": "None"}])
    assert refusal(with_value(document, path, value)).where == path
