"""The lines of an Assetto Corsa server's classification while cars and laps are brought to them.

A line is a slot of the server's and who sat in it last: half of them are empty, and the same driver stands on the lines
of all slots that were tried. Who left is on no line, and known by the laps alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedLap
from simlane.results.readers import ac_names, classification, fields, laps
from simlane.results.readers.fields import JsonObject, whole
from simlane.results.source import ResultFileError
from simlane.sim.identity.identifiers import IdentifierKind

_NO_TIME = 999_999_999  #: this or more stands where there is no time
_NANOSECONDS = 1_000_000  #: a millisecond
_MAX_PENALTY = 24 * 3600 * 1000 * _NANOSECONDS
_NO_SECTORS = (None, None, None)

Slot = int | None


@dataclass(slots=True)
class _Car:
    """What `Cars` says of a slot: the team, and who may share the car."""

    team: str = ""
    crew: set[str] = field(default_factory=set)


class Board:
    """A session's entries, out of `Result`, `Cars` and `Laps`; raises ResultFileError with the place."""

    def __init__(self, document: JsonObject, *, race: bool, notes: list[str]) -> None:
        self.race = race
        self.notes = notes
        self.entries: list[ParsedEntry] = []
        self.left: list[ParsedEntry] = []
        self._cars: dict[tuple[Slot, str], _Car] = {}
        self._seats: dict[tuple[Slot, str], tuple[ParsedEntry, int]] = {}
        self._crews: dict[tuple[Slot, str], ParsedEntry] = {}
        self._penalty_laps: dict[int, int] = {}  #: by the entry's id()
        for key, add, optional in (("Cars", self._add_car, True), ("Result", self._add_line, False)):
            for index, row in enumerate(fields.list_of(document, key, optional=optional)):
                _placed(add, row, f"{key}[{index}]")
        self._add_laps(fields.list_of(document, "Laps", optional=True))
        if len(self.entries) + len(self.left) > fields.MAX_COUNT:
            raise ResultFileError(f"The session has more than {fields.MAX_COUNT} drivers", "Result")

    def _add_car(self, row: JsonObject) -> None:
        driver = fields.object_of(row, "Driver", optional=True)
        try:
            guid = fields.text_of(driver, "Guid")
            team = fields.text_of(driver, "Team")
            guids = fields.list_of(driver, "GuidsList", optional=True)
        except ResultFileError as error:
            raise error.under("Driver") from None
        crew = {each for each in guids if type(each) is str and each}
        # A slot that is kept for one driver lists that one.
        found = _Car(team, crew if guid in crew and len(crew) > 1 else set())
        self._cars.setdefault((_slot(row), guid), found)

    def _add_line(self, row: JsonObject) -> None:
        guid, name = fields.text_of(row, "DriverGuid"), fields.name_of(row, "DriverName")
        if not guid and not name:
            return
        slot, who = _slot(row), guid or name
        car = self._cars.get((slot, guid), _Car())
        entry = ParsedEntry(
            position=None,
            drivers=[_driver(guid, name)],
            car_name=ac_names.car(fields.text_of(row, "CarModel")),
            team_name=car.team,
            best_lap_ms=fields.time_ms(row, "BestLap", _NO_TIME),
        )
        if self.race:
            entry.total_time_ms = fields.time_ms(row, "TotalTime", _NO_TIME)
        if fields.flag(row, "Disqualified"):
            entry.status, entry.status_text = "dsq", "Disqualified"
        elif fields.flag(row, "HasPenalty"):
            self._penalise(entry, row)
        self.entries.append(entry)
        self._seats.setdefault((slot, who), (entry, 0))
        for each in car.crew:
            self._crews.setdefault((slot, each), entry)

    def _penalise(self, entry: ParsedEntry, row: JsonObject) -> None:
        """A steward's penalty: time, of which whole laps may be taken as such."""
        time = (whole(row, "PenaltyTime", high=_MAX_PENALTY) or 0) // _NANOSECONDS
        self._penalty_laps[id(entry)] = whole(row, "LapPenalty") or 0
        if entry.total_time_ms is not None:
            entry.total_time_ms += time

    def _add_laps(self, rows: list[Any]) -> None:
        nobodys = 0
        for index, row in enumerate(rows):
            nobodys += not _placed(self._add_lap, row, f"Laps[{index}]")
        if nobodys:
            self.notes.append(f"Laps of nobody were left out: {nobodys}.")
        for entry in (*self.entries, *self.left):
            if len(entry.lap_times) > fields.MAX_COUNT:
                raise ResultFileError(f"{entry.drivers[0].name} has more than {fields.MAX_COUNT} laps", "Laps")
            if rows or not any(each.best_lap_ms or each.total_time_ms for each in self.entries):
                entry.laps = len(entry.lap_times)
            if entry.best_lap_ms is None:
                # No line says it of who left.
                entry.best_lap_ms = laps.best(entry.lap_times)
            laps.summarise(entry)

    def _add_lap(self, row: JsonObject) -> bool:
        slot, guid = _slot(row), fields.text_of(row, "DriverGuid")
        name = fields.name_of(row, "DriverName")
        if not guid and not name:
            return False
        found = self._seats.get((slot, guid or name)) or self._seat(slot, guid, name, row)
        entry, seat = found
        time = fields.time_ms(row, "LapTime", _NO_TIME)
        valid = not whole(row, "Cuts", low=-1, high=fields.MAX_MS)
        number = len(entry.lap_times) + 1
        entry.lap_times.append(ParsedLap(number, seat, time, valid, _sectors(row.get("Sectors"))))
        return True

    def _seat(self, slot: Slot, guid: str, name: str, row: JsonObject) -> tuple[ParsedEntry, int]:
        """Where a driver's laps go who has none yet and stands on no line of this car: into its crew, or who left."""
        entry = self._crews.get((slot, guid)) if guid else None
        if entry:
            entry.drivers.append(_driver(guid, name))
        else:
            car_name = ac_names.car(fields.text_of(row, "CarModel"))
            entry = ParsedEntry(position=None, drivers=[_driver(guid, name)], car_name=car_name)
            self.left.append(entry)
        found = self._seats[slot, guid or name] = (entry, len(entry.drivers) - 1)
        return found

    def classified(self) -> list[ParsedEntry]:
        """The entries in their final order, those who drove with a position.

        The order is the file's; in a race laps go before it, and the disqualified stand last. Then come those who left
        before the end, and those who did not drive. A driver's lines without a lap go where another has one.
        """
        entries = self._once()
        ordered = sorted(entries, key=self._rank)
        if [entry for entry in entries if _drove(entry)] != [entry for entry in ordered if _drove(entry)]:
            self.notes.append("Cars stood above others with more laps, or disqualified: they were put behind them.")
        ran = [entry for entry in ordered if _drove(entry)]
        classification.place(ran)
        if self.race:
            classification.measure(ran, self._laps)
            for entry in ordered[len(ran) :]:
                entry.status = "dns" if entry.status == "finished" else entry.status
            for entry in self.left:
                # Who did as many laps as the winner left behind the flag.
                if not ran or (entry.laps or 0) < (self._laps(ran[0]) or 0):
                    entry.status, entry.status_text = "dnf", "Left before the end"
        if self.left:
            self.notes.append(f"Drivers who left, known by their laps only: {len(self.left)}.")
        return ran + self.left + ordered[len(ran) :]

    def _once(self) -> list[ParsedEntry]:
        """The lines, without those on which a driver did no lap who has another: the one with laps, else the first."""
        met = {who for entry in self.entries if _drove(entry) for who in _identities(entry)}
        entries = []
        for entry in self.entries:
            if _drove(entry) or not met & _identities(entry):
                entries.append(entry)
                met |= _identities(entry)
        return entries

    def _rank(self, entry: ParsedEntry) -> tuple[bool, bool, int]:
        counted = self._laps(entry) if self.race else None
        return not _drove(entry), entry.status == "dsq", -(counted or 0)

    def _laps(self, entry: ParsedEntry) -> int | None:
        """The laps that count, those taken as a penalty off."""
        return None if entry.laps is None else max(0, entry.laps - self._penalty_laps.get(id(entry), 0))


def _placed(add: Any, row: Any, where: str) -> Any:
    try:
        return add(fields.as_object(row))
    except ResultFileError as error:
        raise error.under(where) from None


def _slot(row: JsonObject) -> Slot:
    return whole(row, "CarId", low=-1, high=fields.MAX_MS)


def _driver(guid: str, name: str) -> ParsedDriver:
    return ParsedDriver(name, *fields.identity(IdentifierKind.STEAM, guid))


def _identities(entry: ParsedEntry) -> set[str]:
    return {driver.identifier or driver.given_id or driver.name for driver in entry.drivers}


def _drove(entry: ParsedEntry) -> bool:
    """Whether the car did a lap; where the file has no laps, whether it has a time."""
    return bool(entry.laps or entry.best_lap_ms or (entry.laps is None and entry.total_time_ms))


def _sectors(given: Any) -> tuple[int | None, int | None, int | None]:
    """A lap's sectors; tracks have two or three of them, and where there are more nothing says which ones they are."""
    if given is None:
        return _NO_SECTORS
    if type(given) is not list:
        raise fields.wrong_type(given, "a list of times", "Sectors")
    if not 0 < len(given) <= 3:
        return _NO_SECTORS
    try:
        times = [fields.time_ms({str(place): time}, str(place), _NO_TIME) for place, time in enumerate(given)]
    except ResultFileError as error:
        raise ResultFileError(error.what, f"Sectors[{error.where}]") from None
    first, second, third = (*times, None, None)[:3]
    return first, second, third
