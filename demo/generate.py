"""Writes the demo results beside this file, or into a folder: python demo/generate.py [folder].

They are the same files every time, byte for byte.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from acc_files import NO_TIME, Penalties, acc_document
from cast import GT3_CARS, TEAMS, Driver, acc_drivers, iracing_drivers, nameless_drivers, raceroom_drivers
from driving import Car, practice, race
from iracing_files import iracing_document, iracing_session
from rfactor_files import lmu_document
from server_files import ac_document, ams2_log, raceroom_document
from table_files import iracing_csv, simlane_csv

FOLDERS = ("acc", "iracing", "ac", "raceroom", "ams2", "lmu", "simlane")
FILES: dict[str, bytes] = {}


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


ACC_ROUNDS = (
    ("brands_hatch", "Brands Hatch", 84_200, at(3, 12, 20, 30), False),
    ("monza", "Monza", 107_900, at(4, 23, 20, 30), False),
    ("spa", "Spa", 138_400, at(6, 4, 20, 30), True),
    ("nurburgring", "Nürburgring", 114_600, at(8, 27, 20, 30), False),
    ("suzuka", "Suzuka", 119_700, at(10, 8, 20, 30), True),
    ("barcelona", "Barcelona", 104_100, at(11, 19, 20, 30), False),
)
IRACING_ROUNDS = (
    ("Lime Rock Park", "Grand Prix", 53_900, at(3, 22, 18)),
    ("Okayama International Circuit", "Full Course", 92_300, at(5, 10, 18)),
    ("WeatherTech Raceway at Laguna Seca", "N/A", 83_600, at(6, 21, 18)),
    ("Oulton Park Circuit", "International", 93_800, at(8, 9, 18)),
    ("Road America", "Full Course", 128_500, at(9, 27, 18)),
    ("Watkins Glen International", "Boot", 111_400, at(11, 15, 18)),
)


def season_at(when: datetime) -> float:
    """How much of the season, March to November, has passed."""
    return (when - at(3, 1)).days / 270


def attending(rng: random.Random, drivers: list[Driver], regulars: int, count: int) -> list[Driver]:
    """The first `regulars` and some of the others."""
    return drivers[:regulars] + rng.sample(drivers[regulars:], count - regulars)


def write(path: str, document: dict[str, Any], encoding: str = "utf-8") -> None:
    FILES[path] = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(encoding)


def write_acc(
    when: datetime, kind: str, track: str, server: str, cars: list[Car], *, encoding: str = "utf-16-le", **odd: Any
) -> None:
    """A session's file, named by `when`, the session's end, as the server does."""
    write(f"acc/{when:%y%m%d_%H%M%S}_{kind}.json", acc_document(kind, track, server, cars, **odd), encoding)


def write_iracing(subsession: int, *what: Any) -> None:
    write(f"iracing/eventresult-{subsession}.json", iracing_document(subsession, *what))


def acc_league(drivers: list[Driver]) -> None:
    """Six rounds of practice, qualifying and race; Jonas goes by a longer name from the fourth on."""
    for number, (track, title, base, when, wet) in enumerate(ACC_ROUNDS, 1):
        rng = random.Random(f"acc {number}")  # noqa: S311 - results, not secrets
        season = season_at(when)
        server = f"Apex Night League | Round {number} | {title}"
        if number == 4:
            drivers[10].name = "Jonas Veldhuizen-Okoro"
        pace = round(base * 1.08) if wet else base
        # The two of the same name race each other in the middle of the season.
        cars = [Car([driver]) for driver in attending(rng, drivers[:32], 14, 20)]
        if number in (3, 4):
            cars[-1] = Car([drivers[-1]])
        session = practice(rng, cars, pace, 5, season, push=0.7)
        session[-1].laps = [(0, NO_TIME, False)]
        write_acc(when, "FP", track, server, session, wet=wet, ghosts=3 if number == 2 else 0)
        grid = practice(rng, cars, pace, 4, season, push=1.0)
        write_acc(when + timedelta(minutes=20), "Q", track, server, grid, wet=wet)
        result = race(rng, grid, pace, 12, season, retire=0.05)
        if number == 5:
            result[-1].laps, result[-1].incidents = [], {}
        penalties: Penalties = ((3, "Cutting", "DriveThrough", 4),)
        if number == 2:
            penalties += ((6, "Trolling", "Disqualified", 9),)
        end = when + timedelta(minutes=28, milliseconds=result[0].total)
        write_acc(end, "R", track, server, result, wet=wet, penalties=penalties)


def acc_public(drivers: list[Driver]) -> None:
    """A public server: no name, UTF-8, made-up ids, and a car with fewer laps that stands too high."""
    rng, when = random.Random("public"), at(9, 2, 22, 10)  # noqa: S311
    cars = [Car([driver]) for driver in rng.sample(drivers[8:40], 12) + nameless_drivers()]
    grid = practice(rng, cars, 94_300, 4, season_at(when), push=1.0)
    result = race(rng, grid, 94_300, 10, season_at(when), retire=0.08)
    result.insert(2, result.pop())
    write_acc(when, "R", "misano", "", result, encoding="utf-8", ghosts=2)


def acc_endurance(drivers: list[Driver]) -> None:
    """Teams of two and three share a car for thirty laps."""
    rng, when = random.Random("endurance"), at(7, 18, 15)  # noqa: S311
    free = rng.sample(drivers[30:53], 22)
    free.insert(3, drivers[0])
    cars = []
    for place, team in enumerate(TEAMS):
        size = 3 if place % 3 == 0 else 2
        seats, free = free[:size], free[size:]
        cars.append(Car(seats, team, GT3_CARS[place] if place < 7 else 50 + place, 0.0 if place < 7 else 0.075))
    grid = practice(rng, cars, 115_300, 4, season_at(when), push=1.0)
    server = "Apex Endurance Cup | 1 Hour of Paul Ricard"
    write_acc(when, "Q", "paul_ricard", server, grid)
    result = race(rng, grid, 115_300, 30, season_at(when), retire=0.04)
    write_acc(when + timedelta(milliseconds=result[0].total), "R", "paul_ricard", server, result)


def iracing_league(drivers: list[Driver], number: int) -> None:
    """A round: practice, qualifying and race in one file; the fourth has an AI driver and a disqualification."""
    track, layout, base, when = IRACING_ROUNDS[number - 1]
    rng, season = random.Random(f"iracing {number}"), season_at(when)  # noqa: S311
    cars = [Car([driver]) for driver in attending(rng, drivers[:34], 12, 20)]
    if number == 4:
        cars.append(Car([Driver("Autopilot Annie", 9199999, 0, 0, 0.02, 0.0, ai=True)]))
    warm = practice(rng, cars, base, 6, season, push=0.7)
    grid = practice(rng, cars, base, 4, season, push=1.0)
    result = race(rng, grid, base, 18, season, retire=0.04)
    if number == 4:
        result.append(result.pop(5))
        result[-1].reason_out = "Disqualified"
    sessions = [iracing_session(0, 6, result), iracing_session(-1, 5, grid), iracing_session(-2, 3, warm)]
    title = f"Sunday Cup, round {number}: {track.split(' at ')[-1]}"
    write_iracing(81_000_000 + number, title, "Sunday Cup", (track, layout), when, sessions)


def iracing_teams(drivers: list[Driver]) -> None:
    """Eight teams of two and three at Sebring."""
    rng, when = random.Random("teams"), at(7, 4, 13)  # noqa: S311
    free = drivers[30:48]
    free.insert(2, drivers[0])
    cars = []
    for place, team in enumerate(TEAMS[1:9]):
        size = 3 if place < 3 else 2
        cars.append(Car(free[:size], team, car_class=1))
        free = free[size:]
    result = race(rng, practice(rng, cars, 119_900, 4, 0.45, push=1.0), 119_900, 60, 0.45, retire=0.05)
    track = ("Sebring International Raceway", "International")
    write_iracing(81_000_101, "Two Hours of Sebring", "Team Classics", track, when, [iracing_session(0, 6, result)])


def iracing_classes(drivers: list[Driver]) -> None:
    """GT3 and GT4 together at Daytona."""
    rng, when = random.Random("classes"), at(10, 25, 17)  # noqa: S311
    gt3 = [Car([driver], car_class=1) for driver in drivers[:13]]
    cars = gt3 + [Car([driver], car_class=2, slower=0.09) for driver in drivers[38:49]]
    grid = practice(rng, cars, 105_700, 4, 0.88, push=1.0)
    result = race(rng, grid, 105_700, 24, 0.88, retire=0.05)
    sessions = [iracing_session(0, 6, result), iracing_session(-1, 5, grid)]
    track = ("Daytona International Speedway", "Road Course")
    write_iracing(81_000_102, "Autumn GT Challenge", "Autumn GT", track, when, sessions)


def ac_evening(drivers: list[Driver]) -> None:
    """A qualifying and a race of small cars in three slots too many, with somebody who left in between."""
    rng, when = random.Random("ac"), at(5, 20, 19)  # noqa: S311
    cars = [Car([driver]) for driver in rng.sample(drivers[:30], 9)]
    track, season = ("ks_brands_hatch", "indy"), season_at(when)
    grid = practice(rng, cars, 58_400, 5, season, push=1.0)
    result = race(rng, grid, 58_400, 12, season, retire=0.0)
    left = drivers[40]
    for kind, time, found in (("QUALIFY", when, grid), ("RACE", when + timedelta(minutes=16), result)):
        name = f"{time:%Y}_{time.month}_{time.day}_{time.hour}_{time.minute}_{kind}.json"
        write(f"ac/{name}", ac_document(kind, track, found, slots=12, left=left))


def raceroom_evening(drivers: list[Driver]) -> None:
    """A qualifying and a race in one file."""
    rng, when = random.Random("raceroom"), at(6, 10, 19)  # noqa: S311
    cars = [Car([driver]) for driver in rng.sample(drivers, 10)]
    grid = practice(rng, cars, 104_600, 4, season_at(when), push=1.0)
    result = race(rng, grid, 104_600, 9, season_at(when), retire=0.08, stop=23_400)
    document = raceroom_document(
        "Hockenheim Wednesdays", ("Hockenheimring", "Grand Prix"), when, {"Qualify": grid, "Race": result}
    )
    write("raceroom/2026-06-10-results.json", document)


def ams2_evening(drivers: list[Driver]) -> None:
    """A qualifying and a race in a log that goes on."""
    rng, when = random.Random("ams2"), at(8, 19, 18, 30)  # noqa: S311
    cars = [Car([driver]) for driver in rng.sample(drivers[:40], 8)]
    grid = practice(rng, cars, 91_800, 4, season_at(when), push=1.0)
    result = race(rng, grid, 91_800, 10, season_at(when), retire=0.08)
    FILES["ams2/sms_stats_data.json"] = ams2_log("Garage 21 Open", when, grid, result).encode()


def lmu_evening(drivers: list[Driver]) -> None:
    """Two classes, the faster one in crews of two; names only."""
    rng, when = random.Random("lmu"), at(9, 12, 17)  # noqa: S311
    free = rng.sample(drivers[10:45], 13)
    teams = ("Polar Night & Sons", *TEAMS[1:9])
    cars = [Car([free.pop(), free.pop()], teams[number], car_class=1) for number in range(4)]
    cars += [Car([free.pop()], teams[4 + number], car_class=2, slower=0.13) for number in range(5)]
    grid = practice(rng, cars, 89_900, 4, season_at(when), push=1.0)
    result = race(rng, grid, 89_900, 16, season_at(when), retire=0.06, stop=41_700)
    text = lmu_document("Blue Hour Endurance Open", when, {"Qualify": grid, "Race": result})
    FILES["lmu/2026_09_12_17_00_00-25R1.xml"] = text.encode()


def iracing_export(drivers: list[Driver]) -> None:
    """A race that somebody exported from iRacing's pages."""
    rng, when = random.Random("export"), at(11, 22, 19)  # noqa: S311
    cars = [Car([driver]) for driver in rng.sample(drivers[:40], 11)]
    grid = practice(rng, cars, 78_300, 4, season_at(when), push=1.0)
    result = race(rng, grid, 78_300, 14, season_at(when), retire=0.05)
    text = iracing_csv("Sunday Cup Finale", "Circuit Zandvoort - Grand Prix", when, result)
    FILES["iracing/eventresult_81000201.csv"] = text.encode()


def gran_turismo(drivers: list[Driver]) -> None:
    """Gran Turismo 7, kept by hand."""
    rng, when = random.Random("gt7"), at(10, 17, 20)  # noqa: S311
    cars = [Car([driver], TEAMS[number]) for number, driver in enumerate(rng.sample(drivers[:20], 8))]
    grid = practice(rng, cars, 118_700, 3, season_at(when), push=1.0)
    result = race(rng, grid, 118_700, 8, season_at(when), retire=0.08)
    sessions = [("Qualifying", when, grid), ("Race", when + timedelta(minutes=20), result)]
    FILES["simlane/gran-turismo-round-3.csv"] = simlane_csv(
        ("Round 3: Suzuka", "Couch Racers Cup"), ("Suzuka Circuit", ""), sessions
    ).encode("utf-8-sig")


def main(target: Path) -> None:
    on_acc, on_iracing = acc_drivers(), iracing_drivers()
    acc_league(on_acc)
    acc_public(on_acc)
    acc_endurance(on_acc)
    # In the order they were driven, because ratings go from one to the next.
    for number in (1, 2, 3):
        iracing_league(on_iracing, number)
    iracing_teams(on_iracing)
    for number in (4, 5):
        iracing_league(on_iracing, number)
    iracing_classes(on_iracing)
    iracing_league(on_iracing, 6)
    iracing_export(on_iracing)
    # By the names of their drivers' other profiles, as a league's people race on more than one simulator.
    ac_evening(on_acc)
    raceroom_evening(raceroom_drivers())
    ams2_evening(on_acc)
    lmu_evening(on_acc)
    gran_turismo(on_acc)
    for folder in FOLDERS:
        shutil.rmtree(target / folder, ignore_errors=True)
        (target / folder).mkdir(parents=True)
    for path, data in FILES.items():
        (target / path).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
