"""Numbers as tools that rewrite files leave them: whole ones with a decimal point, averages with decimals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.source import ResultFileError, Source
from tests.results.builders import (
    acc_document,
    acc_lap,
    acc_line,
    iracing_document,
    iracing_result,
    iracing_session,
    parse,
)


def with_points(value: Any) -> Any:
    """The document with every whole number as a float."""
    if type(value) is int:
        return float(value)
    if isinstance(value, list):
        return [with_points(each) for each in value]
    return {key: with_points(each) for key, each in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("document", [acc_document(), iracing_document()])
def test_a_file_whose_whole_numbers_have_a_point_says_the_same(document: dict[str, Any]) -> None:
    assert parse(with_points(document)) == parse(document)


def iracing(**changes: Any) -> ParsedEvent:
    return parse(iracing_document(iracing_session(0, iracing_result(**changes))))


def test_what_iracing_measures_is_rounded() -> None:
    event = iracing(average_lap=1005000.5, best_lap_time=901234.4, oldi_rating=2000.5, old_sub_level=340.5)
    entry = event.sessions[0].entries[0]
    assert (entry.average_lap_ms, entry.best_lap_ms) == (100_500, 90_123)
    assert (entry.drivers[0].rating_before, entry.drivers[0].license_before) == (2001, "B 3.41")


def test_what_acc_measures_is_rounded() -> None:
    line = acc_line(1001, totalTime=182000.5, bestLap=90000.4)  # type: ignore[arg-type]
    lap = acc_lap() | {"laptime": 90000.5, "splits": [30000.4, 30000, 30000.0]}
    entry = parse(acc_document(sessionResult={"leaderBoardLines": [line]}, laps=[lap])).sessions[0].entries[0]
    assert (entry.total_time_ms, entry.best_lap_ms) == (182_001, 90_000)
    assert (entry.lap_times[0].time_ms, entry.lap_times[0].sectors_ms) == (90_001, (30_000, 30_000, 30_000))


@pytest.mark.parametrize(
    ("key", "value"),
    [("laps_complete", 9.5), ("cust_id", 100001.5), ("finish_position", 0.5), ("incidents", 1.25), ("car_id", 88.5)],
)
def test_what_is_counted_has_no_decimals(key: str, value: float) -> None:
    with pytest.raises(ResultFileError) as caught:
        iracing(**{key: value})
    assert caught.value.where.endswith(key)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e30"])
def test_a_time_beyond_all_bounds_is_refused(number: str) -> None:
    text = json.dumps(iracing_document()).replace("912345", number)
    with pytest.raises(ResultFileError, match="average_lap"):
        read(Source("x.json", text.encode()))
