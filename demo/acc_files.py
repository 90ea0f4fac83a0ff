"""What an Assetto Corsa Competizione server writes of a session."""

from __future__ import annotations

from typing import Any

from cast import Driver
from driving import Car

NO_TIME = 2_147_483_647
#: (place from 0, reason, penalty, lap)
Penalties = tuple[tuple[int, str, str, int], ...]


def acc_driver(driver: Driver) -> dict[str, Any]:
    first, _, last = driver.name.partition(" ")
    player_id = f"S{driver.identifier}" if isinstance(driver.identifier, int) else driver.identifier
    return {"firstName": first, "lastName": last, "shortName": last[:3].upper(), "playerId": player_id}


def acc_line(car_id: int, car: Car) -> dict[str, Any]:
    drivers = [acc_driver(driver) for driver in car.drivers]
    last = car.laps[-1] if car.laps else (0, NO_TIME, False)
    best = car.best()
    return {
        "car": {
            "carId": car_id,
            "raceNumber": car.drivers[0].number,
            "carModel": car.model or car.drivers[0].model,
            "cupCategory": 0,
            "teamName": car.team,
            "nationality": 0,
            "drivers": drivers,
        },
        "currentDriver": drivers[last[0]],
        "currentDriverIndex": last[0],
        "timing": {
            "lastLap": last[1],
            "lastSplits": splits(last[1]),
            "bestLap": NO_TIME if best is None else best,
            "bestSplits": splits(NO_TIME if best is None else best),
            "totalTime": car.total,
            "lapCount": len(car.laps),
            "lastSplitId": 0,
        },
        "missingMandatoryPitstop": -1,
        "driverTotalTimes": [0.0] * len(drivers),
    }


def splits(time: int) -> list[int]:
    """Three sectors of a lap, as the game rounds them."""
    if time >= NO_TIME:
        return [NO_TIME] * 3
    first, second = time * 31 // 300 * 3, time * 37 // 300 * 3
    return [first, second, time - first - second]


def acc_document(
    kind: str,
    track: str,
    server: str,
    cars: list[Car],
    *,
    wet: bool = False,
    ghosts: int = 0,
    penalties: Penalties = (),
) -> dict[str, Any]:
    """One session's file. `ghosts` are laps of a car that left, `penalties` are of cars by their place."""
    ids = {id(cars[at].drivers[0]): 1001 + at for at in range(len(cars))}
    laps = []
    for car in cars:
        elapsed = 0
        for seat, time, valid in car.laps:
            elapsed += time
            lap = {"carId": ids[id(car.drivers[0])], "driverIndex": seat, "laptime": time, "isValidForBest": valid}
            laps.append((elapsed, lap | {"splits": splits(time)}))
    laps += [(0, {**laps[at][1], "carId": 1099}) for at in range(ghosts)]
    best = min((best for car in cars if (best := car.best())), default=NO_TIME)
    document: dict[str, Any] = {
        "sessionType": kind,
        "trackName": track,
        "sessionIndex": {"FP": 0, "Q": 1, "R": 2}[kind],
        "sessionResult": {
            "bestlap": best,
            "bestSplits": splits(best),
            "isWetSession": int(wet),
            "type": int(kind == "R"),
            "leaderBoardLines": [acc_line(ids[id(car.drivers[0])], car) for car in cars],
        },
        "laps": [lap for _, lap in sorted(laps, key=lambda pair: pair[0])],
        "penalties": [penalty(1001 + place, reason, what, lap) for place, reason, what, lap in penalties],
        "post_race_penalties": [],
    }
    if server:
        document["serverName"] = server
    return document


def penalty(car_id: int, reason: str, what: str, lap: int) -> dict[str, Any]:
    """A penalty that was given in `lap`."""
    given = {"carId": car_id, "driverIndex": 0, "reason": reason, "penalty": what}
    return given | {"penaltyValue": 0, "violationInLap": lap, "clearedInLap": 0}
