"""What a classified car is behind another: in time, or in laps. Times are whole milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Classified(Protocol):
    """A line of a classification; `gap_ms` and `laps_down` are behind the winner, None where nothing says.

    `total_time_ms` is how long the car took for its own laps.
    """

    position: int | None
    class_position: int | None
    car_class: str
    gap_ms: int | None
    laps_down: int | None
    total_time_ms: int | None
    status: str


class Gap(NamedTuple):
    """Laps where there are any, else milliseconds."""

    laps: int
    ms: int


def behind(ahead: Classified, car: Classified) -> Gap | None:
    """What `car` is behind `ahead` at the end of a race; None where that is not known.

    Of cars that are equally many laps down a classification gives no gap: it is that of their own times.
    """
    laps = (car.laps_down or 0) - (ahead.laps_down or 0)
    if laps:
        return Gap(laps, 0) if laps > 0 else None
    if car.laps_down:
        first, second = ahead.total_time_ms, car.total_time_ms
    else:
        first, second = _to_winner(ahead), _to_winner(car)
    return Gap(0, second - first) if first is not None and second is not None and second >= first else None


def class_leaders(cars: Iterable[Classified]) -> dict[str, Classified]:
    """Who finished first of each named class."""
    found: dict[str, Classified] = {}
    for car in cars:
        if car.car_class and car.class_position and car.status == "finished":
            before = found.get(car.car_class)
            if before is None or car.class_position < (before.class_position or 0):
                found[car.car_class] = car
    return found


def behind_best(lap_ms: int | None, best_ms: int | None) -> int | None:
    """What a car's best lap is slower than another, such as the pole's; None where it is no slower or unknown."""
    return lap_ms - best_ms if lap_ms and best_ms and lap_ms > best_ms else None


def _to_winner(car: Classified) -> int | None:
    return 0 if car.position == 1 else car.gap_ms
