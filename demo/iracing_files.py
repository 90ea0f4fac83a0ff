"""What iRacing answers for a subsession: times are 1/10,000 s, places count from 0."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cast import Driver
from driving import Car, rate

CUP = (143, "Porsche 911 GT3 Cup (992)")
GT3 = ((132, "BMW M4 GT3"), (173, "Ferrari 296 GT3"), (156, "Mercedes-AMG GT3 2020"))
GT4 = ((122, "BMW M4 GT4"), (119, "Porsche 718 Cayman GT4 Clubsport MR"))
CLASSES = {0: (95, "Porsche Cup"), 1: (2708, "GT3 Class"), 2: (2268, "GT4 Class")}


def iracing_row(driver: Driver, car: Car, seat: int | None, after: dict[int, tuple[int, int]]) -> dict[str, Any]:
    """What a driver's result says, alone (`seat` None) or within a team."""
    times = [time for each, time, _ in car.laps if seat in (None, each)]
    rating, safety = after.get(id(driver), (driver.rating, driver.license))
    return {
        "cust_id": driver.identifier,
        "display_name": driver.name,
        "laps_complete": len(times),
        "average_lap": sum(times) * 10 // len(times) if times else -1,
        "best_lap_time": -1 if (best := car.best(seat)) is None else best * 10,
        "old_license_level": driver.license // 400 * 4 + 1 + driver.license % 400 // 100,
        "old_sub_level": driver.license % 400 + 50,
        "oldi_rating": -1 if driver.ai else driver.rating,
        "new_license_level": safety // 400 * 4 + 1 + safety % 400 // 100,
        "new_sub_level": safety % 400 + 50,
        "newi_rating": -1 if driver.ai else rating,
        "incidents": sum(car.incidents.values()) if seat is None else car.incidents.get(seat, 0),
        "ai": driver.ai,
    }


def iracing_session(number: int, kind: int, cars: list[Car]) -> dict[str, Any]:
    """A session of the event: 3 is practice, 5 qualifying, 6 the race, after which ratings change."""
    after = rate(cars) if kind == 6 else {}
    in_class: dict[int, int] = {}
    results = []
    for place, car in enumerate(cars):
        in_class[car.car_class] = class_place = in_class.get(car.car_class, -1) + 1
        winner, best, first_best = cars[0], car.best() or 0, cars[0].best() or 0
        gap = car.total - winner.total if kind == 6 else best - first_best
        known = len(car.laps) == len(winner.laps) if kind == 6 else best > 0
        models = {0: (CUP,), 1: GT3, 2: GT4}[car.car_class]
        model, name = models[car.drivers[0].number % len(models)]
        row = iracing_row(car.drivers[0], car, None, after) | {
            "finish_position": place,
            "finish_position_in_class": class_place,
            "starting_position": car.grid if kind == 6 else -1,
            "interval": gap * 10 if known else -1,
            "laps_lead": (len(car.laps) if place == 0 else 0) if kind == 6 else 0,
            "reason_out": car.reason_out,
            "car_class_id": CLASSES[car.car_class][0],
            "car_class_name": CLASSES[car.car_class][1],
            "car_id": model,
            "car_name": name,
            "livery": {"car_id": model, "car_number": str(car.drivers[0].number)},
        }
        if car.team:
            row |= {"cust_id": -9000 - car.drivers[0].number, "team_id": -9000 - car.drivers[0].number}
            members = [iracing_row(driver, car, seat, after) for seat, driver in enumerate(car.drivers)]
            row |= {"display_name": car.team, "driver_results": members}
        results.append(row)
    for car in cars:
        for driver in car.drivers:
            driver.rating, driver.license = after.get(id(driver), (driver.rating, driver.license))
    name = {3: "PRACTICE", 5: "QUALIFY", 6: "RACE"}[kind]
    type_name = {3: "Open Practice", 5: "Open Qualifying", 6: "Race"}[kind]
    session = {"simsession_number": number, "simsession_type": kind, "simsession_type_name": type_name}
    return session | {"simsession_name": name, "results": results}


def iracing_document(
    subsession: int, name: str, series: str, track: tuple[str, str], when: datetime, sessions: list[dict[str, Any]]
) -> dict[str, Any]:
    """An event's file, in each of the three wrappings in turn."""
    document: dict[str, Any] = {
        "subsession_id": subsession,
        "series_name": "Hosted iRacing",
        "session_name": name,
        "league_name": series,
        "league_season_name": f"{series} 2026",
        "start_time": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "track": {"track_id": 1, "track_name": track[0], "config_name": track[1]},
        "session_results": sessions,
        "car_classes": [{"car_class_id": key, "name": label, "cars_in_class": []} for key, label in CLASSES.values()],
    }
    return (document, {"data": document}, {"type": "event_result", "data": document})[subsession % 3]
