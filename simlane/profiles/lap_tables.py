"""The tables beside the charts of a session's laps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simlane.profiles.addresses import of_entry
from simlane.profiles.crew import label
from simlane.profiles.session_laps import Car, run
from simlane.profiles.templatetags.racing import gap, lap_time
from simlane.sim.laps import order, pace
from simlane.sim.laps.gaps import behind_best
from simlane.sim.models import Session

PACE, POSITIONS, GAPS, TIMES = "pace", "positions", "gaps", "times"
#: How many laps stand beside each other on a tablet or a sheet of paper, and how many on a page.
BESIDE = {POSITIONS: 12, GAPS: 6, TIMES: 6}
ON_PAGE = 24


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a session's laps: what it is called, what it shows, and the table with its figures."""

    kind: str
    title: str
    about: str
    table: str


_OF_RACE = (
    Chart(
        POSITIONS,
        "Positions by lap",
        "Where each car was when it ended each lap, on the road: without penalties in time. A dot is where another "
        "driver takes over.",
        POSITIONS,
    ),
    Chart(
        GAPS,
        "Gaps to the leader",
        "How long after the first car each one ended each lap. A line that falls more than a lap's time behind is of a "
        "car that was lapped.",
        GAPS,
    ),
)
_OF_ALL = Chart(
    PACE,
    "Lap times",
    "The clean laps of each car: a box holds the middle half of them with the median as a line, the whiskers reach "
    "from the fastest to the slowest. A lap is clean when it is valid, not through the pits, not a race's first, and "
    "within 107% of its driver's best.",
    PACE,
)


def charts(session: Session) -> tuple[Chart, ...]:
    """The charts there are of a session's laps."""
    return (*_OF_RACE, _OF_ALL) if session.kind == Session.Kind.RACE else (_OF_ALL,)


@dataclass(frozen=True, slots=True)
class Cell:
    """A lap of a car in a table; `takes_over` where another driver begins, `pit` where it went through the pits."""

    text: str
    valid: bool = True
    takes_over: bool = False
    pit: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A car in a table; `url` is its page."""

    label: str
    url: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Block:
    """Laps that stand beside each other, with the cars that drove any of them."""

    numbers: range
    rows: list[Row]

    @property
    def last(self) -> int:
        return self.numbers[-1]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how evenly a car was driven; see sim.laps.pace for what the figures mean."""

    car: Car
    label: str
    url: str
    clean: int
    best_ms: int | None
    typical_ms: int | None
    consistency_ms: int | None
    sectors: pace.Sectors
    theoretical_ms: int | None
    to_gain_ms: int | None


def kinds(session: Session) -> dict[str, str]:
    """The tables there are of a session's laps: their parameter and name."""
    of_race = {POSITIONS: "Positions by lap", GAPS: "Gaps to the leader"}
    return {PACE: "Pace", **(of_race if session.kind == Session.Kind.RACE else {}), TIMES: "Lap times"}


def pages(cars: Iterable[Car]) -> list[tuple[int, int]]:
    """The first and last laps of the pages that hold all laps."""
    last = max((car.laps[-1].number for car in cars), default=0)
    return [(first, min(first + ON_PAGE - 1, last)) for first in range(1, last + 1, ON_PAGE)]


def blocks(session: Session, cars: Sequence[Car], kind: str, first: int) -> list[Block]:
    """A page of the laps from `first` on."""
    last = min(first + ON_PAGE - 1, max((car.laps[-1].number for car in cars), default=0))
    if kind != TIMES:
        run(cars)
    on_page = range(first, last + 1)
    shown = [
        (label(car.entry), of_entry(session.event, session, car.entry), _cells(car, kind, on_page)) for car in cars
    ]
    found = []
    for start in on_page[:: BESIDE[kind]]:
        numbers = range(start, min(start + BESIDE[kind], last + 1))
        rows = [
            Row(name, url, [cells.get(number, Cell("")) for number in numbers])
            for name, url, cells in shown
            if any(number in cells for number in numbers)
        ]
        found.append(Block(numbers, rows))
    return found


def _cells(car: Car, kind: str, numbers: range) -> dict[int, Cell]:
    if kind == TIMES:
        changes = set(order.driver_changes(car.laps))
        return {
            lap.number: Cell(lap_time(lap.time_ms), lap.valid, lap.number in changes, bool(lap.pit))
            for lap in car.laps
            if lap.number in numbers
        }
    by_lap = (car.gaps if kind == GAPS else car.positions)[numbers.start - 1 : numbers.stop - 1]
    if kind == GAPS:
        return {n: Cell(_gap(ms)) for n, ms in enumerate(by_lap, numbers.start)}
    return {n: Cell("–" if place is None else str(place)) for n, place in enumerate(by_lap, numbers.start)}


def _gap(ms: int | None) -> str:
    return "–" if ms is None else gap(ms) or "leads"


def paces(session: Session, cars: Iterable[Car]) -> list[Pace]:
    """The pace of each car, in the order of the classification."""
    found = []
    for car in cars:
        clean = pace.clean(car.laps, race=session.kind == Session.Kind.RACE)
        best, sectors = car.entry.best_lap_ms or pace.best(car.laps), pace.best_sectors(car.laps)
        could = pace.theoretical_best(sectors, best)
        found.append(
            Pace(
                car=car,
                label=label(car.entry),
                url=of_entry(session.event, session, car.entry),
                clean=len(clean),
                best_ms=best,
                typical_ms=pace.typical(clean),
                consistency_ms=pace.consistency(clean),
                sectors=sectors,
                theoretical_ms=could,
                to_gain_ms=behind_best(best, could),
            )
        )
    return found
