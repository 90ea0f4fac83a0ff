"""A season's entry list as a table, in and out, and filled with who has driven: its columns are in docs/leagues.md."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from simlane.leagues.models import Season, SeasonClass, SeasonEntry, Standing, Team
from simlane.leagues.seasons import sheets
from simlane.leagues.seasons.changing import changing
from simlane.results.readers.simlane_csv.columns import driver_id
from simlane.results.readers.tables import Row
from simlane.results.source import ResultFileError
from simlane.sim.errors import Refused
from simlane.sim.identity.names import name_key
from simlane.sim.identity.platforms import KnownSimulator, known_simulator
from simlane.sim.models import EntryDriver, Session
from simlane.sim.ownership.code_text import without_codes

COLUMNS = ("number", "driver", "driver_id", "team", "class")


@dataclass(frozen=True, slots=True)
class _Line:
    line: int
    number: str
    driver: str
    identifier: str
    team: str
    car_class: str

    @property
    def who(self) -> tuple[str, str]:
        """What no two lines have in common."""
        return ("id", self.identifier) if self.identifier else ("name", name_key(self.driver))


def take(season: Season, data: bytes) -> int:
    """Makes the entry list what the table says, and returns how many are entered. Nothing changes when it is refused.

    Teams and classes that it names are made; a team that nobody is entered for any more goes. Raises Refused with the
    line and column.
    """
    simulator = known_simulator(season.simulator.slug)
    lines = sheets.read(data, COLUMNS, ("driver",), lambda row: _read(row, simulator))
    seen: dict[tuple[str, str], int] = {}
    for each in lines:
        if (before := seen.setdefault(each.who, each.line)) != each.line:
            raise Refused(f"{each.driver} stands in line {before} already (at line {each.line}).")
    with changing(season):
        teams = _teams(season, [each.team for each in lines])
        classes = _classes(season, [each.car_class for each in lines])
        SeasonEntry.objects.filter(season=season).delete()
        SeasonEntry.objects.bulk_create(
            SeasonEntry(
                season=season,
                number=each.number,
                driver_name=each.driver,
                folded=name_key(each.driver),
                identifier=each.identifier,
                team_id=teams.get(name_key(each.team)),
                season_class_id=classes.get(name_key(each.car_class)),
            )
            for each in lines
        )
        Team.objects.filter(season=season, entries=None).delete()
    return len(lines)


def written(season: Season) -> str:
    """The entry list as the table that `take` reads."""
    rows = SeasonEntry.objects.filter(season=season).select_related("team", "season_class")
    return sheets.written(
        COLUMNS,
        (
            (
                row.number,
                row.driver_name,
                row.identifier,
                row.team.name if row.team else "",
                row.season_class.name if row.season_class else "",
            )
            for row in rows
        ),
    )


def fill(season: Season) -> int:
    """Enters who stands in the season's standings and is not on the list; returns how many.

    And makes a team of each that its shared cars are named for. Which team and class a car is of stays what its file
    says: the list would decide it for every race.
    """
    with changing(season):
        _teams(season, _shared_cars(season))
        of_drivers = Standing.objects.filter(season=season, kind=Standing.Kind.DRIVER).select_related("profile")
        listed = SeasonEntry.objects.filter(season=season).values_list("identifier", "folded")
        known = {(identifier, "" if identifier else folded) for identifier, folded in listed}
        new: dict[tuple[str, str], SeasonEntry] = {}
        for row in of_drivers.order_by("row"):
            identifier = row.profile.profile_identifier if row.profile else ""
            folded = name_key(row.name)
            who = (identifier, "" if identifier else folded)
            if who not in known:
                new[who] = SeasonEntry(
                    season=season, number=row.number, driver_name=row.name, folded=folded, identifier=identifier
                )
        SeasonEntry.objects.bulk_create(new.values())
    return len(new)


def _shared_cars(season: Season) -> list[str]:
    """The team names of cars in the season's races that more than one drove."""
    shared = EntryDriver.objects.filter(
        entry__session__event__round__season=season, entry__session__kind=Session.Kind.RACE, seat=1
    )
    names = shared.order_by("entry__team_name").values_list("entry__team_name", flat=True).distinct()
    return [without_codes(name)[:100] for name in names]


def _read(row: Row, simulator: KnownSimulator | None) -> _Line:
    identifier = sheets.text(row, "driver_id", 255)
    if identifier and simulator is None:
        raise ResultFileError("Ids of this season's simulator are not known: leave the cell empty", "driver_id")
    driver = sheets.text(row, "driver", 255)
    if not name_key(driver):
        raise ResultFileError("The name has no letter", "driver")
    return _Line(
        row.line,
        sheets.text(row, "number", 20),
        driver,
        (driver_id(identifier, simulator) or "") if simulator else "",
        sheets.text(row, "team", 100),
        sheets.text(row, "class", 100),
    )


def _teams(season: Season, names: Collection[str]) -> dict[str, int]:
    """The season's teams by their folded names, with those that are named now."""
    Team.objects.bulk_create(
        [Team(season=season, name=name, folded=folded) for name in names if (folded := name_key(name))],
        ignore_conflicts=True,
    )
    return dict(Team.objects.filter(season=season).values_list("folded", "pk"))


def _classes(season: Season, names: Collection[str]) -> dict[str, int]:
    """The season's classes by their folded names, with those that are named now."""
    found = {name_key(each.name): each for each in SeasonClass.objects.filter(season=season)}
    for name in names:
        if name_key(name) and name_key(name) not in found:
            found[name_key(name)] = SeasonClass(season=season, name=name, number=len(found) + 1)
    SeasonClass.objects.bulk_create([each for each in found.values() if each.pk is None])
    return {folded: each.pk for folded, each in found.items()}
