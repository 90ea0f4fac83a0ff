"""One race scored: who gets which points of it. Pure: nothing here asks the database.

Points are whole numbers of ten-thousandths: hundredths, as tables give them, times the round's percent. So they are
exact whatever is multiplied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: So many of the numbers here are one point.
POINT = 10_000


@dataclass(frozen=True, slots=True)
class Rules:
    """A season's rules: see leagues.models.Season."""

    by_class: bool = False
    drop_rounds: int = 0
    team_drop_rounds: int = 0
    drops_disqualified: bool = True
    team_cars: int | None = None
    minimum_distance: int = 0
    listed_only: bool = False
    countback: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A points table, in hundredths of points: see leagues.models.PointsTable."""

    places: Mapping[int, int]
    pole: int = 0
    fastest_lap: int = 0
    fastest_lap_top: int | None = None
    lap_led: int = 0
    most_laps_led: int = 0


@dataclass(slots=True)
class Car:
    """A car's result in a race as it stands: `row` is its line in the classification.

    `drivers` are those of its `crew` who drove: each of them has the car's points. `given` is what stewards gave or
    took, in ten-thousandths. `first_in_qualifying` is whether it took the pole of its class, or of all where classes do
    not matter.
    """

    row: int
    position: int | None
    drivers: Sequence[str] = ()
    crew: Sequence[str] = ()
    status: str = "finished"
    laps: int | None = None
    laps_led: int | None = None
    best_lap_ms: int | None = None
    class_key: int | None = None
    team: int | None = None
    given: int = 0
    first_in_qualifying: bool = False

    @property
    def started(self) -> bool:
        """Whether it left the grid."""
        return self.status != "dns"

    @property
    def raced(self) -> bool:
        """Whether it started and its result stands."""
        return self.status not in {"dns", "dsq"}


@dataclass(slots=True)
class Race:
    """A race of a round, by its session's number in the event. What happens in a heat decides no tie."""

    session: int
    table: Table
    cars: Sequence[Car]
    is_heat: bool = False


@dataclass(slots=True)
class Result:
    """What a car has of a race: its `place` among those it is scored with, None where it does not score."""

    car: Car
    place: int | None = None
    points: int = 0
    pole: bool = False
    fastest: bool = False
    led: bool = False
    most_led: bool = False
    group: int | None = None


def score(race: Race, rules: Rules, percent: int) -> list[Result]:
    """Every car's result, with the round's percentage of the points.

    By class each class is a race of its own, and a car of no class is in none. A disqualified car leaves no gap, and
    neither does one that did not start. One that drove too short a distance keeps its place from others and gets
    nothing itself.
    """
    enough = _drove_enough(race.cars, rules.minimum_distance)
    results = []
    for group, cars in _groups(race.cars, rules).items():
        for result in _score_group(cars, race.table, percent, enough):
            result.group = group
            results.append(result)
    return results


def _groups(cars: Iterable[Car], rules: Rules) -> dict[int | None, list[Car]]:
    found: dict[int | None, list[Car]] = {}
    for car in cars:
        if not rules.by_class:
            found.setdefault(None, []).append(car)
        elif car.class_key is not None:
            found.setdefault(car.class_key, []).append(car)
    return found


def _drove_enough(cars: Iterable[Car], percent: int) -> set[int]:
    """The rows of the cars that drove the share of their class winner's laps; where no laps are known, all of it."""
    of_class: dict[int | None, list[Car]] = {}
    for car in cars:
        if car.raced and car.position is not None:
            of_class.setdefault(car.class_key, []).append(car)
    found = set()
    for group in of_class.values():
        winner = min(group, key=lambda car: (car.position, car.row))
        found |= {
            car.row
            for car in group
            if winner.laps is None or car.laps is None or car.laps * 100 >= winner.laps * percent
        }
    return found


def _score_group(cars: Sequence[Car], table: Table, percent: int, enough: set[int]) -> list[Result]:
    positions = sorted(car.position for car in cars if car.raced and car.position is not None)
    place_of: dict[int, int] = {}
    for place, position in enumerate(positions, 1):
        place_of.setdefault(position, place)
    racing = [car for car in cars if car.raced]
    timed = [car for car in racing if car.best_lap_ms]
    # Of two equal laps that of the car in front counts: no file says which was first.
    fastest = min(timed, key=lambda car: (car.best_lap_ms, car.position is None, car.position, car.row), default=None)
    most_led = max((car.laps_led or 0 for car in racing), default=0)
    results = []
    for car in cars:
        result = Result(car)
        results.append(result)
        if not car.raced:
            continue
        result.pole = car.first_in_qualifying
        result.fastest = car is fastest
        result.led = bool(car.laps_led)
        result.most_led = result.led and car.laps_led == most_led
        if car.position is None or car.row not in enough:
            continue
        result.place = place_of[car.position]
        within = table.fastest_lap_top is None or result.place <= table.fastest_lap_top
        result.points = percent * sum(
            (
                table.places.get(result.place, 0),
                table.pole * result.pole,
                table.fastest_lap * (result.fastest and within),
                table.lap_led * result.led,
                table.most_laps_led * result.most_led,
            )
        )
    return results
