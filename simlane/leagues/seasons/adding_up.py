"""A season's standings of its races: totals, dropped rounds, ties. Pure: nothing here asks the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeVar

from simlane.leagues.seasons.races import Race, Result, Rules, score

Who = TypeVar("Who", str, int)
#: A class, None overall, and who in it.
_Lines = dict[tuple[int | None, Who], "Line"]


@dataclass(slots=True)
class HeldRound:
    """A round that was driven: its key, its number, what its points are multiplied by, and its races in order."""

    key: int
    number: int
    percent: int
    races: Sequence[Race]
    may_drop: bool = True


@dataclass(slots=True)
class RaceLine:
    """What a driver, or one of a team's cars, has of one race; `counts` is False for a car that is not of the best."""

    race: Race
    result: Result
    counts: bool = True


@dataclass(slots=True)
class RoundLine:
    """What somebody has of one round: `points` of its races, None without a start, and what stewards gave.

    `total` and `place` are what they had after it. What was given stays when the round is dropped.
    """

    may_drop: bool
    points: int | None = None
    given: int = 0
    races: list[RaceLine] = field(default_factory=list)
    dropped: bool = False
    total: int = 0
    place: int | None = None

    @property
    def is_empty(self) -> bool:
        return not self.races and not self.given


@dataclass(slots=True)
class Line:
    """A driver's or team's season in a class, or overall: a round line for each round that was held."""

    group: int | None
    who: str | int
    rounds: list[RoundLine]
    row: int = 0
    place: int = 0
    gained: int | None = None

    @property
    def total(self) -> int:
        """The points that count."""
        return self.rounds[-1].total

    @property
    def driven(self) -> int:
        """All points, those of dropped rounds as well."""
        return sum((each.points or 0) + each.given for each in self.rounds)

    def races(self) -> Iterator[RaceLine]:
        """Its races, heats apart."""
        for each in self.rounds:
            yield from (line for line in each.races if not line.race.is_heat)


def standings(
    rounds: Sequence[HeldRound],
    planned: int,
    rules: Rules,
    listed: Set[str] = frozenset(),
    names: Mapping[str | int, str] | None = None,
) -> tuple[list[Line], list[Line]]:
    """The lines of the drivers and of the teams, those of each class in order.

    `planned` counts all rounds of the season, held or not; `listed` are the drivers of the entry list. Who are equal in
    everything share a place, and stand there by name.
    """
    drivers: _Lines[str] = {}
    teams: _Lines[int] = {}
    for index, each in enumerate(rounds):
        for race in each.races:
            results = score(race, rules, each.percent)
            for group, driver, lines, given in _of_drivers(race, results):
                if not rules.listed_only or driver in listed:
                    _add(_line(drivers, group, driver, rounds).rounds[index], lines, given, rules)
            for group, team, lines, given in _of_teams(race, results, rules.team_cars):
                _add(_line(teams, group, team, rounds).rounds[index], lines, given, rules)
    for table, drops in ((drivers, rules.drop_rounds), (teams, rules.team_drop_rounds)):
        for group in {group for group, _ in table}:
            of_group = [line for line in table.values() if line.group == group]
            for held in range(1, len(rounds) + 1):
                _stand_after(held, of_group, max(0, drops - planned + held), names or {}, countback=rules.countback)
    return _in_order(drivers), _in_order(teams)


def _in_order(lines: _Lines[Who]) -> list[Line]:
    """Those who have anything: a team whose cars never started has not."""
    return sorted((line for line in lines.values() if line.row), key=lambda line: (line.group or 0, line.row))


def _line(lines: _Lines[Who], group: int | None, who: Who, rounds: Sequence[HeldRound]) -> Line:
    if (group, who) not in lines:
        lines[group, who] = Line(group, who, [RoundLine(each.may_drop) for each in rounds])
    return lines[group, who]


def _add(line: RoundLine, races: Sequence[RaceLine], given: int, rules: Rules) -> None:
    line.given += given
    line.races += races
    if races:
        line.points = (line.points or 0) + sum(each.result.points for each in races if each.counts)
    if not rules.drops_disqualified and any(each.result.car.status == "dsq" for each in races):
        line.may_drop = False


_Share = tuple[int | None, Who, list[RaceLine], int]


def _of_drivers(race: Race, results: Iterable[Result]) -> Iterator[_Share[str]]:
    """Each driver's best line: who drove two cars has the points of one.

    What stewards gave a car that nobody drove is its whole crew's.
    """
    found: dict[tuple[int | None, str], list[Result]] = {}
    given: Counter[tuple[int | None, str]] = Counter()
    for result in results:
        car = result.car
        for driver in car.drivers:
            found.setdefault((result.group, driver), []).append(result)
        for driver in set(car.drivers or car.crew) if car.given else ():
            given[result.group, driver] += car.given
    for group, driver in {**found, **given}:
        best = sorted(found.get((group, driver), []), key=_by_place)[:1]
        yield group, driver, [RaceLine(race, each) for each in best], given[group, driver]


def _of_teams(race: Race, results: Iterable[Result], counting: int | None) -> Iterator[_Share[int]]:
    """Each team's cars that started, the best of which count."""
    found: dict[tuple[int | None, int], list[Result]] = {}
    for result in results:
        if result.car.team is not None:
            found.setdefault((result.group, result.car.team), []).append(result)
    for (group, team), cars in found.items():
        started = sorted((each for each in cars if each.car.started), key=_by_points)
        lines = [RaceLine(race, each, counting is None or index < counting) for index, each in enumerate(started)]
        yield group, team, lines, sum(each.car.given for each in cars)


def _by_place(result: Result) -> tuple[bool, int, int]:
    return (result.place is None, result.place or 0, result.car.row)


def _by_points(result: Result) -> tuple[int, bool, int, int]:
    return (-result.points, *_by_place(result))


def _stand_after(
    held: int, lines: Sequence[Line], drops: int, names: Mapping[str | int, str], *, countback: bool
) -> None:
    """Totals and places after the first `held` rounds; so many of the worst are dropped, of equal ones the earlier."""
    there = [line for line in lines if not all(each.is_empty for each in line.rounds[:held])]
    for line in there:
        now = line.rounds[:held]
        droppable = sorted((each for each in now if each.may_drop), key=lambda each: each.points or 0)
        for each in now:
            each.dropped = False
        for each in droppable[:drops]:
            each.dropped = True
        now[-1].total = sum((0 if each.dropped else each.points or 0) + each.given for each in now)
    having = Counter(line.rounds[held - 1].total for line in there)
    tied = [line for line in there if having[line.rounds[held - 1].total] > 1]
    places = _places(tied, held) if countback else {}
    keys = {id(line): (-line.rounds[held - 1].total, places.get(id(line))) for line in there}
    there.sort(key=lambda line: (keys[id(line)], names.get(line.who, ""), str(line.who)))
    before: Line | None = None
    for row, line in enumerate(there, 1):
        is_equal = before is not None and keys[id(line)] == keys[id(before)]
        line.row, line.place = row, before.place if before and is_equal else row
        line.rounds[held - 1].place = line.place
        earlier = line.rounds[held - 2].place if held > 1 else None
        line.gained = None if earlier is None else earlier - line.place
        before = line


def _places(lines: Sequence[Line], held: int) -> dict[int, tuple[int, ...]]:
    """For each line what decides between equal points, the better the smaller: how many first and how many

    second places and so on, then the best place in the last race, in the one before it, and so on.
    """
    best: dict[int, dict[tuple[int, int], int]] = {}
    counts: dict[int, Counter[int]] = {}
    for line in lines:
        best[id(line)], counts[id(line)] = {}, Counter()
        for number, each in enumerate(line.rounds[:held]):
            for race in each.races:
                if race.counts and not race.race.is_heat and race.result.place is not None:
                    key = (number, race.race.session)
                    best[id(line)][key] = min(race.result.place, best[id(line)].get(key, race.result.place))
                    counts[id(line)][race.result.place] += 1
    last = max((place for each in counts.values() for place in each), default=0)
    races = sorted({key for each in best.values() for key in each}, reverse=True)
    return {
        key: (
            *(-counts[key][place] for place in range(1, last + 1)),
            *(best[key].get(race, last + 1) for race in races),
        )
        for key in best
    }
