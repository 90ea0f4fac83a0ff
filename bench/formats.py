"""A race of 30 cars in each format that is read, 7 laps an entry where the format has laps, as often as one likes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from bench.result_files import DRIVERS, START, Season
from tests.results import builders, rfactor_files, server_files

CARS, LAPS = 30, 7
#: Lap times of each car, for a race.
Times = list[list[int]]


def write(folder: Path, slug: str, count: int) -> int:
    """`count` files of the format; returns how many bytes they have."""
    draw = random.Random(slug)
    size = 0
    for number in range(count):
        drivers = draw.sample(range(DRIVERS), CARS)
        times = sorted(([90_000 + draw.randrange(9_000) for _ in range(LAPS)] for _ in drivers), key=sum)
        name, data = FORMATS[slug](number, START + timedelta(hours=number), drivers, times)
        (folder / name).write_bytes(data)
        size += len(data)
    return size


def _steam(driver: int) -> str:
    return str(76561190000000001 + driver)


def _acc(number: int, at: datetime, drivers: list[int], times: Times) -> tuple[str, bytes]:
    lines = [
        builders.acc_line(
            1001 + place,
            builders.acc_driver("Driver", str(driver), f"S{_steam(driver)}"),
            bestLap=min(times[place]),
            totalTime=sum(times[place]) + place * 9_000,
            lapCount=LAPS,
        )
        for place, driver in enumerate(drivers)
    ]
    laps = [builders.acc_lap(1001 + car, time=times[car][lap]) for lap in range(LAPS) for car in range(CARS)]
    document = builders.acc_document(
        serverName=f"Server {number}", sessionResult={"isWetSession": 0, "leaderBoardLines": lines}, laps=laps
    )
    return f"{at:%y%m%d_%H%M%S}_R.json", json.dumps(document, indent=4).encode("utf-16-le")


def _ac(number: int, at: datetime, drivers: list[int], times: Times) -> tuple[str, bytes]:
    who = [(car, _steam(driver), f"Driver {driver}") for car, driver in enumerate(drivers)]
    document = server_files.ac_document(
        Cars=[server_files.ac_car(*each) for each in who],
        Result=[
            server_files.ac_line(*each, BestLap=min(times[each[0]]), TotalTime=sum(times[each[0]]) + each[0] * 9_000)
            for each in who
        ],
        Laps=[server_files.ac_lap(*each, time=times[each[0]][lap]) for lap in range(LAPS) for each in who],
    )
    return f"{at:%Y}_{at.month}_{at.day}_{at.hour}_{at.minute}_RACE.json", json.dumps(document, indent=2).encode()


def _ams2(number: int, at: datetime, drivers: list[int], times: Times) -> tuple[str, bytes]:
    begins = int(at.timestamp())
    # A car's number is the rest of what its driver joined under.
    refs = [100 + place for place in range(CARS)]
    results = [
        server_files.ams2_result(
            ref, place + 1, FastestLapTime=min(times[place]), TotalTime=sum(times[place]), Lap=LAPS
        )
        for place, ref in enumerate(refs)
    ]
    laps = [server_files.ams2_lap(ref, lap, times[place][lap]) for lap in range(LAPS) for place, ref in enumerate(refs)]
    stage = server_files.ams2_stage(*results, begins=begins, events=laps)
    event = server_files.ams2_event(*refs, stages={"race1": stage}, start_time=begins - 60, end_time=begins + 5_000)
    for ref, driver in zip(refs, drivers, strict=True):
        event["members"][str(ref)]["steamid"] = _steam(driver)
    document = server_files.ams2_document(event, server={"name": f"Server {number}"})
    return f"sms_stats_data_{number}.json", server_files.ams2_text(document).encode()


def _raceroom(number: int, at: datetime, drivers: list[int], times: Times) -> tuple[str, bytes]:
    players = [
        server_files.raceroom_player(
            1 + driver,
            place + 1,
            BestLapTime=min(times[place]),
            TotalTime=sum(times[place]) + place * 9_000,
            RaceSessionLaps=[server_files.raceroom_lap(time, place + 1) for time in times[place]],
        )
        for place, driver in enumerate(drivers)
    ]
    document = server_files.raceroom_document(
        server_files.raceroom_session("Race", *players),
        Server=f"Server {number}",
        StartTime=f"/Date({int(at.timestamp())}000+0000)/",
        Time=f"/Date({int(at.timestamp()) + 3600}000)/",
    )
    return f"raceroom_{number}.json", json.dumps(document, indent=2).encode()


def _rfactor(number: int, at: datetime, drivers: list[int], times: Times) -> tuple[str, bytes]:
    rows = [
        rfactor_files.driver(
            f"Driver {driver}",
            place + 1,
            *(
                rfactor_files.lap(lap + 1, f"{time / 1000:.4f}", s1="30.1000", s2="30.2000", s3="30.2000")
                for lap, time in enumerate(times[place])
            ),
            BestLapTime=f"{min(times[place]) / 1000:.4f}",
            FinishTime=f"{sum(times[place]) / 1000 + place * 9:.4f}",
            Laps=LAPS,
        )
        for place, driver in enumerate(drivers)
    ]
    session = rfactor_files.session(*rows, started=int(at.timestamp()))
    document = rfactor_files.document(session, ServerName=f"Server {number}", DateTime=int(at.timestamp()) - 60)
    return f"rfactor_{number}.xml", document.encode()


@cache
def _season() -> Season:
    return Season()


def _iracing(number: int, at: datetime, drivers: list[int], times: Times) -> tuple[str, bytes]:
    document = _season().iracing(number, at)
    return f"eventresult-{number}.json", json.dumps(document).encode()


def _simlane_csv(number: int, at: datetime, drivers: list[int], times: Times) -> tuple[str, bytes]:
    lines = ["event,simulator,track,session,date,position,driver,driver_id,number,car,laps,best_lap"]
    lines += [
        f"Round {number},Assetto Corsa,Monza,Race,{at:%Y-%m-%d %H:%M},{place + 1},Driver {driver},{_steam(driver)},"
        f"{place + 1},Mazda MX-5,{LAPS},1:{min(times[place]) / 1000 - 60:06.3f}"
        for place, driver in enumerate(drivers)
    ]
    return f"round_{number}.csv", "\r\n".join(lines).encode()


FORMATS: dict[str, Callable[[int, datetime, list[int], Times], tuple[str, bytes]]] = {
    "iracing": _iracing,
    "acc": _acc,
    "ac": _ac,
    "ams2": _ams2,
    "raceroom": _raceroom,
    "rfactor": _rfactor,
    "simlane-csv": _simlane_csv,
}
