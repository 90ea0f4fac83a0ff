"""The smallest documents of each result format, as the servers write them; tests change what they are about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.source import ResultFileError, Source

ALICE = "S76561190000000001"
BOB = "S76561190000000002"


def acc_driver(first: str = "Alice", last: str = "Amber", player_id: str | None = ALICE) -> dict[str, Any]:
    driver: dict[str, Any] = {"firstName": first, "lastName": last, "shortName": last[:3].upper()}
    return driver if player_id is None else driver | {"playerId": player_id}


def acc_line(car_id: int = 1001, *drivers: dict[str, Any], **timing: int) -> dict[str, Any]:
    return {
        "car": {
            "carId": car_id,
            "raceNumber": car_id - 1000,
            "carModel": 32,
            "cupCategory": 0,
            "teamName": "",
            "drivers": list(drivers) or [acc_driver()],
        },
        "currentDriver": (drivers or (acc_driver(),))[0],
        "currentDriverIndex": 0,
        "timing": {"lastLap": 91000, "bestLap": 90000, "totalTime": 182000, "lapCount": 2} | timing,
        "missingMandatoryPitstop": 0,
    }


def acc_lap(car_id: int = 1001, seat: int = 0, time: int = 91000, valid: bool = True) -> dict[str, Any]:
    return {
        "carId": car_id,
        "driverIndex": seat,
        "laptime": time,
        "isValidForBest": valid,
        "splits": [30000, 30000, time - 60000],
    }


def acc_document(**changes: Any) -> dict[str, Any]:
    """A race of two cars, two laps each: Alice before Bob."""
    bob = acc_line(1002, acc_driver("Bob", "Birch", BOB), bestLap=90500, totalTime=183500)
    return {
        "sessionType": "R",
        "trackName": "brands_hatch",
        "serverName": "Test League | Round 1",
        "sessionIndex": 2,
        "sessionResult": {"isWetSession": 0, "type": 1, "leaderBoardLines": [acc_line(), bob]},
        "laps": [acc_lap(), acc_lap(1002, time=92500), acc_lap(time=90000), acc_lap(1002, time=90500)],
        "penalties": [],
    } | changes


def iracing_result(cust_id: int = 100001, position: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "cust_id": cust_id,
        "display_name": f"Driver {cust_id}",
        "finish_position": position,
        "finish_position_in_class": position,
        "laps_lead": 0,
        "laps_complete": 10,
        "interval": position * 12345,
        "average_lap": 912345,
        "best_lap_time": 901234,
        "reason_out": "Running",
        "starting_position": position,
        "car_class_id": 7,
        "old_license_level": 13,
        "old_sub_level": 370,
        "oldi_rating": 2000,
        "new_license_level": 13,
        "new_sub_level": 381,
        "newi_rating": 2041,
        "incidents": 4,
        "car_id": 88,
        "car_name": "Porsche 911 GT3 Cup",
        "livery": {"car_number": "8"},
        "ai": False,
    } | changes


def iracing_session(number: int = 0, *results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "simsession_number": number,
        "simsession_type": 6,
        "simsession_type_name": "Race",
        "simsession_name": "RACE",
        "results": list(results) or [iracing_result(), iracing_result(100002, 1)],
    } | changes


def iracing_document(*sessions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A race of two cars."""
    return {
        "subsession_id": 70000001,
        "session_name": "Test Cup",
        "series_name": "Hosted iRacing",
        "league_season_name": "Test Season",
        "start_time": "2026-03-01T19:00:00Z",
        "track": {"track_name": "Lime Rock Park", "config_name": "Chicanes"},
        "session_results": list(sessions) or [iracing_session()],
        "car_classes": [{"car_class_id": 7, "name": "Cup cars", "cars_in_class": [{"car_id": 88}]}],
    } | changes


def source(document: Any, filename: str = "260301_203000_R.json", encoding: str = "utf-8") -> Source:
    return Source(filename, json.dumps(document).encode(encoding))


def parse(document: Any, filename: str = "260301_203000_R.json") -> ParsedEvent:
    (event,) = read(source(document, filename))[1]
    return event


def refusal(document: Any) -> ResultFileError:
    """The error that reading the document raises."""
    with pytest.raises(ResultFileError) as caught:
        parse(document)
    return caught.value


def with_value(document: Any, path: str, value: object) -> Any:
    """The document with `value` at `path`, which is written as a ResultFileError names it: `penalties[0].carId`."""
    node: Any = document
    *keys, last = path.replace("[", ".").replace("]", "").split(".")
    for key in keys:
        node = node[int(key) if isinstance(node, list) else key]
    node[int(last) if isinstance(node, list) else last] = value
    return document
