"""SimLane CSV: the template, what a spreadsheet makes of a table, and each error by line and column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import simlane.results
from simlane.results.parsed import ParsedEntry, ParsedEvent
from simlane.results.readers import fields, read, simlane_csv
from simlane.results.readers.simlane_csv.columns import COLUMNS
from simlane.results.source import ResultFileError, Source

TEMPLATE = Path(simlane.results.__file__).parent / "static" / "results" / "simlane-results-template.csv"
#: As somebody fills it in.
FILLED_IN = TEMPLATE.read_text().replace("(example) ", "")
HEAD = "event,series,simulator,track,layout,session,date,position,driver"
FIRST = "Round 1,Sunday Cup,Gran Turismo 7,Suzuka,East,Race,2026-03-01 20:30,1,Alice"


def events(text: str | bytes, zone: timezone = UTC) -> list[ParsedEvent]:
    source = Source("x.csv", text.encode() if isinstance(text, str) else text, zone)
    reader, found = read(source)
    assert reader.slug == "simlane-csv"
    return found


def table(columns: str = "", *rows: str) -> str:
    """A race of the drivers whose lines these are, as `position,driver` and the further columns."""
    lines = [HEAD + (f",{columns}" if columns else "")]
    start = FIRST.rsplit(",", 2)[0]
    lines += [f"{start if index == 0 else ',' * 6},{row}" for index, row in enumerate(rows)]
    return "\n".join(lines) + "\n"


def entries(columns: str, *rows: str) -> list[ParsedEntry]:
    [event] = events(table(columns, *rows))
    return event.sessions[0].entries


def refusal(text: str | bytes) -> ResultFileError:
    with pytest.raises(ResultFileError) as caught:
        events(text)
    return caught.value


def test_the_template_is_read_whole_once_it_is_filled_in() -> None:
    [event] = events(FILLED_IN)
    assert (event.simulator, event.name, event.series) == ("gran-turismo-7", "Round 1", "Sunday Cup")
    assert (event.track, event.layout, event.notes, event.by_hand) == ("Suzuka Circuit", "East", [], True)
    qualifying, race = event.sessions
    assert (qualifying.kind, qualifying.started_at) == ("qualifying", datetime(2026, 3, 1, 20, tzinfo=UTC))
    assert (race.kind, race.started_at) == ("race", datetime(2026, 3, 1, 20, 30, tzinfo=UTC))
    assert event.started_at == qualifying.started_at
    winner, second, team, last = race.entries
    assert (winner.drivers[0].name, winner.total_time_ms, winner.grid_position, winner.laps) == (
        "Bob Birch",
        1_450_553,
        2,
        12,
    )
    assert (second.gap_ms, second.class_position, second.best_lap_ms) == (1455, 2, 118_201)
    assert [(each.name, each.laps) for each in team.drivers] == [("Carol Cedar", 7), ("Dave Dogwood", 4)]
    assert (team.position, team.laps, team.laps_down, team.best_lap_ms) == (3, 11, 1, 119_077)
    assert (last.position, last.status, last.status_text, last.laps) == (None, "dnf", "DNF", 3)


def test_the_template_as_it_was_downloaded_is_no_result() -> None:
    error = refusal(TEMPLATE.read_bytes())
    assert "Example lines of the template" in error.what
    assert error.where == "line 2, 3, 4, 5, 6, 7, 8"


@pytest.mark.parametrize("kept", range(1, 8))
def test_each_example_line_that_is_kept_is_named(kept: int) -> None:
    lines = FILLED_IN.splitlines()
    lines[kept] = TEMPLATE.read_text().splitlines()[kept]
    assert refusal("\n".join(lines)).where == f"line {kept + 1}"


def test_a_driver_may_be_called_example() -> None:
    assert entries("", "1,Example Driver")[0].drivers[0].name == "Example Driver"


def test_the_template_shows_every_column() -> None:
    assert TEMPLATE.read_text().splitlines()[0].split(",") == list(COLUMNS)


# What spreadsheets make of it


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_spreadsheets_way_to_write_it_says_the_same(encoding: str, separator: str, end: str) -> None:
    text = table("best_lap", "1,Björn,1:58.640").replace(",", separator).replace("\n", end)
    [event] = events(text.encode(encoding))
    entry = event.sessions[0].entries[0]
    assert (entry.drivers[0].name, entry.best_lap_ms) == ("Björn", 118_640)


def test_empty_lines_and_cells_at_the_end_are_nothing() -> None:
    text = table("", "1,Alice", "2,Bob").replace("\n", ",,\n") + ",,,,,,,,\n\n"
    assert len(events(text)[0].sessions[0].entries) == 2


@pytest.mark.parametrize("heading", ["Best lap", "BEST_LAP", "best-lap", " best  lap "])
def test_headings_are_known_however_they_are_written(heading: str) -> None:
    assert entries(heading, "1,Alice,90.5")[0].best_lap_ms == 90_500


def test_a_cell_may_hold_the_separator_and_line_ends() -> None:
    assert entries("", '1,"Amber, Alice\nof Team"')[0].drivers[0].name == "Amber, Alice of Team"


def test_columns_of_ones_own_are_left_out_with_a_note() -> None:
    [event] = events(table("points,bonus points", "1,Alice,25,1"))
    assert event.notes == ["Columns that SimLane does not know were left out: “points”, “bonus points”."]


# Events and sessions


def test_an_empty_cell_repeats_the_line_above() -> None:
    text = "\n".join(
        [
            HEAD,
            FIRST,
            ",,,,,,,2,Bob",
            ",,,,,Race 2,2026-03-01 21:30,1,Bob",
            "Round 2,,,Monza,,Race,2026-03-08 20:30,1,Alice",
            ",,,,,,,2,Bob",
        ]
    )
    first, second = events(text)
    assert [(each.name, len(each.entries)) for each in first.sessions] == [("Race", 2), ("Race 2", 1)]
    assert (second.name, second.series, second.simulator) == ("Round 2", "Sunday Cup", "gran-turismo-7")
    assert (second.track, second.layout, len(second.sessions[0].entries)) == ("Monza", "", 2)
    assert first.weekend != second.weekend


def test_an_event_named_anew_needs_its_date() -> None:
    assert refusal(f"{HEAD}\n{FIRST}\nRound 2,,,Monza,,Race,,1,Alice").where == "line 3, column “date”"


def test_the_lines_of_a_session_need_not_stand_together() -> None:
    text = f"{HEAD}\n{FIRST}\n" + FIRST.replace("Race", "Practice") + "\n" + FIRST.replace("1,Alice", "2,Bob")
    [event] = events(text)
    assert [(each.name, len(each.entries)) for each in event.sessions] == [("Race", 2), ("Practice", 1)]


@pytest.mark.parametrize(
    ("name", "kind", "stage"),
    [
        ("Practice", "practice", ""),
        ("Free Practice 2", "practice", ""),
        ("FP1", "practice", ""),
        ("Qualifying", "qualifying", ""),
        ("Quali", "qualifying", ""),
        ("Q2", "qualifying", ""),
        ("Sprint Qualifying", "qualifying", ""),
        ("Superpole", "qualifying", ""),
        ("Warm-up", "warmup", ""),
        ("Warmup", "warmup", ""),
        ("Race", "race", ""),
        ("Race 2", "race", ""),
        ("R1", "race", ""),
        ("Sprint", "race", ""),
        ("Heat 3", "race", "heat"),
        ("Feature race", "race", "feature"),
    ],
)
def test_a_session_is_known_by_how_its_name_begins(name: str, kind: str, stage: str) -> None:
    [session] = events(f"{HEAD}\n{FIRST.replace('Race', name)}")[0].sessions
    assert (session.kind, session.stage, session.name) == (kind, stage, name)


@pytest.mark.parametrize("name", ["Gran Turismo 7", "gran-turismo-7", "GT7", "gt7"])
def test_a_simulator_is_known_by_any_of_its_names(name: str) -> None:
    assert events(f"{HEAD}\n{FIRST.replace('Gran Turismo 7', name)}")[0].simulator == "gran-turismo-7"


def test_an_event_without_a_name_is_called_after_its_track() -> None:
    [event] = events(f"{HEAD}\n{FIRST.replace('Round 1', '')}")
    assert (event.name, event.weekend) == ("Suzuka", "")


def test_passwords_in_names_are_cut() -> None:
    [event] = events(f"{HEAD}\n{FIRST.replace('Round 1', 'Round 1 | pw: hunter2')}")
    assert event.name == "Round 1"
    assert "hunter2" not in repr(event)


# When


@pytest.mark.parametrize(
    "given",
    [
        "2026-03-01 20:30",
        "2026-03-01T20:30:00",
        "2026-3-1 20:30",
        "2026/03/01 20:30",
        "01.03.2026 20:30",
        "1. 3. 2026 20:30",
        "2026-03-01 18:30 Z",
        "2026-03-01 20:30 +02:00",
        "2026-03-01 20:30+0200",
    ],
)
def test_a_date_is_read_as_people_write_it(given: str) -> None:
    [event] = events(f"{HEAD}\n{FIRST.replace('2026-03-01 20:30', given)}", timezone(timedelta(hours=2)))
    assert event.started_at == event.sessions[0].started_at == datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


def test_a_day_without_a_time_is_the_events_only() -> None:
    [event] = events(f"{HEAD}\n{FIRST.replace(' 20:30', '')}")
    assert event.started_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert (event.sessions[0].started_at, event.sessions[0].clock) == (None, None)


@pytest.mark.parametrize(
    "given",
    ["03/01/2026 20:30", "yesterday", "2026-02-30", "2026-03-01 25:00", "2026-03-01 20:30 +20:00", "1901-03-01"],
)
def test_a_date_that_is_none_or_could_be_two_is_refused(given: str) -> None:
    assert refusal(f"{HEAD}\n{FIRST.replace('2026-03-01 20:30', given)}").where == "line 2, column “date”"


def test_a_session_has_one_date() -> None:
    text = f"{HEAD}\n{FIRST}\n{FIRST.replace('20:30', '20:31').replace('1,Alice', '2,Bob')}"
    assert "another date" in refusal(text).what


# Lines


@pytest.mark.parametrize(
    ("given", "milliseconds"),
    [
        ("1:58.640", 118_640),
        ("1:58,640", 118_640),
        ("118.64", 118_640),
        ("0:01:58.6404", 118_640),
        ("", None),
        ("-", None),
    ],
)
def test_times_are_read_as_people_write_them(given: str, milliseconds: int | None) -> None:
    assert entries("best_lap", f'1,Alice,"{given}"')[0].best_lap_ms == milliseconds


def test_hours_are_times_too() -> None:
    assert entries("total_time", "1,Alice,24:00:12.5")[0].total_time_ms == 86_412_500


@pytest.mark.parametrize(
    ("given", "gap", "down"),
    [
        ("+1.455", 1455, None),
        ("1.455", 1455, None),
        ("+1:02.5", 62_500, None),
        ("+1 lap", None, 1),
        ("2 laps", None, 2),
        ("3L", None, 3),
        ("", None, None),
    ],
)
def test_a_gap_is_a_time_or_laps(given: str, gap: int | None, down: int | None) -> None:
    entry = entries("gap", "1,Alice,", f"2,Bob,{given}")[1]
    assert (entry.gap_ms, entry.laps_down) == (gap, down)


def test_what_is_not_given_is_measured() -> None:
    found = entries("laps,total_time", "1,Alice,12,20:00.000", "2,Bob,12,20:01.500", "3,Carol,11,20:02.000")
    assert [(entry.gap_ms, entry.laps_down) for entry in found] == [(0, 0), (1500, 0), (None, 1)]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("", "finished"),
        ("Finished", "finished"),
        ("DNF", "dnf"),
        ("ret", "dnf"),
        ("D.N.S.", "dns"),
        ("Disqualified", "dsq"),
    ],
)
def test_how_a_drive_ended(given: str, status: str) -> None:
    assert entries("status", f"1,Alice,{given}")[0].status == status


@pytest.mark.parametrize(("given", "status"), [("DNF", "dnf"), ("DNS", "dns"), ("DSQ", "dsq"), ("", "finished")])
def test_how_a_drive_ended_may_stand_for_its_position(given: str, status: str) -> None:
    found = entries("", f"{given},Bob", "1,Alice")
    assert [(entry.drivers[0].name, entry.position, entry.status) for entry in found] == [
        ("Alice", 1, "finished"),
        ("Bob", None, status),
    ]


def test_without_any_position_the_order_is_the_classification() -> None:
    assert [entry.position for entry in entries("", ",Bob", ",Alice", ",Carol")] == [1, 2, 3]


def test_positions_order_the_lines() -> None:
    found = entries("class", "3.,Carol,A", "1,Alice,A", "2,Bob,B")
    assert [(e.drivers[0].name, e.class_position) for e in found] == [("Alice", 1), ("Bob", 1), ("Carol", 2)]


def test_drivers_of_one_team_and_number_share_a_car() -> None:
    columns = "team,number,laps,best_lap,incidents"
    car, other = entries(columns, "1,Alice,T,7,5,91.0,1", "1,Bob,T,7,6,90.0,2", "2,Carol,T,8,4,92.0,", ",Dave,T,7,1,,")
    assert [each.name for each in car.drivers] == ["Alice", "Bob", "Dave"]
    assert (car.laps, car.best_lap_ms, car.incidents) == (12, 90_000, 3)
    assert [each.name for each in other.drivers] == ["Carol"]


def test_laps_given_once_for_a_shared_car_are_nobodys_own() -> None:
    [car] = entries("team,number,laps", "1,Alice,T,7,11", "1,Bob,T,7,")
    assert (car.laps, [each.laps for each in car.drivers]) == (11, [None, None])


@pytest.mark.parametrize("team", [",", "T,", ",7"])
def test_a_position_twice_is_refused_with_both_lines(team: str) -> None:
    error = refusal(table("team,number", f"1,Alice,{team}", f"1,Bob,{team}"))
    assert "Position 1 stands in line 2 already" in error.what
    assert error.where == "line 3, column “position”"


def test_the_platforms_id_is_brought_into_its_one_form() -> None:
    text = table("driver_id", "1,Alice,S76561190000100001").replace("Gran Turismo 7", "ACC")
    assert events(text)[0].sessions[0].entries[0].drivers[0].identifier == "76561190000100001"


@pytest.mark.parametrize(
    ("given", "said"),
    [("7.65612E+16", "spreadsheet"), ("7,65612E16", "spreadsheet"), ("x y z", "Leave the cell empty")],
)
def test_an_id_that_cannot_be_one_is_refused(given: str, said: str) -> None:
    error = refusal(table("driver_id", f'1,Alice,"{given}"').replace("Gran Turismo 7", "iRacing"))
    assert said in error.what
    assert error.where == "line 2, column “driver_id”"


# Refusals


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("position", "0"),
        ("position", "first"),
        ("position", "40000"),
        ("driver", ""),
        ("driver", "x" * 256),
        ("laps", "-1"),
        ("laps", "ten"),
        ("grid", "0"),
        ("best_lap", "quick"),
        ("total_time", "1:2:3:4"),
        ("gap", "a bit"),
        ("status", "tired"),
        ("incidents", "1.5"),
        ("number", "1" * 21),
        ("car", "x" * 256),
        ("simulator", "Pong"),
        ("session", "Dinner"),
        ("track", "x" * 256),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_line_and_column(column: str, value: str) -> None:
    lines = FILLED_IN.splitlines()
    headings = lines[0].split(",")
    cells = lines[1].split(",")
    cells[headings.index(column)] = value
    assert refusal("\n".join([lines[0], ",".join(cells)])).where == f"line 2, column “{column}”"


@pytest.mark.parametrize("column", ["simulator", "track", "session", "date", "driver"])
def test_the_first_line_needs_what_tells_where_and_who(column: str) -> None:
    cells = FIRST.split(",")
    cells[HEAD.split(",").index(column)] = ""
    assert refusal(f"{HEAD}\n{','.join(cells)}").where == f"line 2, column “{column}”"


@pytest.mark.parametrize("column", ["simulator", "track", "session", "date"])
def test_a_column_that_is_needed_is_named(column: str) -> None:
    assert f"no column “{column}”" in refusal(f"{HEAD.replace(column, 'x')}\n{FIRST}").what


def test_a_column_twice_is_refused() -> None:
    assert "“driver” twice" in refusal(f"{HEAD},Driver\n{FIRST},Bob").what


def test_a_table_without_lines_is_refused() -> None:
    assert "Nobody took part" in refusal(HEAD).what


def test_a_line_with_more_cells_than_headings_is_refused() -> None:
    assert refusal(f"{HEAD}\n{FIRST},25").where == "line 2"


def test_a_line_of_endless_cells_is_refused() -> None:
    error = refusal(f"{HEAD}\n{FIRST}\n" + "," * 1001)
    assert "more than 1000 cells" in error.what
    assert error.where == "line 3"


def test_a_cell_that_does_not_end_is_refused() -> None:
    error = refusal(f'{HEAD}\n{FIRST}\n,,,,,,,2,"Bob\n')
    assert "The table cannot be read" in error.what
    assert error.where == "line 3"


def test_a_table_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simlane_csv, "_MOST_LINES", 3)
    error = refusal(f"{HEAD}\n{FIRST}" + "\n,,,,,,,,Bob" * 3)
    assert "more than 3 lines" in error.what
    assert error.where == "line 5"


def test_a_session_of_too_many_cars_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MAX_COUNT", 2)
    assert "more than 2 cars" in refusal(f"{HEAD}\n{FIRST}" + "\n,,,,,,,,Bob" * 2).what


def test_an_event_of_too_many_sessions_is_refused() -> None:
    rows = "".join(f"\n,,,,,Race {n},,1,Bob" for n in range(100))
    assert "more than 100 sessions" in refusal(f"{HEAD}\n{FIRST}{rows}").what


@pytest.mark.parametrize("text", ["name,points\nAlice,25", "driver;points\nAlice;25", "driver,date\nAlice,2026-03-01"])
def test_another_table_is_passed_over(text: str) -> None:
    with pytest.raises(ResultFileError, match="The file is a table, but not of results"):
        read(Source("x.csv", text.encode()))
