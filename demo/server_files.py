"""What servers of Assetto Corsa, RaceRoom and Automobilista 2 write of a session or an event."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from cast import Driver
from driving import Car

AC_NO_TIME = 999_999_999
RACEROOM_CARS = ("BMW M4 GT3", "Mercedes AMG GT3 Evo", "Porsche 911 GT3 R (992)")
#: Ginetta G55 GT4, Alpine A110 GT4 Evo, BMW M4 GT4; and Brands Hatch Grand Prix.
AMS2_CARS = (379055283, 969706465, -1966031044)
AMS2_TRACK = 1534602052


def sectors(time: int) -> list[int]:
    """Three parts of a lap."""
    first, second = time * 31 // 100, time * 37 // 100
    return [first, second, time - first - second]


# Assetto Corsa


def ac_document(kind: str, track: tuple[str, str], cars: list[Car], *, slots: int, left: Driver) -> dict[str, Any]:
    """A session's file with all its slots, empty ones too; who left before the end is in the laps alone."""
    who = [(number, str(car.drivers[0].identifier), car.drivers[0].name) for number, car in enumerate(cars)]
    empty = [(number, "", "") for number in range(len(cars), slots)]
    gone = (slots - 1, str(left.identifier), left.name)
    laps: list[tuple[int, dict[str, Any]]] = []
    for each, car in zip(who, cars, strict=True):
        elapsed = 0
        for _, time, valid in car.laps:
            elapsed += time
            laps.append((elapsed, ac_lap(*each, time, elapsed, cuts=0 if valid else 1)))
    laps += [(end, ac_lap(*gone, time, end, cuts=0)) for end, time in ((61_214, 61_214), (122_084, 60_870))]
    lines = [
        ac_line(*each, car.best() or AC_NO_TIME, car.total if kind == "RACE" else 0)
        for each, car in zip(who, cars, strict=True)
    ]
    return {
        "TrackName": track[0],
        "TrackConfig": track[1],
        "Type": kind,
        "DurationSecs": 0 if kind == "RACE" else 900,
        "RaceLaps": len(cars[0].laps) if kind == "RACE" else 0,
        "Cars": [ac_car(*each) for each in (*who, *empty)],
        "Result": lines + [ac_line(*each, AC_NO_TIME, 0) for each in empty],
        "Laps": [lap for _, lap in sorted(laps, key=lambda pair: pair[0])],
        "Events": None,
    }


def ac_car(number: int, guid: str, name: str) -> dict[str, Any]:
    driver = {"Name": name, "Team": "", "Guid": guid, "GuidsList": [guid]}
    return {
        "CarId": number,
        "Driver": driver,
        "Model": "ks_mazda_mx5_cup",
        "Skin": "00_official",
        "BallastKG": 0,
        "Restrictor": 0,
    }


def ac_line(number: int, guid: str, name: str, best: int, total: int) -> dict[str, Any]:
    return {
        "DriverName": name,
        "DriverGuid": guid,
        "CarId": number,
        "CarModel": "ks_mazda_mx5_cup",
        "BestLap": best,
        "TotalTime": total,
        "BallastKG": 0,
        "Restrictor": 0,
    }


def ac_lap(number: int, guid: str, name: str, time: int, elapsed: int, *, cuts: int) -> dict[str, Any]:
    return {
        "DriverName": name,
        "DriverGuid": guid,
        "CarId": number,
        "CarModel": "ks_mazda_mx5_cup",
        "Timestamp": elapsed,
        "LapTime": time,
        "Sectors": sectors(time),
        "Cuts": cuts,
        "BallastKG": 0,
        "Tyre": "SM",
        "Restrictor": 0,
    }


# RaceRoom


def raceroom_document(
    server: str, track: tuple[str, str], when: datetime, stages: dict[str, list[Car]]
) -> dict[str, Any]:
    """An event with its sessions, each by the server's word for it."""
    end = when + timedelta(hours=1)
    return {
        "Server": server,
        "StartTime": f"/Date({int(when.timestamp()) * 1000})/",
        "Time": f"/Date({int(end.timestamp()) * 1000})/",
        "Experience": "RaceRoom Experience",
        "Difficulty": "GetReal",
        "Track": track[0],
        "TrackLayout": track[1],
        "Sessions": [
            {"Type": kind, "Players": [raceroom_player(kind, place, car) for place, car in enumerate(cars, 1)]}
            for kind, cars in stages.items()
        ],
    }


def raceroom_player(kind: str, place: int, car: Car) -> dict[str, Any]:
    driver = car.drivers[0]
    is_race = kind == "Race"
    laps = [
        raceroom_lap(time, place, valid, pit=number in car.pits) for number, (_, time, valid) in enumerate(car.laps, 1)
    ]
    if car.reason_out != "Running":
        # The lap that was not ended has no time.
        laps.append(raceroom_lap(-1, place, True))
    return {
        "UserId": driver.identifier,
        "FullName": driver.name,
        "Username": driver.name.split()[0].lower(),
        "Car": RACEROOM_CARS[driver.number % len(RACEROOM_CARS)],
        "CarPerformanceIndex": 100,
        "Position": place,
        "PositionInClass": place,
        "StartPosition": car.grid + 1 if is_race else place,
        "BestLapTime": car.best() or -1,
        "TotalTime": car.total if is_race else -1,
        "FinishStatus": "DidNotFinish" if car.reason_out != "Running" else "Finished" if is_race else "None",
        "RaceSessionLaps": laps,
    }


def raceroom_lap(time: int, place: int, valid: bool, *, pit: bool = False) -> dict[str, Any]:
    first, second, _ = sectors(time) if time > 0 else (-1, -1, -1)
    return {
        "Time": time,
        # When each ended, not how long it took.
        "SectorTimes": [first, first + second, time] if time > 0 else [-1, -1, -1],
        "PositionInClass": place,
        "Valid": valid,
        "Position": place,
        "PitStopOccured": pit,
        "Incidents": [],
    }


# Automobilista 2


def ams2_log(server: str, when: datetime, qualifying: list[Car], race: list[Car]) -> str:
    """The log of a server that has gone on to a practice: between comments, with numbers for cars and tracks."""
    begins = int(when.timestamp())
    refs = {id(car.drivers[0]): 4100 + number for number, car in enumerate(qualifying)}
    drivers = [car.drivers[0] for car in qualifying]
    stages = {"qualifying1": ams2_stage(begins, qualifying, refs), "race1": ams2_stage(begins + 1500, race, refs)}
    done = ams2_event(1, begins, drivers, refs, stages)
    running = ams2_event(
        2, begins + 5400, drivers[:2], refs, {"practice1": {"start_time": begins + 5460, "events": {}}}
    )
    running |= {"end_time": 0, "finished": False}
    stats = {"history": [done, running], "players": {}, "server": {"name": server}, "session": {}}
    return (
        "// Persistent data for addon 'sms_stats', addon version 2.0\n// Automatically maintained by the addon, "
        f"do not edit!\n\n{json.dumps({'next_history_index': 3, 'stats': stats}, ensure_ascii=False)}\n\n// EOF //\n"
    )


def ams2_event(
    index: int, begins: int, drivers: list[Driver], refs: dict[int, int], stages: dict[str, Any]
) -> dict[str, Any]:
    members, participants = {}, {}
    for place, driver in enumerate(drivers):
        ref = refs[id(driver)]
        car = AMS2_CARS[driver.number % len(AMS2_CARS)]
        members[str(ref)] = {
            "index": place,
            "name": driver.name,
            "participantid": place,
            "setup": {"VehicleId": car},
            "steamid": str(driver.identifier),
        }
        participants[str(place)] = {"IsPlayer": 1, "Name": driver.name, "RefId": ref, "VehicleId": car}
    return {
        "index": index,
        "start_time": begins - 60,
        "end_time": begins + 5000,
        "finished": True,
        "members": members,
        "participants": participants,
        "setup": {"TrackId": AMS2_TRACK, "AllowedCutsBeforePenalty": 5},
        "stages": stages,
    }


def ams2_stage(begins: int, cars: list[Car], refs: dict[int, int]) -> dict[str, Any]:
    results, laps = [], []
    for place, car in enumerate(cars, 1):
        driver = car.drivers[0]
        ref = refs[id(driver)]
        who = {"is_player": True, "name": driver.name, "participantid": ref - 4100, "refid": ref}
        ended = car.reason_out == "Running"
        attributes = {
            "FastestLapTime": car.best() or 0,
            "Lap": len(car.laps),
            "RacePosition": place,
            "State": "Finished" if ended else "Retired",
            "TotalTime": car.total if ended else 0,
            "VehicleId": AMS2_CARS[driver.number % len(AMS2_CARS)],
        }
        results.append({"attributes": attributes, "time": begins + 1200} | who)
        for number, (_, time, valid) in enumerate(car.laps):
            first, second, third = sectors(time)
            lap = {
                "CountThisLapTimes": int(valid),
                "DistanceTravelled": 3900 * (number + 1),
                "Lap": number,
                "LapTime": time,
                "RacePosition": place,
                "Sector1Time": first,
                "Sector2Time": second,
                "Sector3Time": third,
            }
            laps.append({"attributes": lap, "event_name": "Lap", "time": begins + 90 * (number + 1)} | who)
    laps.sort(key=lambda lap: lap["time"])
    return {"start_time": begins, "end_time": begins + 1200, "results": results, "events": laps}
