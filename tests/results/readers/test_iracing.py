"""iRacing: what an event result says, its wrappings and oddities, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from simlane.results.parsed import ParsedEntry
from tests.results.builders import iracing_document, iracing_result, iracing_session, parse, refusal, with_value


def entry_of(**changes: Any) -> ParsedEntry:
    """The second car of a race."""
    return parse(race(iracing_result(), iracing_result(100002, 1) | changes)).sessions[0].entries[1]


def race(*results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return iracing_document(iracing_session(0, *results), **changes)


def test_it_works() -> None:
    event = parse(iracing_document())
    assert (event.simulator, event.name, event.series) == ("iracing", "Test Cup", "Test Season")
    assert (event.track, event.layout, event.platform_id) == ("Lime Rock Park", "Chicanes", "70000001")
    assert event.started_at == datetime(2026, 3, 1, 19, tzinfo=UTC)
    [session] = event.sessions
    assert (session.kind, session.number, session.name) == ("race", 0, "Race")
    first, second = session.entries
    assert (first.position, first.class_position, first.grid_position) == (1, 1, 1)
    assert (first.best_lap_ms, first.average_lap_ms, first.laps, first.laps_led) == (90123, 91235, 10, 0)
    assert (first.gap_ms, first.laps_down, second.gap_ms, second.laps_down) == (0, 0, 1235, 0)
    assert (first.car_name, first.car_class, first.car_number) == (
        "Porsche 911 GT3 Cup",
        "Cup cars",
        "8",
    )
    assert (first.status, first.status_text, first.incidents) == ("finished", "Running", 4)
    [driver] = first.drivers
    assert (driver.name, driver.identifier) == ("Driver 100001", "100001")
    assert (driver.rating_before, driver.rating_after) == (2000, 2041)
    assert (driver.license_before, driver.license_after, driver.incidents) == ("B 3.70", "B 3.81", 4)


def test_every_wrapping_says_the_same() -> None:
    bare = iracing_document()
    assert parse(bare) == parse({"data": bare}) == parse({"type": "event_result", "data": bare})


def test_sessions_are_numbered_as_they_were_driven() -> None:
    event = parse(
        iracing_document(
            iracing_session(0),
            iracing_session(-1, simsession_type=5, simsession_name="QUALIFY"),
            iracing_session(-2, simsession_type=3, simsession_name="PRACTICE"),
        )
    )
    assert [(s.number, s.kind, s.name) for s in event.sessions] == [
        (0, "practice", "Practice"),
        (1, "qualifying", "Qualifying"),
        (2, "race", "Race"),
    ]


def test_heats_are_sessions_of_their_own() -> None:
    sessions = [
        iracing_session(n, simsession_name=name) for n, name in ((-2, "HEAT 1"), (-1, "HEAT 2"), (0, "FEATURE"))
    ]
    event = parse(iracing_document(*sessions))
    assert [(s.number, s.kind, s.name) for s in event.sessions] == [
        (0, "race", "Heat 1"),
        (1, "race", "Heat 2"),
        (2, "race", "Feature"),
    ]


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [
        (2, "TESTING", "practice"),
        (3, "PRACTICE", "practice"),
        (3, "WARMUP", "warmup"),
        (4, "QUALIFY", "qualifying"),
        (9, "x", "practice"),
    ],
)
def test_every_session_type_has_a_kind(number: int, name: str, kind: str) -> None:
    session = iracing_session(0, simsession_type=number, simsession_name=name, simsession_type_name="")
    assert parse(iracing_document(session)).sessions[0].kind == kind


def test_a_session_nobody_took_part_in_is_left_out() -> None:
    event = parse(iracing_document(iracing_session(-1, results=[]), iracing_session(0)))
    assert [(s.number, s.kind) for s in event.sessions] == [(1, "race")]


def test_an_event_nobody_took_part_in_is_refused() -> None:
    assert "Nobody took part" in refusal(iracing_document(iracing_session(0, results=[]))).what


def test_a_team_is_one_entry_with_its_drivers() -> None:
    team = iracing_result(
        -4711,
        0,
        team_id=-4711,
        display_name="Team Teal",
        incidents=9,
        driver_results=[
            iracing_result(100001, display_name="Alice Amber", laps_complete=6, incidents=2, team_id=-4711),
            iracing_result(100002, display_name="Bob Birch", laps_complete=4, best_lap_time=-1, team_id=-4711),
        ],
    )
    entry = parse(race(team)).sessions[0].entries[0]
    assert (entry.team_name, entry.incidents, entry.laps) == ("Team Teal", 9, 10)
    assert [(d.name, d.identifier, d.laps, d.best_lap_ms, d.incidents) for d in entry.drivers] == [
        ("Alice Amber", "100001", 6, 90123, 2),
        ("Bob Birch", "100002", 4, None, 4),
    ]


def test_an_ai_driver_has_a_name_and_no_identifier() -> None:
    event = parse(race(iracing_result(), iracing_result(100002, 1, ai=True)))
    driver = event.sessions[0].entries[1].drivers[0]
    assert (driver.name, driver.identifier, driver.given_id) == ("Driver 100002", None, None)
    assert event.notes == ["AI drivers, known by name only: 1."]


@pytest.mark.parametrize("given", [0, -1, 10**10, 10**100])
def test_an_id_that_cannot_be_real_leaves_the_driver_known_by_name(given: int) -> None:
    driver = entry_of(cust_id=given).drivers[0]
    assert driver.identifier is None
    assert driver.given_id
    assert len(driver.given_id) <= 40


@pytest.mark.parametrize(
    ("given", "expected"), [(-1, None), (0, None), (901234, 90123), (901235, 90124), (901239, 90124)]
)
def test_times_are_rounded_to_milliseconds_and_none_is_none(given: int, expected: int | None) -> None:
    entry = entry_of(best_lap_time=given, average_lap=given)
    assert (entry.best_lap_ms, entry.average_lap_ms) == (expected, expected)


@pytest.mark.parametrize("interval", [-1, -2])
def test_a_negative_interval_is_laps_down_by_the_laps(interval: int) -> None:
    entry = entry_of(interval=interval, laps_complete=8)
    assert (entry.gap_ms, entry.laps_down) == (None, 2)


def test_laps_down_and_a_gap_exclude_each_other() -> None:
    entry = entry_of(interval=50000, laps_complete=9)
    assert (entry.gap_ms, entry.laps_down) == (None, 1)


def test_more_laps_than_the_winner_says_nothing() -> None:
    assert entry_of(laps_complete=11, reason_out="Disqualified").laps_down is None


def test_outside_of_races_the_gap_is_the_interval() -> None:
    session = iracing_session(0, iracing_result(), iracing_result(100002, 1, laps_complete=3), simsession_type=5)
    entry = parse(iracing_document(session)).sessions[0].entries[1]
    assert (entry.gap_ms, entry.laps_down) == (1235, None)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("Running", "finished"),
        ("", "finished"),
        ("Disconnected", "dnf"),
        ("Mechanical", "dnf"),
        ("Disqualified", "dsq"),
        ("Did Not Start", "dns"),
        ("Did not start", "dns"),
    ],
)
def test_the_reason_out_is_the_status(reason: str, status: str) -> None:
    entry = entry_of(reason_out=reason)
    assert (entry.status, entry.status_text) == (status, reason)


def test_leaving_practice_is_no_retirement() -> None:
    session = iracing_session(0, iracing_result(reason_out="Disconnected"), simsession_type=3)
    assert parse(iracing_document(session)).sessions[0].entries[0].status == "finished"


def test_no_rating_no_grid_place_and_no_incidents_are_none() -> None:
    entry = entry_of(oldi_rating=-1, newi_rating=0, starting_position=-1, incidents=-1, finish_position_in_class=-1)
    driver = entry.drivers[0]
    assert (driver.rating_before, driver.rating_after, driver.incidents) == (None, None, None)
    assert (entry.grid_position, entry.class_position, entry.incidents) == (None, None, None)


@pytest.mark.parametrize(
    ("level", "sub_level", "shown"),
    [
        (1, 250, "R 2.50"),
        (4, 299, "R 2.99"),
        (5, 305, "D 3.05"),
        (12, 499, "C 4.99"),
        (13, 1, "B 0.01"),
        (20, 485, "A 4.85"),
        (21, 400, "Pro 4.00"),
        (25, 400, "WC 4.00"),
        (0, 100, ""),
        (29, 100, ""),
        (-1, 100, ""),
        (5, -1, ""),
        (None, 100, ""),
    ],
)
def test_licences_are_shown_as_iracing_does(level: int | None, sub_level: int, shown: str) -> None:
    driver = entry_of(old_license_level=level, old_sub_level=sub_level).drivers[0]
    assert driver.license_before == shown


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        ([{"car_class_id": 7, "name": "Cup", "cars_in_class": [{"car_id": 88, "car_name": "Cup Car"}]}], "Cup Car"),
        ([{"car_class_id": 7, "name": "Cup", "cars_in_class": [{"car_id": 88}]}], "Cup"),
        ([{"car_class_id": 7, "name": "Cup", "cars_in_class": [{"car_id": 88}, {"car_id": 89}]}], "Car 88"),
        (None, "Car 88"),
    ],
)
def test_a_car_without_a_name_is_looked_up_in_its_class(classes: object, name: str) -> None:
    event = parse(race(iracing_result(car_name=None), car_classes=classes))
    assert event.sessions[0].entries[0].car_name == name


def test_a_result_without_a_car_is_read() -> None:
    entry = entry_of(car_id=None, car_name=None, livery=None, car_class_id=None)
    assert (entry.car_name, entry.car_number, entry.car_class) == ("", "", "")


def test_entries_are_ordered_by_their_finish() -> None:
    session = parse(race(iracing_result(100002, 1), iracing_result(100003, -1), iracing_result())).sessions[0]
    assert [entry.position for entry in session.entries] == [1, 2, None]


def test_a_layout_called_not_available_is_none() -> None:
    assert parse(iracing_document(track={"track_name": "Lime Rock Park", "config_name": "N/A"})).layout == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-01T19:00:00+02:00", datetime(2026, 3, 1, 17, tzinfo=UTC)),
        ("2026-03-01T19:00:00", datetime(2026, 3, 1, 19, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
        (None, None),
    ],
)
def test_the_start_is_utc(given: object, expected: datetime | None) -> None:
    assert parse(iracing_document(start_time=given)).started_at == expected


def test_an_event_without_a_name_is_called_by_its_series() -> None:
    assert parse(iracing_document(session_name="", league_season_name=None)).name == "Hosted iRacing"


def test_the_path_of_an_error_starts_at_the_wrapping() -> None:
    assert refusal({"data": iracing_document(subsession_id="7")}).where == "data.subsession_id"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("subsession_id", -5),
        ("subsession_id", None),
        ("subsession_id", 10**30),
        ("session_name", "x" * 256),
        ("series_name", 7),
        ("start_time", "yesterday"),
        ("start_time", "0001-01-01T00:00:00+14:00"),
        ("track", "Lime Rock"),
        ("track.track_name", ""),
        ("track.config_name", []),
        ("car_classes", {}),
        ("car_classes[0]", 1),
        ("car_classes[0].car_class_id", "7"),
        ("car_classes[0].cars_in_class", 88),
        ("car_classes[0].cars_in_class[0]", 88),
        ("car_classes[0].cars_in_class[0].car_id", 1.5),
        ("session_results", {}),
        ("session_results[0]", None),
        ("session_results[0].simsession_number", "0"),
        ("session_results[0].simsession_name", "x" * 101),
        ("session_results[0].results", {}),
        ("session_results[0].results[1]", []),
        ("session_results[0].results[1].cust_id", "100002"),
        ("session_results[0].results[1].cust_id", True),
        ("session_results[0].results[1].display_name", 5),
        ("session_results[0].results[1].display_name", "x" * 256),
        ("session_results[0].results[1].finish_position", -2),
        ("session_results[0].results[1].finish_position", 32767),
        ("session_results[0].results[1].laps_complete", -1),
        ("session_results[0].results[1].best_lap_time", "1:30.1"),
        ("session_results[0].results[1].best_lap_time", 10**12),
        ("session_results[0].results[1].best_lap_time", -2),
        ("session_results[0].results[1].interval", "1.5"),
        ("session_results[0].results[1].incidents", 32768),
        ("session_results[0].results[1].oldi_rating", 10**9),
        ("session_results[0].results[1].old_license_level", 1000),
        ("session_results[0].results[1].livery", []),
        ("session_results[0].results[1].livery.car_number", "x" * 21),
        ("session_results[0].results[1].reason_out", "x" * 101),
        ("session_results[0].results[1].ai", "no"),
        ("session_results[0].results[2].driver_results", {}),
        ("session_results[0].results[2].driver_results[0]", 3),
        ("session_results[0].results[2].driver_results[0].cust_id", "3"),
    ],
)
def test_a_value_that_cannot_be_is_refused_where_it_stands(path: str, value: object) -> None:
    team = iracing_result(-5, 2, driver_results=[iracing_result(100003)])
    document = race(iracing_result(), iracing_result(100002, 1), team)
    assert refusal(with_value(document, path, value)).where == path
