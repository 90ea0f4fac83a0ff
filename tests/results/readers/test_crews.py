"""Who is a driver of an entry: no ghosts of an entry list, no teams, and names without what stands behind them."""

from __future__ import annotations

from typing import Any

import pytest

from simlane.results.parsed import ParsedEntry
from tests.results.builders import (
    BOB,
    acc_document,
    acc_driver,
    acc_lap,
    acc_line,
    iracing_document,
    iracing_result,
    iracing_session,
    parse,
)


def ghost(number: str = "50") -> dict[str, Any]:
    return {"firstName": "", "lastName": "", "shortName": "", "playerId": number}


def acc(*drivers: dict[str, Any], laps: list[dict[str, Any]] | None = None, **timing: int) -> ParsedEntry:
    document = acc_document(
        sessionResult={"leaderBoardLines": [acc_line(1001, *drivers, **timing)]},
        laps=[acc_lap(), acc_lap()] if laps is None else laps,
    )
    return parse(document).sessions[0].entries[0]


def test_nameless_crew_members_who_did_not_drive_are_left_out() -> None:
    entry = acc(acc_driver(), ghost("50"), ghost("51"))
    assert [driver.name for driver in entry.drivers] == ["Alice Amber"]
    assert entry.drivers[0].laps == 2


def test_laps_stay_with_their_drivers_when_a_ghost_before_them_goes() -> None:
    entry = acc(ghost(), acc_driver(), acc_driver("Bob", "Birch", BOB), laps=[acc_lap(seat=1), acc_lap(seat=2)])
    assert [(lap.driver, entry.drivers[lap.driver].name) for lap in entry.lap_times] == [
        (0, "Alice Amber"),
        (1, "Bob Birch"),
    ]
    assert [driver.laps for driver in entry.drivers] == [1, 1]


def test_a_nameless_crew_member_who_drove_or_has_a_real_id_stays() -> None:
    drove = acc(acc_driver(), ghost(), laps=[acc_lap(), acc_lap(seat=1)])
    assert [driver.laps for driver in drove.drivers] == [1, 1]
    assert len(acc(acc_driver(), ghost(BOB)).drivers) == 2


def test_a_car_of_ghosts_has_no_crew() -> None:
    entry = acc(ghost("50"), ghost("51"), laps=[])
    assert entry.drivers == []


def test_whoever_drove_alone_without_a_name_stays() -> None:
    assert [driver.name for driver in acc(ghost()).drivers] == [""]


def test_who_of_a_crew_drove_is_known_only_where_every_lap_is() -> None:
    crew = (acc_driver(), acc_driver("Bob", "Birch", BOB))
    assert [driver.laps for driver in acc(*crew).drivers] == [2, 0]
    assert [driver.laps for driver in acc(*crew, laps=[acc_lap()]).drivers] == [1, None]
    assert [driver.laps for driver in acc(*crew, laps=[]).drivers] == [None, None]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\v", "\x85", "\u2028", "\u2029", " \n \n"])
def test_a_name_ends_with_its_first_line(line_break: str) -> None:
    assert acc(acc_driver("Test", f"Driver{line_break}Blue Team")).drivers[0].name == "Test Driver"
    assert acc(acc_driver(f"Test Driver{line_break}Blue Team", "")).drivers[0].name == "Test Driver"
    assert acc(acc_driver("Test", f"{line_break}Driver")).drivers[0].name == "Test Driver"
    name = f"Test Driver{line_break}Blue Team"
    assert iracing(iracing_result(display_name=name)).drivers[0].name == "Test Driver"


def iracing(result: dict[str, Any]) -> ParsedEntry:
    return parse(iracing_document(iracing_session(0, result))).sessions[0].entries[0]


def without_cust_id(**changes: Any) -> dict[str, Any]:
    result = iracing_result(**changes)
    del result["cust_id"]
    return result


@pytest.mark.parametrize("members", [{}, {"driver_results": []}, {"driver_results": None}])
@pytest.mark.parametrize(
    "row", [without_cust_id(team_id=-4711), iracing_result(-4711, team_id=-4711), iracing_result(0, team_id=-4711)]
)
def test_a_team_without_drivers_is_an_entry_without_a_crew(row: dict[str, Any], members: dict[str, Any]) -> None:
    entry = iracing(row | {"display_name": "Team Teal"} | members)
    assert (entry.team_name, entry.drivers) == ("Team Teal", [])


def test_a_driver_alone_is_one_whatever_stands_as_the_team() -> None:
    for row in (iracing_result(team_id=-4711), without_cust_id(team_id=100001), iracing_result(team_id=100001)):
        assert [driver.identifier for driver in iracing(row).drivers] == ["100001"]
    assert [driver.name for driver in iracing(iracing_result(-1, team_id=-1, ai=True)).drivers] == ["Driver -1"]


@pytest.mark.parametrize("reason", ["DQ/Scoring Invalidated", "Disqualified", "dq", "DSQ", "Scoring Invalidated"])
@pytest.mark.parametrize("kind", [3, 4, 5, 6])
def test_a_disqualification_is_one_in_every_session(reason: str, kind: int) -> None:
    document = iracing_document(iracing_session(0, iracing_result(reason_out=reason), simsession_type=kind))
    assert parse(document).sessions[0].entries[0].status == "dsq"


@pytest.mark.parametrize(
    ("name", "number", "heats", "stage"),
    [
        ("RACE", 0, -1, ""),
        ("RACE 2", 0, -1, ""),
        ("HEAT 1", -2, 141997, "heat"),
        ("Heat", -2, -1, "heat"),
        ("CONSOLATION", -1, 141997, "heat"),
        ("RACE", -2, 141997, "heat"),
        ("FEATURE", 0, 141997, "feature"),
        ("RACE", 0, 141997, "feature"),
    ],
)
def test_heats_and_features_are_told_apart(name: str, number: int, heats: int, stage: str) -> None:
    session = iracing_session(number, simsession_name=name)
    assert parse(iracing_document(session, heat_info_id=heats)).sessions[0].stage == stage


def test_practice_of_a_heat_event_is_no_heat() -> None:
    session = iracing_session(-4, simsession_name="PRACTICE", simsession_type=3)
    assert parse(iracing_document(session, heat_info_id=1)).sessions[0].stage == ""
