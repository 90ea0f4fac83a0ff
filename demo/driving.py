"""Drives the demo's sessions: laps, accidents and classifications, the same ones every time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from cast import Driver

NO_LAPS = 10**9


@dataclass
class Car:
    """A car in a session, with its drivers' laps as (seat, milliseconds, valid) and what became of it."""

    drivers: list[Driver]
    team: str = ""
    model: int = 0
    slower: float = 0.0  #: by class, as a part of a lap
    grid: int = -1
    car_class: int = 0
    laps: list[tuple[int, int, bool]] = field(default_factory=list)
    incidents: dict[int, int] = field(default_factory=dict)
    reason_out: str = "Running"
    pits: set[int] = field(default_factory=set)  #: its laps through the pits, from 1

    @property
    def total(self) -> int:
        """Milliseconds of all its laps."""
        return sum(time for _, time, _ in self.laps)

    def best(self, seat: int | None = None) -> int | None:
        """The best valid lap, of one driver or of all."""
        times = [time for each, time, valid in self.laps if valid and seat in (None, each)]
        return min(times, default=None)

    def again(self) -> Car:
        """The same car before another session."""
        return Car(self.drivers, self.team, self.model, self.slower, self.grid, self.car_class)


def _drive(rng: random.Random, car: Car, base: int, count: int, season: float, *, push: float) -> None:
    for lap in range(count):
        seat = lap * len(car.drivers) // count
        driver = car.drivers[seat]
        time = base * (1 + car.slower + driver.pace_at(season) * 0.8 + (1 - push) * 0.006)
        time += abs(rng.gauss(0, base * 0.0035)) + (4500 if lap == 0 and push < 1 else 0)
        valid = rng.random() > 0.05 * driver.care
        if rng.random() < 0.045 * driver.care:
            valid = False
            time += rng.uniform(1500, 9000)
            car.incidents[seat] = car.incidents.get(seat, 0) + rng.choice((1, 1, 2, 4))
        car.laps.append((seat, round(time), valid))


def practice(rng: random.Random, cars: list[Car], base: int, laps: int, season: float, *, push: float) -> list[Car]:
    """The cars after a session against the clock, best lap first; `push` is 1 on the limit."""
    run = [car.again() for car in cars]
    for car in run:
        _drive(rng, car, base, rng.randint(max(2, laps - 2), laps), season, push=push)
    return sorted(run, key=lambda car: (car.best() or NO_LAPS, car.laps[0][1]))


def _stop(car: Car, place: int, cost: int) -> None:
    """A crew changes drivers in the pits; who drives alone goes through them once, about half way."""
    changes = [lap for lap, (one, other) in enumerate(pairwise(seat for seat, *_ in car.laps), 1) if one != other]
    for lap in changes or [len(car.laps) // 2 + place % 3]:
        seat, time, valid = car.laps[lap - 1]
        car.laps[lap - 1] = (seat, time + cost, valid)
        car.pits.add(lap)


def race(
    rng: random.Random, grid: list[Car], base: int, laps: int, season: float, *, retire: float, stop: int = 0
) -> list[Car]:
    """The cars in the order they finished, retired ones by their laps; the flag falls for all when the winner ends.

    `stop` is what the pits cost, in milliseconds; 0 where nobody goes there.
    """
    run = [car.again() for car in grid]
    for place, car in enumerate(run):
        car.grid = place
        _drive(rng, car, base, laps, season, push=0.5)
        seat, time, _ = car.laps[0]
        car.laps[0] = (seat, time + place * 450, False)
        if stop:
            _stop(car, place, stop)
        if rng.random() < retire * max(driver.care for driver in car.drivers):
            car.reason_out = rng.choice(("Disconnected", "Disconnected", "Mechanical"))
            car.laps = car.laps[: rng.randint(1, laps - 2)]
            car.incidents[0] = car.incidents.get(0, 0) + 4
    flag = min(car.total for car in run if car.reason_out == "Running")
    for car in run:
        elapsed = 0
        for done, (_, time, _) in enumerate(car.laps, 1):
            elapsed += time
            if elapsed >= flag:
                car.laps = car.laps[:done]
                break
    return sorted(run, key=lambda car: (-len(car.laps), car.total))


def rate(cars: list[Car]) -> dict[int, tuple[int, int]]:
    """New ratings and licences after a race, by the driver's place in memory: an Elo of everybody against everybody."""
    field_of = [(place, driver) for place, car in enumerate(cars) for driver in car.drivers if not driver.ai]
    after = {}
    for place, driver in field_of:
        score = 0.0
        for other_place, other in field_of:
            if other_place != place:
                expected = 1 / (1 + 10 ** ((other.rating - driver.rating) / 1600))
                score += (1.0 if place < other_place else 0.0) - expected
        incidents = sum(cars[place].incidents.values()) / len(cars[place].drivers)
        safety = min(2199, max(100, driver.license + round(28 - 11 * incidents)))
        after[id(driver)] = (max(400, driver.rating + round(score * 190 / len(field_of))), safety)
    return after
