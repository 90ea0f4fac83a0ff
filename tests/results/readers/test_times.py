"""When a file says it was driven: inside or by its name, by the server's clock, and never when nobody could have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.source import ResultFileError
from tests.results.builders import acc_document, iracing_document, source

EAST = timezone(timedelta(hours=9))


def event_of(document: Any, filename: str = "x.json", zone: tzinfo = UTC) -> ParsedEvent:
    file = source(document, filename)
    file.timezone = zone
    (event,) = read(file)[1]
    return event


def refusal(document: Any, filename: str = "x.json") -> ResultFileError:
    with pytest.raises(ResultFileError) as caught:
        event_of(document, filename)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "filename"),
    [
        ({}, "260101_200007_R.json"),
        ({"Date": "2026-01-01T20:00:07Z"}, "Round 3 Spa race.json"),
        ({"Date": "2026-01-01T20:00:07.000"}, "Round 3 Spa race.json"),
        ({"SessionFile": "260101_200007_R"}, "Round 3 Spa race.json"),
        ({"Date": "2026-01-01T20:00:07Z"}, "250505_101010_R.json"),
        ({"Date": None, "SessionFile": ""}, "260101_200007_R.json"),
        ({"Date": "2026-01-01T22:00:07+02:00"}, "x.json"),
    ],
)
def test_the_date_inside_goes_before_the_one_of_the_name(changes: dict[str, Any], filename: str) -> None:
    assert event_of(acc_document(**changes), filename).started_at == datetime(2026, 1, 1, 20, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize("changes", [{}, {"Date": "2026-01-01T20:00:07Z"}, {"Date": "2026-01-01T20:00:07+00:00"}])
def test_a_local_time_is_where_the_servers_clock_stands(changes: dict[str, Any]) -> None:
    event = event_of(acc_document(**changes), "260101_200007_R.json", EAST)
    assert event.started_at == datetime(2026, 1, 1, 11, 0, 7, tzinfo=UTC)
    assert event.sessions[0].clock == datetime(2026, 1, 1, 20, 0, 7, tzinfo=UTC)


def test_iracings_times_are_utc_wherever_a_server_stands() -> None:
    assert event_of(iracing_document(), zone=EAST).started_at == datetime(2026, 3, 1, 19, tzinfo=UTC)


YEARS = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1989-12-31T23:59:59Z", "9999-12-31T23:59:59Z"]
TOMORROW = (datetime.now(UTC) + timedelta(days=1, hours=1)).isoformat()


@pytest.mark.parametrize(
    "date", [*YEARS, pytest.param(TOMORROW, id="tomorrow"), "1601-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
)
def test_a_time_when_nobody_raced_is_refused(date: str) -> None:
    assert refusal(iracing_document(start_time=date)).where == "start_time"
    assert refusal({"type": "event_result", "data": iracing_document(start_time=date)}).where == "data.start_time"
    assert "cannot be when this was driven" in refusal(acc_document(Date=date), "260101_200007_R.json").what


def test_a_name_with_a_time_to_come_is_refused() -> None:
    assert refusal(acc_document(), "990101_200000_R.json").where == "the file's name"
    assert refusal(acc_document(SessionFile="991231_235959_R")).where == "SessionFile"


def test_a_date_that_is_none_is_refused() -> None:
    assert refusal(acc_document(Date="yesterday")).where == "Date"
    assert refusal(acc_document(Date=5)).where == "Date"


def test_a_clock_some_hours_ahead_may_be_right() -> None:
    ahead = datetime.now(UTC) + timedelta(hours=8)
    assert event_of(acc_document(), f"{ahead:%y%m%d_%H%M%S}_R.json").started_at == ahead.replace(microsecond=0)


def test_1970_is_no_time_in_iracings_files() -> None:
    assert event_of(iracing_document(start_time="1970-01-01T00:00:00Z")).started_at is None
