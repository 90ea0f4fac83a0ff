"""Tables: the export of iRacing's pages, and SimLane CSV as a league keeps it by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from driving import Car, rate

GT7_CARS = ("Mazda RX-Vision GT3", "Porsche 911 RSR", "BMW M6 GT3", "Subaru WRX Gr.3")
OF_EVENT = ("event", "series", "simulator", "track", "layout", "session", "date")
OF_CAR = ("position", "driver", "team", "number", "car", "class", "grid", "laps", "total_time", "gap", "best_lap")


def clock(time: int | None, *, empty: str = "") -> str:
    if time is None:
        return empty
    return f"{time // 60_000}:{time % 60_000 // 1000:02}.{time % 1000:03}"


def iracing_csv(series: str, track: str, when: datetime, cars: list[Car]) -> str:
    """A race: blocks of headings and values with an empty line behind each, all cells in quotes."""
    after = rate(cars)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    head = {
        "Start Time": f"{when:%Y.%m.%d} {when:%I:%M %p} GMT".replace(" 0", " "),
        "Track": track,
        "Series": "Hosted iRacing",
        "Hosted Session Name": series,
    }
    for block in (
        head,
        {"League Name": series, "League ID": "9012", "League Season": f"{series} 2026", "League Season ID": "34"},
    ):
        writer.writerows([block.keys(), block.values()])
        out.write("\r\n")
    winner = cars[0]
    for place, car in enumerate(cars, 1):
        driver = car.drivers[0]
        rating, safety = after.get(id(driver), (driver.rating, driver.license))
        down = len(winner.laps) - len(car.laps)
        times = [time for _, time, _ in car.laps]
        row = {
            "Fin Pos": place,
            "Car ID": 143,
            "Car": "Porsche 911 GT3 Cup (992)",
            "Car Class ID": 95,
            "Car Class": "Porsche Cup",
            "Team ID": driver.identifier,
            "Cust ID": driver.identifier,
            "Name": driver.name,
            "Start Pos": car.grid + 1,
            "Car #": driver.number,
            "Out ID": 0 if car.reason_out == "Running" else 32,
            "Out": car.reason_out,
            "Interval": f"-{down}L" if down else f"-{(car.total - winner.total) / 1000:06.3f}",
            "Laps Led": len(winner.laps) if place == 1 else 0,
            "Qualify Time": "",
            "Average Lap Time": clock(sum(times) // len(times) if times else None),
            "Fastest Lap Time": clock(car.best()),
            "Fast Lap#": 1 + times.index(car.best() or 0) if car.best() else "",
            "Laps Comp": len(car.laps),
            "Inc": sum(car.incidents.values()),
            "Old iRating": -1 if driver.ai else driver.rating,
            "New iRating": -1 if driver.ai else rating,
            "Old License Level": driver.license // 400 * 4 + 1 + driver.license % 400 // 100,
            "Old License Sub-Level": driver.license % 400 + 50,
            "New License Level": safety // 400 * 4 + 1 + safety % 400 // 100,
            "New License Sub-Level": safety % 400 + 50,
            "AI": int(driver.ai),
        }
        if place == 1:
            writer.writerow(row.keys())
        writer.writerow(row.values())
    return out.getvalue()


def simlane_csv(
    event: tuple[str, str], track: tuple[str, str], sessions: Sequence[tuple[str, datetime, list[Car]]]
) -> str:
    """Gran Turismo 7, which gives no files and no ids; what repeats the line above is left empty, as people do."""
    out = io.StringIO()
    writer = csv.DictWriter(out, (*OF_EVENT, *OF_CAR, "incidents"), delimiter=";")
    writer.writeheader()
    before: dict[str, object] = {}
    for session, when, cars in sessions:
        for place, car in enumerate(cars, 1):
            head: dict[str, object] = {
                "event": event[0],
                "series": event[1],
                "simulator": "Gran Turismo 7",
                "track": track[0],
                "layout": track[1],
                "session": session,
                "date": f"{when:%d.%m.%Y %H:%M}",
            }
            row = {key: value for key, value in head.items() if before.get(key) != value}
            before = head
            writer.writerow(row | _car(session == "Race", place, car, cars[0]))
    return out.getvalue()


def _car(is_race: bool, place: int, car: Car, winner: Car) -> dict[str, object]:
    driver = car.drivers[0]
    ended = car.reason_out == "Running"
    down = len(winner.laps) - len(car.laps)
    row: dict[str, object] = {
        "position": place if ended or not is_race else "DNF",
        "driver": driver.name,
        "team": car.team,
        "number": driver.number,
        "car": GT7_CARS[driver.number % len(GT7_CARS)],
        "class": "Gr.3",
        "laps": len(car.laps),
        "best_lap": clock(car.best()),
    }
    if is_race:
        row |= {"grid": car.grid + 1, "incidents": sum(car.incidents.values())}
        if ended and down:
            row["gap"] = f"+{down} lap{'s' if down > 1 else ''}"
        elif ended:
            row["total_time"] = clock(car.total)
    return row
