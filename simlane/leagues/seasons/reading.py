"""What of a season's results its standings are made of: as they stand now, in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from simlane.leagues.models import PlacePoints, PointsTable, Round, RoundRace, Season
from simlane.leagues.seasons import entered
from simlane.leagues.seasons.adding_up import HeldRound
from simlane.leagues.seasons.drivers import key_of
from simlane.leagues.seasons.entered import Entered
from simlane.leagues.seasons.races import POINT, Car, Race, Rules, Table
from simlane.results.rulings.points import points_ruled
from simlane.sim.models import Entry, EntryDriver, Session
from simlane.sim.ownership.code_text import without_codes


@dataclass(slots=True)
class Known:
    """What is shown of a driver: as in the last race that they drove."""

    name: str
    profile: UUID | None
    number: str
    team: int | None


@dataclass(slots=True)
class Said:
    """A season as it is added up: its rounds that were held, how many there are in all, and who is who."""

    rules: Rules
    rounds: list[HeldRound]
    planned: int
    entered: Entered
    drivers: dict[str, Known] = field(default_factory=dict)


class _Session(NamedTuple):
    key: int
    round: int
    number: int
    kind: str
    stage: str


class _Row(NamedTuple):
    """A line of a classification."""

    session: int
    entry: int
    row: int
    position: int | None
    status: str
    laps: int | None
    laps_led: int | None
    best_lap_ms: int | None
    grid: int | None
    car_class: str
    number: str
    team_name: str


class _Drive(NamedTuple):
    """A seat of it."""

    entry: int
    name: str
    profile: UUID | None
    laps: int | None
    #: The car number by which the driver is set apart from others of the name.
    apart: str | None

    @property
    def key(self) -> str:
        return key_of(self.profile, self.name, self.apart or "")


def rules_of(season: Season) -> Rules:
    """The season's rules as races are scored by them."""
    return Rules(
        by_class=season.scope == Season.Scope.CLASS,
        drop_rounds=season.drop_rounds,
        team_drop_rounds=season.team_drop_rounds,
        drops_disqualified=season.drops_disqualified,
        team_cars=season.team_cars,
        minimum_distance=season.minimum_distance,
        listed_only=season.listed_only,
        countback=season.tie_break == Season.TieBreak.COUNTBACK,
    )


def read(season: Season) -> Said:
    """The season's rounds with the results that stand of their events, as long as those are of its league."""
    rounds = list(Round.objects.filter(season=season, cancelled=False).order_by("number"))
    said = Said(rules_of(season), [], len(rounds), entered.read(season))
    tables = _tables(season)
    chosen = {
        (round_key, number): tables[table]
        for round_key, number, table in RoundRace.objects.filter(round__in=rounds, table__isnull=False).values_list(
            "round", "session_number", "table"
        )
    }
    sessions = _sessions(season, rounds)
    races = {each for each in sessions if each.kind == Session.Kind.RACE and (each.round, each.number) in chosen}
    qualifying = {race: _qualifying_before(race, sessions) for race in races}
    wanted = {each.key for each in (*races, *qualifying.values()) if each}
    rows, crews = _rows(wanted), _crews(wanted)
    given = points_ruled(race.key for race in races)
    for each in rounds:
        driven: list[Race] = []
        for race in sorted((race for race in races if race.round == each.pk), key=lambda race: race.number):
            before = qualifying[race]
            cars = _cars(said, rows[race.key], crews, given)
            _find_pole(cars, rows[race.key], rows[before.key] if before else [], crews, said)
            is_heat = race.stage == Session.Stage.HEAT
            driven.append(Race(race.number, chosen[race.round, race.number], cars, is_heat))
        if driven:
            said.rounds.append(HeldRound(each.pk, each.number, each.percent, driven, each.may_drop))
    return said


def _tables(season: Season) -> dict[int, Table]:
    """The season's points tables, in hundredths."""
    places: dict[int, dict[int, int]] = defaultdict(dict)
    for table, place, points in PlacePoints.objects.filter(table__season=season).values_list(
        "table", "place", "points"
    ):
        places[table][place] = int(points * 100)
    return {
        each.pk: Table(
            places=places[each.pk],
            pole=int(each.pole * 100),
            fastest_lap=int(each.fastest_lap * 100),
            fastest_lap_top=each.fastest_lap_top,
            lap_led=int(each.lap_led * 100),
            most_laps_led=int(each.most_laps_led * 100),
        )
        for each in PointsTable.objects.filter(season=season)
    }


def _sessions(season: Season, rounds: Sequence[Round]) -> list[_Session]:
    kinds = (Session.Kind.RACE, Session.Kind.QUALIFYING)
    found = Session.objects.filter(
        event__round__in=rounds, event__league=season.league_id, event__simulator=season.simulator_id, kind__in=kinds
    ).order_by("number")
    return [_Session(*row) for row in found.values_list("pk", "event__round", "number", "kind", "stage")]


def _qualifying_before(race: _Session, sessions: Sequence[_Session]) -> _Session | None:
    return max(
        (
            each
            for each in sessions
            if each.round == race.round and each.kind == Session.Kind.QUALIFYING and each.number < race.number
        ),
        key=lambda each: each.number,
        default=None,
    )


def _rows(sessions: Collection[int]) -> Mapping[int, list[_Row]]:
    found: dict[int, list[_Row]] = defaultdict(list)
    entries = Entry.objects.filter(session__in=sessions).order_by("row")
    for values in entries.values_list(
        *("session", "pk", "row", "position", "status", "laps", "laps_led", "best_lap_ms", "grid_position"),
        *("car_class", "car_number", "team_name"),
    ):
        found[values[0]].append(_Row(*values))
    return found


def _crews(sessions: Collection[int]) -> Mapping[int, list[_Drive]]:
    found: dict[int, list[_Drive]] = defaultdict(list)
    drives = EntryDriver.objects.filter(entry__session__in=sessions).order_by("seat")
    for values in drives.values_list("entry", "name", "profile", "laps", "league_driver__car_number"):
        found[values[0]].append(_Drive(*values))
    return found


def _drove(row: _Row, drive: _Drive, crew: Sequence[_Drive]) -> bool:
    """Whether the drive is a start, by the rule of sim.career.statistics."""
    if row.status == Entry.Status.DNS:
        return False
    laps = drive.laps if drive.laps is not None else row.laps
    if laps is None or laps > 0:
        return True
    return row.laps == 0 and row.status != Entry.Status.DSQ and len(crew) == 1


def _cars(said: Said, rows: Sequence[_Row], crews: Mapping[int, list[_Drive]], given: Mapping[int, int]) -> list[Car]:
    """The cars of a race; `said` learns who drove them, of a driver's two cars by the better one.

    `given` are the points that stewards gave or took, by entry.
    """
    cars = []
    here: set[str] = set()
    for row in rows:
        crew = [each for each in crews[row.entry] if each.key]
        keys = [each.key for each in crew]
        drivers = [each for each in crew if _drove(row, each, crews[row.entry])]
        team = said.entered.team_of(keys, row.team_name)
        for each in crew:
            if (each in drivers and each.key not in here) or each.key not in said.drivers:
                listed = said.entered.drivers.get(each.key)
                said.drivers[each.key] = Known(
                    name=without_codes(each.name),
                    profile=each.profile,
                    number=(listed.number if listed else "") or row.number,
                    team=(listed.team_id if listed else None) or team,
                )
                here.add(each.key)
        cars.append(
            Car(
                row=row.row,
                position=row.position,
                drivers=[each.key for each in drivers],
                crew=keys,
                status=row.status,
                laps=row.laps,
                laps_led=row.laps_led,
                best_lap_ms=row.best_lap_ms,
                class_key=said.entered.class_of(keys, row.car_class),
                team=team,
                given=given.get(row.entry, 0) * POINT,
            )
        )
    return cars


def _find_pole(
    cars: Sequence[Car], rows: Sequence[_Row], qualifying: Sequence[_Row], crews: Mapping[int, list[_Drive]], said: Said
) -> None:
    """Marks the cars that took the pole: whose driver was first in qualifying, or else who was first on the grid.

    A car that qualified first and is not in the race keeps the pole from others.
    """
    by_class = said.rules.by_class
    timed = [row for row in qualifying if row.position is not None and row.status not in {"dns", "dsq"}]
    first: dict[int | None, set[str]] = {}
    for row in sorted(timed, key=lambda row: (row.position, row.row)):
        keys = [each.key for each in crews[row.entry] if each.key]
        first.setdefault(said.entered.class_of(keys, row.car_class) if by_class else None, set(keys))
    if first:
        for group, crew in first.items():
            theirs = (car for car in cars if (not by_class or car.class_key == group) and crew.intersection(car.crew))
            if found := next(theirs, None):
                found.first_in_qualifying = True
        return
    taken: set[int | None] = set()
    placed = [(row.grid, row.row, car) for row, car in zip(rows, cars, strict=True) if row.grid]
    for _, _, car in sorted(placed, key=lambda each: each[:2]):
        group = car.class_key if by_class else None
        car.first_in_qualifying = group not in taken
        taken.add(group)
