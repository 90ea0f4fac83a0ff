"""The laps of a session, car by car, with what the domain makes of them: for charts, and for the tables beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simlane.profiles.crew import label
from simlane.sim.errors import Refused
from simlane.sim.laps import order, pace
from simlane.sim.laps.pace import DrivenLap
from simlane.sim.models import Entry, Lap, Session

#: Of more laps no page is made: 100 cars over 24 hours have half of that.
MOST_LAPS = 100_000
TOO_MANY = f"This session has more than {MOST_LAPS:,} laps: too many to draw. The page of each entry has its own."


@dataclass(slots=True)
class Car:
    """An entry with its laps; `positions` and `gaps` are by lap, after `run`."""

    entry: Entry
    laps: list[DrivenLap] = field(default_factory=list)
    positions: order.ByLap = field(default_factory=list)
    gaps: order.ByLap = field(default_factory=list)


def cars_of(session: Session) -> list[Car]:
    """The session's cars that have laps, in the order of the classification; raises Refused for MOST_LAPS."""
    by_entry: dict[int, list[DrivenLap]] = {}
    rows = Lap.objects.filter(entry__session=session).order_by("entry_id", "number").values_list(
        "entry", "number", "seat", "time_ms", "valid", "sector1_ms", "sector2_ms", "sector3_ms", "pit"
    )  # fmt: skip
    count = 0
    for entry, number, seat, time, valid, first, second, third, pit in rows[: MOST_LAPS + 1]:
        count += 1
        by_entry.setdefault(entry, []).append(DrivenLap(number, seat, time, valid, (first, second, third), pit))
    if count > MOST_LAPS:
        raise Refused(TOO_MANY)
    entries = session.entries.select_related("car").prefetch_related("drivers")
    return [Car(entry, by_entry[entry.pk]) for entry in entries if entry.pk in by_entry]


def run(cars: Sequence[Car]) -> None:
    """Fills in the positions and gaps of a race's cars."""
    times = {place: order.elapsed(car.laps, car.entry.total_time_ms, car.entry.laps) for place, car in enumerate(cars)}
    positions, gaps = order.positions(times), order.gaps(times)
    for place, car in enumerate(cars):
        car.positions, car.gaps = positions[place], gaps[place]


def drawn(session: Session, cars: list[Car]) -> dict[str, Any]:
    """What the charts of the session draw: each car's places and gaps by lap, and the box of its clean laps.

    Times are milliseconds; null is what nothing says. `changes` are the laps on which another driver begins, `pits`
    those through the pits.
    """
    race = session.kind == Session.Kind.RACE
    if race:
        run(cars)
    return {"session": session.name, "race": race, "cars": [_drawn(car, race=race) for car in cars]}


def _drawn(car: Car, *, race: bool) -> dict[str, Any]:
    clean = pace.clean(car.laps, race=race)
    return {
        "label": label(car.entry),
        "class": car.entry.car_class,
        "positions": car.positions,
        "gaps": car.gaps,
        "changes": order.driver_changes(car.laps),
        "pits": [lap.number for lap in car.laps if lap.pit],
        "box": pace.spread(clean),
        "clean": len(clean),
        "consistency": pace.consistency(clean),
    }
