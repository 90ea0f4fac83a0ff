"""Reading RaceRoom server results, from those of 2015 with names only to those with laps, grids and user ids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from simlane.results.parsed import ParsedEntry
from tests.results.builders import parse, refusal, with_value
from tests.results.server_files import raceroom_document, raceroom_lap, raceroom_player, raceroom_session


def race(*players: dict[str, Any], kind: str = "Race") -> list[ParsedEntry]:
    return parse(raceroom_document(raceroom_session(kind, *players))).sessions[0].entries


def test_it_works() -> None:
    event = parse(raceroom_document())
    (session,) = event.sessions
    assert (event.simulator, event.name, event.track, event.layout) == (
        "raceroom",
        "Test League",
        "Brands Hatch",
        "Grand Prix",
    )
    assert event.started_at == session.started_at == datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    assert (session.kind, session.name, event.notes) == ("race", "Race", [])
    first, second = session.entries
    assert (first.position, first.class_position, first.grid_position, first.laps, first.laps_led) == (1, 1, 1, 2, 2)
    assert (first.best_lap_ms, first.total_time_ms, first.car_name) == (90_001, 182_000, "BMW M4 GT3")
    (driver,) = first.drivers
    assert (driver.name, driver.identifier, driver.laps, driver.best_lap_ms) == ("Driver 1000001", "1000001", 2, 90_001)
    assert [(lap.number, lap.time_ms, lap.sectors_ms) for lap in first.lap_times] == [
        (1, 91_000, (30_000, 30_000, 31_000)),
        (2, 90_001, (30_000, 30_000, 30_001)),
    ]
    assert (second.position, second.gap_ms, second.laps_down, second.laps_led) == (2, 1_000, 0, 0)


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ("Practice", "practice", "Practice"),
        ("Qualify", "qualifying", "Qualifying"),
        ("Warmup", "warmup", "Warm-up"),
        ("Race", "race", "Race"),
        ("Race2", "race", "Race 2"),
        ("Race3", "race", "Race 3"),
    ],
)
def test_sessions_have_their_kind(given: str, kind: str, name: str) -> None:
    session = parse(raceroom_document(raceroom_session(given))).sessions[0]
    assert (session.kind, session.name) == (kind, name)


def test_all_sessions_of_a_file_are_one_event() -> None:
    sessions = [raceroom_session(kind) for kind in ("Practice", "Qualify", "Race", "Race2")]
    empty = {"Type": "Warmup", "Players": []}
    event = parse(raceroom_document(*sessions[:2], empty, *sessions[2:]))
    assert [(session.number, session.name) for session in event.sessions] == [
        (0, "Practice"),
        (1, "Qualifying"),
        (3, "Race"),
        (4, "Race 2"),
    ]


def test_two_events_of_a_server_are_not_joined() -> None:
    earlier = parse(raceroom_document(StartTime="/Date(1772393400000+0000)/"))
    assert earlier.weekend != parse(raceroom_document()).weekend
    assert len(parse(raceroom_document(Server="x" * 255)).weekend) <= 255


def test_a_file_of_2015_has_names_and_best_laps() -> None:
    """No user ids, no laps, no statuses, no layout; the time is the one of its end."""
    first = {"Username": "YH", "Car": "DTM", "Position": 1, "BestLapTime": 80138}
    document = raceroom_document({"Type": "Qualify", "Players": [first, first | {"Username": "OK", "BestLapTime": -1}]})
    del document["StartTime"], document["TrackLayout"]
    event = parse(document)
    one, other = event.sessions[0].entries
    assert event.started_at == datetime(2026, 3, 1, 21, 30, tzinfo=UTC)
    assert (one.drivers[0].name, one.drivers[0].identifier, one.best_lap_ms, one.laps) == ("YH", None, 80_138, None)
    assert (other.position, other.best_lap_ms, other.status) == (None, None, "finished")
    assert event.notes == ["Drivers without a RaceRoom user id, known by name only: 2."]


def test_without_a_date_that_is_said() -> None:
    document = raceroom_document(StartTime=None, Time="/Date(0)/")
    assert "The file holds no date." in parse(document).notes


@pytest.mark.parametrize("user", [0, -1, None])
def test_where_no_user_sits_there_is_a_name_only(user: int | None) -> None:
    driver = race(raceroom_player(user))[0].drivers[0]  # type: ignore[arg-type]
    assert (driver.identifier, driver.given_id) == (None, None)


def test_an_id_that_cannot_be_real_is_said() -> None:
    driver = race(raceroom_player(10**12))[0].drivers[0]
    assert (driver.identifier, driver.given_id) == (None, "1000000000000")


@pytest.mark.parametrize("none", [-1, -1000, 0, None])
def test_what_stands_for_no_time_is_none(none: int | None) -> None:
    laps = [raceroom_lap(none, SectorTimes=[none] * 3), raceroom_lap()]  # type: ignore[arg-type]
    (entry,) = race(raceroom_player(TotalTime=none, RaceSessionLaps=laps))
    assert (entry.total_time_ms, entry.laps) == (None, 2)
    assert (entry.lap_times[0].time_ms, entry.lap_times[0].sectors_ms) == (None, (None, None, None))


def test_the_lap_that_was_not_ended_is_left_out() -> None:
    unended = raceroom_lap(-1000, SectorTimes=[22000, -1000, -1000])
    (entry,) = race(raceroom_player(RaceSessionLaps=[raceroom_lap(), unended]), kind="Qualify")
    assert (entry.laps, len(entry.lap_times)) == (1, 1)


def test_the_one_fake_lap_of_a_qualifying_says_nothing_of_laps() -> None:
    fake = {"Time": -1000, "Position": 1, "PitStopOccured": False, "Incidents": [{"Type": 3, "Points": 2}]}
    (entry,) = race(raceroom_player(RaceSessionLaps=[fake]), kind="Qualify")
    assert (entry.laps, entry.lap_times, entry.best_lap_ms, entry.incidents) == (None, [], 90_001, 2)


def test_sectors_of_which_one_is_missing() -> None:
    laps = [raceroom_lap(SectorTimes=[-1000, 60000, 91000]), raceroom_lap(SectorTimes=[30000, 60000])]
    (entry,) = race(raceroom_player(RaceSessionLaps=laps))
    assert [lap.sectors_ms for lap in entry.lap_times] == [(None, None, 31_000), (None, None, None)]


def test_laps_through_the_pits_are_those_the_file_marks() -> None:
    laps = [raceroom_lap(PitStopOccured=said) for said in (True, False, None)]
    (entry,) = race(raceroom_player(RaceSessionLaps=laps))
    assert [lap.pit for lap in entry.lap_times] == [True, False, None]


def test_an_invalid_lap_is_one() -> None:
    (entry,) = race(raceroom_player(RaceSessionLaps=[raceroom_lap(Valid=False), raceroom_lap(92000)], BestLapTime=-1))
    assert ([lap.valid for lap in entry.lap_times], entry.best_lap_ms) == ([False, True], 92_000)


@pytest.mark.parametrize(
    ("given", "kind", "status", "text"),
    [
        ("Finished", "Race", "finished", ""),
        ("None", "Race", "finished", ""),
        ("DidNotFinish", "Race", "dnf", "DidNotFinish"),
        ("DidNotFinish", "Practice", "finished", ""),
        ("Disqualified", "Race", "dsq", "Disqualified"),
        ("Disqualified", "Qualify", "dsq", "Disqualified"),
        ("Abducted", "Race", "dnf", "Abducted"),
    ],
)
def test_a_status_is_a_races_but_for_a_disqualification(given: str, kind: str, status: str, text: str) -> None:
    (entry,) = race(raceroom_player(FinishStatus=given), kind=kind)
    assert (entry.status, entry.status_text) == (status, text)


def test_who_did_not_run_is_not_classified() -> None:
    absent = raceroom_player(7, 2, BestLapTime=-1, TotalTime=-1, FinishStatus="None", RaceSessionLaps=[])
    gone = raceroom_player(8, 3, BestLapTime=-1, TotalTime=0, FinishStatus="DidNotFinish", RaceSessionLaps=[])
    first, *others = race(raceroom_player(), absent, gone)
    assert first.position == 1
    assert [(entry.position, entry.class_position, entry.laps, entry.status) for entry in others] == [
        (None, None, 0, "dns"),
        (None, None, 0, "dnf"),
    ]


def test_position_0_is_unclassified_and_stands_last() -> None:
    unplaced = raceroom_player(7, 0)
    assert [entry.position for entry in race(unplaced, raceroom_player())] == [1, None]


def test_a_lapped_car_has_laps_down_and_no_gap() -> None:
    lapped = raceroom_player(7, 2, RaceSessionLaps=[raceroom_lap(place=2)])
    entry = race(raceroom_player(), lapped)[1]
    assert (entry.laps_down, entry.gap_ms) == (1, None)


def test_incidents_are_the_points_of_all_laps() -> None:
    hits = [{"Type": 0, "Points": 4}, {"Type": 3, "Points": 1}]
    laps = [raceroom_lap(Incidents=hits), raceroom_lap(), raceroom_lap(-1000, Incidents=hits[:1])]
    (entry,) = race(raceroom_player(RaceSessionLaps=laps))
    assert entry.incidents == entry.drivers[0].incidents == 9


def test_a_password_in_a_servers_name_is_not_kept() -> None:
    assert parse(raceroom_document(Server="Night League | pw: secret")).name == "Night League"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Track", ""),
        ("Time", "yesterday"),
        ("Time", "/Date(99999999999999)/"),
        ("Sessions", {}),
        ("Sessions", []),
        ("Sessions[0].Type", "Drag"),
        ("Sessions[0].Players", 1),
        ("Sessions[0].Players[1]", None),
        ("Sessions[0].Players[1].Position", "first"),
        ("Sessions[0].Players[0].UserId", "me"),
        ("Sessions[0].Players[0].RaceSessionLaps[1].Time", "1:30"),
        ("Sessions[0].Players[0].RaceSessionLaps[1].SectorTimes[2]", []),
        ("Sessions[0].Players[0].RaceSessionLaps[0].Incidents", 1),
        ("Sessions[0].Players[0].RaceSessionLaps[0].PitStopOccured", "yes"),
    ],
)
def test_an_error_says_where(path: str, value: object) -> None:
    document = raceroom_document(StartTime=None)
    assert refusal(with_value(document, path, value)).where == path
