"""Result files of a season that never was, in the shapes the servers write: a crowd of drivers who come back."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.synthetic import Names

DRIVERS = 20_000
CARS = 30
LAPS = 25
GRID = 25
START = datetime(2026, 1, 1, 20, tzinfo=UTC)


class Season:
    """Writes files; the same ones for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.names = Names(seed).many(DRIVERS)

    def write(self, folder: Path, count: int) -> int:
        """`count` files, every second one of each format; returns how many bytes they have."""
        size = 0
        for number in range(count):
            at = START + timedelta(minutes=20 * number)
            if number % 2:
                name, data = f"{at:%y%m%d_%H%M%S}_R.json", json.dumps(self._acc(number), indent=4).encode("utf-16-le")
            else:
                name, data = f"eventresult-{number}.json", json.dumps(self.iracing(number, at)).encode()
            (folder / name).write_bytes(data)
            size += len(data)
        return size

    def _acc(self, number: int) -> dict[str, Any]:
        drivers = self.random.sample(range(DRIVERS), CARS)
        best = [100_000 + self.random.randrange(4_000) for _ in drivers]
        lines = [
            {
                "car": {
                    "carId": 1001 + place,
                    "raceNumber": place + 1,
                    "carModel": self.random.randrange(37),
                    "cupCategory": 0,
                    "teamName": "",
                    "drivers": [
                        {
                            "firstName": self.names[driver].split()[0],
                            "lastName": self.names[driver].split()[1],
                            "shortName": "AAA",
                            "playerId": f"S{76561190000000001 + driver}",
                        }
                    ],
                },
                "currentDriverIndex": 0,
                "timing": {"bestLap": best[place], "totalTime": LAPS * 105_000 + place * 900, "lapCount": LAPS},
            }
            for place, driver in enumerate(drivers)
        ]
        laps = []
        for _ in range(LAPS):
            for place in range(CARS):
                time = best[place] + self.random.randrange(4_000)
                splits = [time // 3, time // 3, time - 2 * (time // 3)]
                car = 1001 + place
                laps.append({"carId": car, "driverIndex": 0, "laptime": time, "isValidForBest": True, "splits": splits})
        return {
            "sessionType": "R",
            "trackName": self.random.choice(["monza", "spa", "imola", "suzuka", "kyalami"]),
            "serverName": f"Race {number}",
            "sessionIndex": 2,
            "sessionResult": {"isWetSession": 0, "type": 1, "leaderBoardLines": lines},
            "laps": laps,
            "penalties": [],
        }

    def iracing(self, number: int, at: datetime) -> dict[str, Any]:
        drivers = self.random.sample(range(DRIVERS), GRID)
        return {
            "subsession_id": 80_000_000 + number,
            "session_name": f"Official {number}",
            "series_name": "A series",
            "start_time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "track": {"track_name": f"Track {number % 40}", "config_name": "Full"},
            "car_classes": [{"car_class_id": 1, "name": "Cup", "cars_in_class": [{"car_id": 88}]}],
            "session_results": [
                {
                    "simsession_number": session,
                    "simsession_type": kind,
                    "simsession_name": name,
                    "results": [self._iracing_result(driver, place) for place, driver in enumerate(drivers)],
                }
                for session, kind, name in ((-2, 3, "PRACTICE"), (-1, 4, "QUALIFY"), (0, 6, "RACE"))
            ],
        }

    def _iracing_result(self, driver: int, place: int) -> dict[str, Any]:
        return {
            "cust_id": 100_000 + driver,
            "display_name": self.names[driver],
            "finish_position": place,
            "finish_position_in_class": place,
            "starting_position": place,
            "laps_lead": 0,
            "laps_complete": 20,
            "interval": place * 9_000,
            "average_lap": 950_000,
            "best_lap_time": 940_000 + self.random.randrange(20_000),
            "reason_out": "Running",
            "car_class_id": 1,
            "car_id": 88,
            "car_name": "Porsche 911 GT3 Cup",
            "livery": {"car_number": str(place)},
            "old_license_level": 13,
            "new_license_level": 13,
            "old_sub_level": 370,
            "new_sub_level": 380,
            "oldi_rating": 2_000,
            "newi_rating": 2_020,
            "incidents": 4,
        }
