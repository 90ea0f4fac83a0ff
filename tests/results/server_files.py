"""The smallest documents of the servers of Assetto Corsa, RaceRoom and Automobilista 2, as they write them."""

from __future__ import annotations

import json
from typing import Any

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.source import Source

ALICE, BOB, CAROL = "76561190000000001", "76561190000000002", "76561190000000003"
AC_NAME = "2026_3_1_20_30_RACE.json"
NO_TIME = 999_999_999


def ac_car(car_id: int, guid: str = "", name: str = "", **driver: Any) -> dict[str, Any]:
    given = {"Name": name, "Team": "", "Guid": guid, "GuidsList": [guid]} | driver
    return {"CarId": car_id, "Driver": given, "Model": "ks_mazda_mx5_cup", "Skin": "", "BallastKG": 0, "Restrictor": 0}


def ac_line(car_id: int, guid: str = "", name: str = "", **changes: Any) -> dict[str, Any]:
    """A line of the classification; of an empty slot without `guid` and `name`."""
    return {
        "DriverName": name,
        "DriverGuid": guid,
        "CarId": car_id,
        "CarModel": "ks_mazda_mx5_cup",
        "BestLap": NO_TIME,
        "TotalTime": 0,
        "BallastKG": 0,
        "Restrictor": 0,
    } | changes


def ac_lap(car_id: int, guid: str, name: str, time: int = 91000, **changes: Any) -> dict[str, Any]:
    return {
        "DriverName": name,
        "DriverGuid": guid,
        "CarId": car_id,
        "CarModel": "ks_mazda_mx5_cup",
        "Timestamp": 1,
        "LapTime": time,
        "Sectors": [30000, 30000, time - 60000],
        "Cuts": 0,
        "Tyre": "S",
    } | changes


def ac_document(**changes: Any) -> dict[str, Any]:
    """A race of two cars, two laps each, Alice before Bob, and an empty slot."""
    return {
        "TrackName": "ks_brands_hatch",
        "TrackConfig": "layout_gp",
        "Type": "RACE",
        "DurationSecs": 0,
        "RaceLaps": 2,
        "Cars": [ac_car(0, BOB, "Bob Birch"), ac_car(1, ALICE, "Alice Amber", Team="Ambers"), ac_car(2)],
        "Result": [
            ac_line(1, ALICE, "Alice Amber", BestLap=90000, TotalTime=181000),
            ac_line(0, BOB, "Bob Birch", BestLap=90500, TotalTime=183500),
            ac_line(2),
        ],
        "Laps": [
            ac_lap(1, ALICE, "Alice Amber"),
            ac_lap(0, BOB, "Bob Birch", 93000),
            ac_lap(1, ALICE, "Alice Amber", 90000),
            ac_lap(0, BOB, "Bob Birch", 90500),
        ],
        "Events": None,
    } | changes


def raceroom_lap(time: int = 91000, place: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "Time": time,
        "SectorTimes": [30000, 60000, time],
        "PositionInClass": place,
        "Valid": True,
        "Position": place,
        "PitStopOccured": False,
        "Incidents": [],
    } | changes


def raceroom_player(user: int = 1000001, place: int = 1, **changes: Any) -> dict[str, Any]:
    """A driver with two laps."""
    return {
        "UserId": user,
        "FullName": f"Driver {user}",
        "Username": f"driver_{user}",
        "Car": "BMW M4 GT3",
        "CarPerformanceIndex": 100,
        "Position": place,
        "PositionInClass": place,
        "StartPosition": place,
        "BestLapTime": 90000 + place,
        "TotalTime": 181000 + 1000 * place,
        "FinishStatus": "Finished",
        "RaceSessionLaps": [raceroom_lap(place=place), raceroom_lap(90000 + place, place)],
    } | changes


def raceroom_session(kind: str = "Race", *players: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "Players": list(players) or [raceroom_player(), raceroom_player(1000002, 2)]}


def raceroom_document(*sessions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A race of two."""
    return {
        "Server": "Test League",
        "StartTime": "/Date(1772397000000+0000)/",
        "Time": "/Date(1772400600000)/",
        "Experience": "RaceRoom Experience",
        "Track": "Brands Hatch",
        "TrackLayout": "Grand Prix",
        "Sessions": list(sessions) or [raceroom_session()],
    } | changes


BEGAN = 1772397000


def ams2_result(ref: int = 100, place: int = 1, **changes: Any) -> dict[str, Any]:
    """A result of the driver who joined under the number; `attributes` of it may be changed as well."""
    attributes = {
        "FastestLapTime": 90000 + place,
        "Lap": 2,
        "RacePosition": place,
        "State": "Finished",
        "TotalTime": 181000 + 1000 * place,
        "VehicleId": 379055283,
    }
    given = {key: changes.pop(key) for key in list(changes) if key in attributes}
    return {
        "attributes": attributes | given,
        "is_player": True,
        "name": f"Driver {ref}",
        "participantid": ref % 100,
        "refid": ref,
        "time": BEGAN + 3600,
    } | changes


def ams2_lap(ref: int = 100, number: int = 0, time: int = 91000, **changes: Any) -> dict[str, Any]:
    attributes = {
        "CountThisLapTimes": 1,
        "DistanceTravelled": 4000,
        "Lap": number,
        "LapTime": time,
        "RacePosition": 1,
        "Sector1Time": 30000,
        "Sector2Time": 30000,
        "Sector3Time": time - 60000,
    }
    given = {key: changes.pop(key) for key in list(changes) if key in attributes}
    return {
        "attributes": attributes | given,
        "event_name": "Lap",
        "is_player": True,
        "name": f"Driver {ref}",
        "participantid": ref % 100,
        "refid": ref,
        "time": BEGAN + 60 + number,
    } | changes


def ams2_stage(*results: dict[str, Any], begins: int = BEGAN, events: Any = (), **changes: Any) -> dict[str, Any]:
    """A stage with the results, or those of two drivers."""
    found = list(results) or [ams2_result(), ams2_result(101, 2)]
    return {"start_time": begins, "end_time": begins + 1200, "results": found, "events": list(events) or {}} | changes


def ams2_event(*refs: int, **changes: Any) -> dict[str, Any]:
    """An event of one race; who joined under each of `refs` is a member with a SteamID of that end."""
    joined = refs or (100, 101)
    return {
        "index": 1,
        "start_time": BEGAN - 60,
        "end_time": BEGAN + 5000,
        "finished": True,
        "members": {
            str(ref): {
                "index": place,
                "name": f"Driver {ref}",
                "participantid": ref % 100,
                "setup": {"VehicleId": 379055283},
                "steamid": f"7656119{ref:010}",
            }
            for place, ref in enumerate(joined)
        },
        "participants": {
            str(ref % 100): {"IsPlayer": 1, "Name": f"Driver {ref}", "RefId": ref, "VehicleId": 379055283}
            for ref in joined
        },
        "setup": {"TrackId": 1534602052, "AllowedCutsBeforePenalty": 5},
        "stages": {"race1": ams2_stage()},
    } | changes


def ams2_document(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A log of one event."""
    stats = {"history": list(events) or [ams2_event()], "players": {}, "server": {"name": "Test Server"}, "session": {}}
    return {"next_history_index": 2, "stats": stats | changes}


def ams2_text(document: Any) -> str:
    """The log as the server writes it, between its comments."""
    return (
        "// Persistent data for addon 'sms_stats', addon version 2.0\n// Automatically maintained by the addon, "
        f"do not edit!\n\n{json.dumps(document, indent=1)}\n\n// EOF //\n"
    )


def ams2_events(document: Any) -> list[ParsedEvent]:
    return read(Source("sms_stats_data.json", ams2_text(document).encode()))[1]
