"""`make bench-ratings`: the rating and its references on made-up series of many kinds, and its speed.

One real series does not show whether a rating suits others. Each series here has drivers of known skill that drifts, in
logarithms of odds, and races with noise of that scale, incidents and retirements. No database.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time

import numpy as np

from simlane.ratings.evaluation import SYSTEMS, measure
from simlane.ratings.races import Entry, Race, Races
from simlane.ratings.skill import Skill


@dataclass(frozen=True, slots=True)
class Kind:
    """How a series is made up. `drift` is the standard deviation of a driver's change in a year."""

    active: int
    cars: tuple[int, int]
    spread: float
    drift: float
    races_a_year: int
    races: int = 500
    #: Standard deviation of what two team mates gain or lose by each year's car.
    car: float = 0.0
    #: Share of the drivers who leave each year, a newcomer for each.
    leaving: float = 0.15
    #: What a newcomer lacks at first and learns in some 16 races.
    learning: float = 0.0
    irregular: bool = False
    crew: int = 1
    incidents: float = 0.05
    retired: float = 0.1


KINDS = {
    "equal cars": Kind(35, (24, 28), 0.8, 0.15, 20),
    "43 cars, incidents": Kind(70, (38, 43), 0.6, 0.15, 36, car=0.3, incidents=0.12),
    "a new car each year": Kind(26, (18, 22), 0.7, 0.2, 18, car=1.4, retired=0.25),
    "club, newcomers": Kind(400, (8, 40), 1.5, 0.4, 50, leaving=0.5, learning=1.0, irregular=True),
    "small fields": Kind(14, (5, 8), 1.2, 0.4, 30),
    "a race every day": Kind(300, (12, 30), 1.5, 0.5, 400, races=900, learning=0.8, irregular=True),
    "crews of two": Kind(110, (25, 45), 1.0, 0.3, 10, races=300, crew=2),
    "crews of three": Kind(120, (20, 30), 1.0, 0.3, 8, races=250, car=0.6, crew=3, retired=0.2),
    "up to 60 cars": Kind(90, (30, 60), 2.5, 0.6, 15),
    "nearly equal drivers": Kind(50, (20, 30), 0.35, 0.05, 20, incidents=0.1),
}


def series(kind: Kind, seed: int) -> Races:
    """A series of this kind."""
    chance = np.random.default_rng(seed)
    skill = chance.normal(0, kind.spread, kind.active)
    eager = chance.beta(0.4, 2, kind.active) + 0.01 if kind.irregular else np.ones(kind.active)
    number, started, lacking = np.arange(kind.active), kind.active, np.zeros(kind.active)
    car = np.zeros(kind.active)
    races = []
    for done in range(kind.races):
        if done % kind.races_a_year == 0:
            car = chance.normal(0, kind.car, kind.active)[chance.permutation(kind.active) // 2]
            gone = np.flatnonzero(chance.random(kind.active) < kind.leaving) if done else np.array([], dtype=int)
            number[gone] = np.arange(started, started + len(gone))
            started += len(gone)
            skill[gone], lacking[gone] = chance.normal(0, kind.spread, len(gone)), kind.learning
        skill += chance.normal(0, kind.drift / kind.races_a_year**0.5, kind.active)
        cars = min(int(chance.integers(kind.cars[0], kind.cars[1] + 1)), kind.active // kind.crew)
        driving = chance.choice(kind.active, cars * kind.crew, replace=False, p=eager / eager.sum())
        crews = (np.sort(driving) if chance.random() < 0.8 else driving).reshape(cars, kind.crew)
        pace = (skill + car - lacking)[crews].mean(axis=1) + chance.gumbel(size=cars)
        pace -= chance.exponential(3, cars) * (chance.random(cars) < kind.incidents)
        lacking[driving] *= np.exp(-1 / 16)
        finished = chance.random(cars) >= kind.retired
        order = np.argsort(-pace)
        entries = [
            Entry(float(place), bool(finished[each]), tuple(int(driver) for driver in number[crews[each]]))
            for place, each in enumerate(order, 1)
        ]
        races.append(Race(2000 + done / kind.races_a_year, entries))
    return Races(races, [f"driver-{each}" for each in range(started)])


def large(races: int, drivers: int) -> Iterator[Race]:
    """Races of 20 cars, half of them among one driver in ten."""
    chance = np.random.default_rng(1)
    for done in range(races):
        driving = chance.integers(0, drivers // 10 if done % 2 else drivers, 30)
        field = list(dict.fromkeys(int(driver) for driver in driving))[:20]
        yield Race(2000 + done / 5000, [Entry(place, place <= 18, (each,)) for place, each in enumerate(field, 1)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=100_000, help="for the speed")
    parser.add_argument("--drivers", type=int, default=100_000, help="for the speed")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    losses: dict[str, list[float]] = {}
    for name, kind in KINDS.items():
        made = series(kind, arguments.seed)
        found = [measure(make(len(made.drivers)), made) for make in SYSTEMS]
        print(f"{name:22}", *(f"{each.system}: {each.accuracy:.2%} {each.log_loss:.4f}" for each in found), sep="  ")
        for each in found:
            losses.setdefault(each.system, []).append(each.log_loss)
    print(f"{'mean log-loss':22}", *(f"{name}: {np.mean(each):.4f}" for name, each in losses.items()), sep="  ")
    skill, spent = Skill(arguments.drivers), 0.0
    for race in large(arguments.races, arguments.drivers):
        started = process_time()
        skill.count(race)
        spent += process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{arguments.races:,} races of 20 cars, {arguments.drivers:,} drivers: {spent:.1f} s CPU, peak {peak:.0f} MiB"
    )


if __name__ == "__main__":
    main()
