"""The order of a session's entries after rulings, and what follows from it: positions, also in class, and gaps.

Who no ruling moves keeps the file's order, also where that is none by times or laps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

from simlane.results.parsed import ParsedEntry
from simlane.sim.models import Entry

FINISHED, DSQ = Entry.Status.FINISHED, Entry.Status.DSQ


@dataclass(slots=True, eq=False)
class Car:
    """An entry, its place in the file's classification, and what rulings do with it.

    `added_ms` is added to its time. `best_before_ms` is the best lap that the file gave, by which it was sorted.
    """

    row: int
    entry: ParsedEntry
    best_before_ms: int | None
    removed: bool = False
    disqualified: bool = False
    added_ms: int = 0
    dropped: list[tuple[int, int]] = field(default_factory=list)  #: when it was ruled, and how many places


def behind_first(entry: ParsedEntry, first: ParsedEntry) -> int | None:
    """Milliseconds behind the file's first, as far as the file tells; those of lapped cars compare with each other."""
    if entry is first:
        return 0
    if entry.total_time_ms is not None and first.total_time_ms is not None:
        return entry.total_time_ms - first.total_time_ms
    return entry.gap_ms


def first_of(entries: Iterable[ParsedEntry]) -> ParsedEntry | None:
    """The entry that the file places first."""
    return min(entries, key=_file_rank, default=None)


def classify(cars: Sequence[Car], *, race: bool) -> list[Car]:
    """Puts the cars into their order and renews what follows from it; returns those that are left, as they are listed.

    Times first, then disqualifications, then places lost, in the order they were ruled in.
    """
    placed = [car for car in cars if car.entry.position is not None] or list(cars)
    placed.sort(key=lambda car: _file_rank(car.entry))
    order = _by_time(placed) if race else _by_best_lap(placed)
    order = [car for car in order if not (car.removed or car.disqualified)]
    for car, places in _dropped(order):
        _drop(order, car, places)
    if order != placed:
        _number(placed, order)
    if race:
        _measure(placed, order)
    elif order != placed:
        # Only races list gaps; of another session the best laps tell them.
        for car in cars:
            car.entry.gap_ms = None
    for car in cars:
        if car.entry.total_time_ms is not None:
            car.entry.total_time_ms += car.added_ms
        if car.disqualified:
            car.entry.position = car.entry.class_position = car.entry.gap_ms = car.entry.laps_down = None
    return _listed(cars, placed, order)


def _file_rank(entry: ParsedEntry) -> float:
    return inf if entry.position is None else entry.position


def _by_time(placed: Sequence[Car]) -> list[Car]:
    """Each car that time was added to goes behind those of its lap that are faster now; nobody else moves.

    Who finished is compared with who finished.
    """
    first = placed[0].entry if placed else None
    slowest: dict[tuple[str, int | None, int | None], float] = {}
    keys: dict[int, float] = {}
    for car in placed:
        # Never faster than who stands before it in the file, whatever the file's order is by.
        group = _group(car.entry)
        behind = behind_first(car.entry, first) if first else None
        slowest[group] = max(slowest.get(group, -inf), _or(behind, -inf))
        keys[car.row] = slowest[group] + car.added_ms
    order = list(placed)
    # From the last one on: who is behind stands where they stay.
    for car in reversed([car for car in placed if car.added_ms]):
        here, group = order.index(car), _group(car.entry)
        last = here
        for place, each in enumerate(order):
            if place > here and _group(each.entry) == group and keys[each.row] < keys[car.row]:
                last = place
        order.insert(last, order.pop(here))
    return order


def _group(entry: ParsedEntry) -> tuple[str, int | None, int | None]:
    """Those whose times compare: by how the race ended, and on which lap; the file tells it in laps, or laps down."""
    return (entry.status, *_lap(entry))


def _by_best_lap(placed: Sequence[Car]) -> list[Car]:
    """By the best laps that are left; who has none comes last."""
    if all(car.entry.best_lap_ms == car.best_before_ms for car in placed):
        return list(placed)
    timed = max((place for place, car in enumerate(placed) if car.best_before_ms is not None), default=-1)
    keys: dict[int, float] = {}
    slowest = -inf
    for place, car in enumerate(placed):
        slowest = max(slowest, _or(car.best_before_ms, -inf)) if place <= timed else inf
        changed = car.entry.best_lap_ms != car.best_before_ms
        keys[car.row] = _or(car.entry.best_lap_ms, inf) if changed else slowest
    return sorted(placed, key=_key(keys))


def _key(keys: dict[int, float]) -> Callable[[Car], float]:
    return lambda car: keys[car.row]


def _or(value: int | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _lap(entry: ParsedEntry) -> tuple[int | None, int | None]:
    """The lap it ended on; the file tells it in laps or in how many it is behind."""
    return (entry.laps, None) if entry.laps is not None else (None, entry.laps_down or 0)


def _dropped(order: Iterable[Car]) -> list[tuple[Car, int]]:
    ruled = [(key, car, places) for car in order for key, places in car.dropped]
    return [(car, places) for _, car, places in sorted(ruled, key=lambda each: each[0])]


def _drop(order: list[Car], car: Car, places: int) -> None:
    """So many places down, but not behind cars that did not finish, if it did."""
    here = order.index(car)
    last = max(place for place, each in enumerate(order) if each.entry.status == car.entry.status)
    order.insert(min(here + places, last), order.pop(here))


def _number(placed: Sequence[Car], order: Sequence[Car]) -> None:
    """The file's own positions in the new order, overall and in class: the last ones are nobody's any more."""
    _hand_out([car.entry.position for car in placed], order, "position")
    classes: dict[str, list[Car]] = {}
    for car in placed:
        if car.entry.class_position is not None:
            classes.setdefault(car.entry.car_class, []).append(car)
    for members in classes.values():
        numbers = sorted(car.entry.class_position or 0 for car in members)
        _hand_out(numbers, [car for car in order if car in members], "class_position")


def _hand_out(numbers: Sequence[int | None], order: Sequence[Car], name: str) -> None:
    for number, car in zip(numbers, order, strict=False):
        setattr(car.entry, name, number)


def _measure(placed: Sequence[Car], order: Sequence[Car]) -> None:
    """What each car of a race is behind the first one, with what was added to their times."""
    if not order or (order[0] is placed[0] and not any(car.added_ms for car in order)):
        return
    first, winner = placed[0].entry, order[0]
    before = {car.row: behind_first(car.entry, first) for car in placed}
    laps_down = {car.row: 0 if car.entry is first else car.entry.laps_down for car in placed}
    winners_gap, winners_lap = first.gap_ms, _lap(winner.entry)
    winners_time, winners_laps_down = before[winner.row], laps_down[winner.row]
    moved = winner.entry is not first or bool(winner.added_ms)
    for car in order:
        entry, behind, down = car.entry, before[car.row], laps_down[car.row]
        if not moved:
            entry.gap_ms = entry.gap_ms if entry.gap_ms is None else entry.gap_ms + car.added_ms
            continue
        if car is winner:
            entry.gap_ms = winners_gap
        elif behind is None or winners_time is None or _lap(entry) != winners_lap:
            entry.gap_ms = None
        else:
            gap = behind + car.added_ms - winners_time - winner.added_ms
            entry.gap_ms = gap if gap >= 0 else None
        if winner.entry is not first:
            entry.laps_down = (
                max(0, down - winners_laps_down) if down is not None and winners_laps_down is not None else None
            )


def _listed(cars: Sequence[Car], placed: Sequence[Car], order: Sequence[Car]) -> list[Car]:
    """The lines of the classification: who has a place in its turn, others where the file lists them, who is
    disqualified last."""
    is_placed = {car.row for car in placed}
    turn = iter(order)
    listed: list[Car] = []
    for car in cars:
        if car.row not in is_placed:
            listed += [] if car.removed or car.disqualified else [car]
        elif (following := next(turn, None)) is not None:
            listed.append(following)
    return [*listed, *turn, *(car for car in cars if car.disqualified and not car.removed)]
