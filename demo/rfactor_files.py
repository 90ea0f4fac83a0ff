"""What Le Mans Ultimate writes of a session: XML of rFactor's kind, in which nothing is escaped."""

from __future__ import annotations

from datetime import datetime

from driving import Car

PROLOGUE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE rF [
<!ENTITY rFEnt "rFactor Entity">
]>
"""
#: By the car's class.
MODELS = {1: ("Hyper", "Toyota GR010 2023"), 2: ("GT3", "BMW M4 GT3 2024")}
TRACK = {
    "TrackVenue": "Fuji Speedway",
    "TrackCourse": "Fuji Speedway",
    "TrackEvent": "Fuji Speedway",
    "TrackLength": "4563.0",
}


def element(name: str, text: object, **attributes: object) -> str:
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}>{text}</{name}>\n"


def seconds(time: int) -> str:
    return f"{time / 1000:.4f}"


def lmu_document(server: str, when: datetime, sessions: dict[str, list[Car]]) -> str:
    """A weekend in one file, each session by its element's name."""
    opened = int(when.timestamp())
    head = {
        "Setting": "Multiplayer",
        "ServerName": server,
        "DateTime": opened,
        "TimeString": f"{when:%Y/%m/%d %H:%M:%S}",
        "Mod": "All Tracks & Cars",
        "Season": "",
        **TRACK,
        "GameVersion": "1.2130",
        "Dedicated": 1,
    }
    inner = "".join(element(key, value) for key, value in head.items())
    found = "".join(
        lmu_session(tag, opened + 60 + number * 1800, cars) for number, (tag, cars) in enumerate(sessions.items())
    )
    return f'{PROLOGUE}<rFactorXML version="1.0">\n<RaceResults>\n{inner}{found}</RaceResults>\n</rFactorXML>\n'


def lmu_session(tag: str, begins: int, cars: list[Car]) -> str:
    in_class: dict[int, int] = {}
    rows = []
    for place, car in enumerate(cars, 1):
        in_class[car.car_class] = in_class.get(car.car_class, 0) + 1
        rows.append(lmu_driver(tag, place, in_class[car.car_class], car))
    most = max(len(car.laps) for car in cars)
    return (
        f"<{tag}>\n{element('DateTime', begins)}<Laps>2147483647</Laps>\n<Minutes>20</Minutes>\n<Stream>\n</Stream>\n"
        f"{element('MostLapsCompleted', most)}{''.join(rows)}</{tag}>\n"
    )


def lmu_driver(tag: str, place: int, class_place: int, car: Car) -> str:
    is_race = tag == "Race"
    ended = car.reason_out == "Running"
    car_class, model = MODELS[car.car_class]
    best = car.best()
    fields = {
        # Who sat in it last; the crew is told by the swaps.
        "Name": car.drivers[car.laps[-1][0] if car.laps else 0].name,
        "Connected": 1,
        "VehFile": f"CAR_{car.drivers[0].number:03}.VEH",
        "VehName": f"{car.team} #{car.drivers[0].number}",
        "CarType": model,
        "CarClass": car_class,
        "CarNumber": car.drivers[0].number,
        "TeamName": car.team,
        "isPlayer": 1,
        "ServerScored": 1,
        "GridPos": car.grid + 1 if is_race else None,
        "Position": place,
        "ClassPosition": class_place,
        "BestLapTime": seconds(best) if best else None,
        "FinishTime": seconds(car.total) if is_race and ended else None,
        "Laps": len(car.laps),
        "Pitstops": sum(lap <= len(car.laps) for lap in car.pits),
        "FinishStatus": "None" if not is_race else "Finished Normally" if ended else "DNF",
        "DNFReason": "Suspension" if is_race and not ended else None,
    }
    inner = "".join(element(key, value) for key, value in fields.items() if value is not None)
    laps, elapsed, before = [], 0, -1
    for number, (seat, time, _) in enumerate(car.laps, 1):
        first, second = time * 31 // 100, time * 37 // 100
        parts = {"s1": seconds(first), "s2": seconds(second), "s3": seconds(time - first - second)}
        if number in car.pits:
            parts["pit"] = "1"
        if seat != before and len(car.drivers) > 1:
            swap = {"startLap": number, "startTime": seconds(elapsed), "endTime": seconds(elapsed + time)}
            inner += element("Swap", car.drivers[seat].name, **swap)
            before = seat
        laps.append(element("Lap", seconds(time), num=number, p=place, et=seconds(elapsed), **parts))
        elapsed += time
    if laps:
        # What the clock did not take.
        laps[0] = element("Lap", "--.----", num=1, p=place, et="0.0000")
    return f"<Driver>\n{inner}{''.join(laps)}</Driver>\n"
