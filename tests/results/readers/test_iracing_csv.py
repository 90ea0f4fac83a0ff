"""iRacing's CSV export: read as its JSON is, with the columns an export has, and refused by line and column."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from simlane.results.parsed import ParsedEntry, ParsedEvent
from simlane.results.readers import fields, read
from simlane.results.source import ResultFileError, Source
from tests.results import builders
from tests.results.builders import iracing_document, iracing_result, iracing_session

NAMED = "eventresult_70000001.csv"
OFFICIAL = {
    "Start Time": "2026.03.01 7:00 PM GMT",
    "Track": "Lime Rock Park - Chicanes",
    "Series": "Test Season",
    "Season Year": "2026",
    "Strength of Field": "1433",
}
HOSTED = {
    "Start Time": "2026.03.01 7:00 PM GMT",
    "Track": "Lime Rock Park - Chicanes",
    "Series": "Hosted iRacing",
    "Hosted Session Name": "Test Cup",
}
LEAGUE = {"League Name": "Test League", "League ID": "12", "League Season": "Test Season", "League Season ID": "34"}


def line(customer: int = 100001, position: int = 1, **changes: object) -> dict[str, object]:
    """A line as the builders' `iracing_result` is one, in an export's words."""
    return {
        "Fin Pos": position,
        "Car ID": 88,
        "Car": "Porsche 911 GT3 Cup",
        "Car Class ID": 7,
        "Car Class": "Cup cars",
        "Team ID": customer,
        "Cust ID": customer,
        "Name": f"Driver {customer}",
        "Start Pos": position,
        "Car #": 8,
        "Out ID": 0,
        "Out": "Running",
        "Interval": "-00.000" if position == 1 else "-01.235",
        "Laps Led": 0 if position > 1 else 5,
        "Qualify Time": "",
        "Average Lap Time": "1:31.235",
        "Fastest Lap Time": "1:30.123",
        "Fast Lap#": 3,
        "Laps Comp": 10,
        "Inc": 4,
        "Old iRating": 2000,
        "New iRating": 2041,
        "Old License Level": 13,
        "Old License Sub-Level": 370,
        "New License Level": 13,
        "New License Sub-Level": 381,
        "AI": 0,
    } | changes


def table(*lines: dict[str, object], head: tuple[dict[str, str], ...] = (HOSTED, LEAGUE), without: str = "") -> str:
    """The export: blocks of headings and values, an empty line behind each, then the results."""
    lines = lines or (line(), line(100002, 2))
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    for block in head:
        writer.writerow(block.keys())
        writer.writerow(block.values())
        out.write("\r\n")
    headings = [heading for heading in lines[0] if heading != without]
    writer.writerow(headings)
    for each in lines:
        writer.writerow([each[heading] for heading in headings])
    return out.getvalue()


def parse(text: str | bytes, filename: str = NAMED) -> ParsedEvent:
    reader, (event,) = read(Source(filename, text.encode() if isinstance(text, str) else text))
    assert reader.slug == "iracing-csv"
    return event


def entries(*lines: dict[str, object]) -> list[ParsedEntry]:
    return parse(table(*lines)).sessions[0].entries


def refusal(text: str, filename: str = NAMED) -> ResultFileError:
    with pytest.raises(ResultFileError) as caught:
        parse(text, filename)
    return caught.value


def test_it_works() -> None:
    event = parse(table())
    assert (event.simulator, event.platform_id, event.weekend) == ("iracing", "70000001", "")
    assert (event.name, event.series, event.track, event.layout) == (
        "Test Cup",
        "Test Season",
        "Lime Rock Park",
        "Chicanes",
    )
    assert event.started_at == datetime(2026, 3, 1, 19, tzinfo=UTC)
    assert event.notes == ["The file does not say of which session it is: by what it holds, race."]


def test_an_export_says_the_same_as_the_json_of_its_subsession() -> None:
    results: list[dict[str, Any]] = [
        iracing_result(100001, 0, laps_lead=5, interval=0, car_class_name="Cup cars", best_lap_time=901230),
        iracing_result(100002, 1, interval=12350, car_class_name="Cup cars", best_lap_time=901230),
    ]
    for result in results:
        result["display_name"] = f"Driver {result['cust_id']}"
        result["average_lap"] = 912350
    document = iracing_document(iracing_session(0, *results))
    assert parse(table()).sessions == builders.parse(document).sessions
    of_json, of_csv = builders.parse(document), parse(table())
    for name in ("simulator", "name", "track", "layout", "platform_id", "series", "started_at"):
        assert getattr(of_csv, name) == getattr(of_json, name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_every_encoding_says_the_same(encoding: str) -> None:
    event = parse(table(line(Name="Björn Östlund"), head=(HOSTED | {"Series": "Höst"}, LEAGUE)).encode(encoding))
    assert event.sessions[0].entries[0].drivers[0].name == "Björn Östlund"


@pytest.mark.parametrize("name", ["results.csv", "eventresult.csv", "eventresult_123.csv", "28257770.csv"])
def test_without_the_files_own_name_the_heading_tells_the_event(name: str) -> None:
    event = parse(table(), name)
    assert event.platform_id == ""
    assert len(event.weekend) == 64
    assert event.weekend != parse(table(head=(OFFICIAL,)), name).weekend


@pytest.mark.parametrize(
    "name", ["eventresult_28257770.csv", "eventresult-28257770.csv", "EventResult-28257770 (1).csv"]
)
def test_the_subsession_is_in_the_files_name(name: str) -> None:
    assert parse(table(), name).platform_id == "28257770"


# The heading


@pytest.mark.parametrize(
    "given",
    [
        "2026.03.01 7:00 PM GMT",
        "2026.03.01 7:00 pm",
        "2026-03-01T19:00:00Z",
        "2026-03-01 19:00:00",
        "2026-03-01T20:00+01:00",
    ],
)
def test_the_start_is_read_as_it_was_written_over_the_years(given: str) -> None:
    assert parse(table(head=(HOSTED | {"Start Time": given},))).started_at == datetime(2026, 3, 1, 19, tzinfo=UTC)


@pytest.mark.parametrize(("given", "hour"), [("12:30 AM", 0), ("12:30 PM", 12), ("1:30 AM", 1), ("11:30 PM", 23)])
def test_noon_and_midnight(given: str, hour: int) -> None:
    event = parse(table(head=(HOSTED | {"Start Time": f"2026.03.01 {given} GMT"},)))
    assert event.started_at == datetime(2026, 3, 1, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "given", ["soon", "2026.13.01 7:00 PM GMT", "2026.03.01 7:61 PM GMT", "1901.03.01 7:00 PM GMT"]
)
def test_a_start_that_is_none_is_refused(given: str) -> None:
    assert refusal(table(head=(HOSTED | {"Start Time": given},))).where == "line 2, column “Start Time”"


def test_without_a_start_the_report_says_so() -> None:
    event = parse(table(head=({"Track": "Lime Rock Park"},)))
    assert event.started_at is None
    assert "The file holds no date." in event.notes


@pytest.mark.parametrize(
    ("given", "track", "layout"),
    [
        ("Road America - Full Course", "Road America", "Full Course"),
        ("Circuit Gilles Villeneuve", "Circuit Gilles Villeneuve", ""),
        ("[Legacy] Phoenix Raceway - 2008 - Oval", "[Legacy] Phoenix Raceway - 2008", "Oval"),
        ("[Legacy] Pocono Raceway - 2009", "[Legacy] Pocono Raceway - 2009", ""),
    ],
)
def test_the_layout_stands_behind_the_track(given: str, track: str, layout: str) -> None:
    event = parse(table(head=(HOSTED | {"Track": given},)))
    assert (event.track, event.layout) == (track, layout)


def test_results_without_their_heading_are_refused() -> None:
    assert "export it again" in refusal("\r\n" + table(head=())).what


@pytest.mark.parametrize("name", ["Track", "Series", "Hosted Session Name"])
def test_a_heading_that_says_too_much_is_refused(name: str) -> None:
    assert refusal(table(head=(HOSTED | {name: "x" * 256},))).where == f"line 2, column “{name}”"


def test_passwords_in_names_are_cut() -> None:
    event = parse(table(head=(HOSTED | {"Hosted Session Name": "Test Cup | pw: hunter2"}, LEAGUE)))
    assert event.name == "Test Cup"


@pytest.mark.parametrize(
    ("head", "name", "series"),
    [
        ((OFFICIAL,), "Test Season", "Test Season"),
        ((HOSTED,), "Test Cup", "Hosted iRacing"),
        ((HOSTED | {"Hosted Session Name": ""}, LEAGUE), "Test League", "Test Season"),
    ],
)
def test_an_event_is_called_as_its_json_calls_it(head: tuple[dict[str, str], ...], name: str, series: str) -> None:
    event = parse(table(head=head))
    assert (event.name, event.series) == (name, series)


# Lines


@pytest.mark.parametrize(
    ("given", "gap", "down"),
    [("-29.550", 29_550, 0), ("-1:18.979", 78_979, 0), ("-", None, 0), ("", None, 0), ("-00.000", 0, 0)],
)
def test_intervals_are_behind_the_winner(given: str, gap: int | None, down: int) -> None:
    found = entries(line(), line(100002, 2, Interval=given))[1]
    assert (found.gap_ms, found.laps_down) == (gap, down)


def test_laps_down_are_no_time() -> None:
    found = entries(line(), line(100002, 2, **{"Interval": "-1 L", "Laps Comp": 9}))[1]
    assert (found.gap_ms, found.laps_down) == (None, 1)


@pytest.mark.parametrize(
    ("out", "status"),
    [("Running", "finished"), ("Disconnected", "dnf"), ("Disqualified", "dsq"), ("Did not start", "dns")],
)
def test_how_a_drive_ended(out: str, status: str) -> None:
    assert entries(line(), line(100002, 2, Out=out))[1].status == status


@pytest.mark.parametrize("none", ["", "00.000", "-"])
def test_no_time_is_none(none: str) -> None:
    found = entries(line(**{"Fastest Lap Time": none, "Average Lap Time": none}))[0]
    assert (found.best_lap_ms, found.average_lap_ms) == (None, None)


def test_older_exports_call_columns_otherwise() -> None:
    text = table().replace('"Cust ID"', '"Custid"').replace('"Name"', '"Driver"').replace('"Team ID"', '"Team"')
    driver = parse(text).sessions[0].entries[0].drivers[0]
    assert (driver.name, driver.identifier) == ("Driver 100001", "100001")


def test_columns_that_are_not_there_say_nothing() -> None:
    text = table(without="Old iRating")
    assert parse(text).sessions[0].entries[0].drivers[0].rating_before is None


def test_a_team_stands_above_its_drivers() -> None:
    team = {"Team ID": -5, "Laps Comp": 20, "Inc": 9}
    lines = [
        line(-5, 1, **team | {"Name": "Test Team", "Old iRating": "", "New iRating": "", "Old License Level": ""}),
        line(100001, 1, **team | {"Laps Comp": 12, "Interval": "-", "Fastest Lap Time": "1:30.500"}),
        line(100002, 1, **team | {"Laps Comp": 8, "Interval": "-"}),
        line(-6, 2, **{"Team ID": -6, "Name": "Second Team", "Laps Comp": 20}),
        line(100003, 2, **{"Team ID": -6, "Interval": "-"}),
    ]
    first, second = entries(*lines)
    assert (first.team_name, first.laps, first.incidents, first.position) == ("Test Team", 20, 9, 1)
    assert [(each.name, each.identifier, each.laps) for each in first.drivers] == [
        ("Driver 100001", "100001", 12),
        ("Driver 100002", "100002", 8),
    ]
    assert first.drivers[0].best_lap_ms == 90_500
    assert (second.team_name, len(second.drivers), second.gap_ms) == ("Second Team", 1, 1235)


def test_a_team_without_its_drivers_is_an_entry_without_any() -> None:
    [found] = entries(line(-5, 1, Name="Test Team"))
    assert (found.team_name, found.drivers) == ("Test Team", [])


def test_drivers_without_their_team_share_a_car_all_the_same() -> None:
    [found] = entries(line(100001, 1, **{"Team ID": -5}), line(100002, 1, **{"Team ID": -5}))
    assert (found.team_name, len(found.drivers)) == ("", 2)


def test_an_ai_driver_is_a_name() -> None:
    event = parse(table(line(), line(100002, 2, AI=1)))
    assert event.sessions[0].entries[1].drivers[0].identifier is None
    assert event.notes[-1] == "AI drivers, known by name only: 1."


def test_positions_in_class_are_counted() -> None:
    found = entries(line(), line(100002, 2, **{"Car Class": "GT4"}), line(100003, 3))
    assert [entry.class_position for entry in found] == [1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "practice"),
        ({"Qualify Time": "1:30.000"}, "qualifying"),
        ({"Qualify Time": "1:30.000", "Laps Led": 1}, "race"),
        ({"Interval": "-1 L"}, "race"),
        ({"New iRating": 2001}, "race"),
    ],
)
def test_the_session_is_told_by_what_only_it_has(changes: dict[str, object], kind: str) -> None:
    plain = {"Laps Led": 0, "New iRating": 2000, "Interval": "-00.500"}
    event = parse(table(line(**plain), line(100002, 2, **plain | changes)))
    assert event.sessions[0].kind == kind
    assert kind in event.notes[0]


# Refusals


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("Fin Pos", "first"),
        ("Fin Pos", "40000"),
        ("Cust ID", "x"),
        ("Team ID", "1e9"),
        ("Name", "x" * 256),
        ("Car #", "1" * 21),
        ("Interval", "soon"),
        ("Fastest Lap Time", "1:xx"),
        ("Laps Comp", "-1"),
        ("Old iRating", "1000000"),
        ("AI", "2"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_line_and_column(heading: str, value: str) -> None:
    # Two blocks of two lines with an empty one behind each, then the headings and the first line.
    assert refusal(table(line(), line(100002, 2, **{heading: value}))).where == f"line 9, column “{heading}”"


def test_a_line_with_more_cells_than_headings_is_refused() -> None:
    assert refusal(table() + '"1","2",' + ",".join(['"x"'] * 40)).where == "line 10"


def test_a_table_that_ends_in_the_middle_is_refused() -> None:
    assert "The table cannot be read" in refusal(table()[:-20]).what


def test_a_cell_of_endless_text_is_refused() -> None:
    assert "The table cannot be read" in refusal(table(line(Name="x" * 200_000))).what


def test_results_without_a_line_are_refused() -> None:
    text = table()
    assert "Nobody took part" in refusal(text[: text.index('"1","88"')]).what


def test_a_team_of_endless_drivers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MAX_COUNT", 3)
    team = [line(100_000 + n, 1, **{"Team ID": -5}) for n in range(4)]
    assert "more than 3 lines" in refusal(table(*team)).what
