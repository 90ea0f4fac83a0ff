"""Result files of Assetto Corsa Competizione's dedicated server: one session a file, JSON, usually UTF-16LE.

The format: "ACC Server Admin Handbook" (results are written with `dumpLeaderboards`), and files of real servers.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedEvent, ParsedSession
from simlane.results.readers import acc_laps, acc_names, classification, clock, fields, laps
from simlane.results.readers.fields import JsonObject, whole
from simlane.results.server_names import without_secrets
from simlane.results.source import ResultFileError, Source
from simlane.sim.identity.identifiers import IdentifierKind

SIMULATOR = "assetto-corsa-competizione"

_LETTERS = {
    "FP": ("practice", "Practice"),
    "P": ("practice", "Practice"),
    "Q": ("qualifying", "Qualifying"),
    "R": ("race", "Race"),
}
_NUMBERS = {
    0: ("practice", "Practice"),
    4: ("qualifying", "Qualifying"),
    9: ("qualifying", "Superpole"),
    10: ("race", "Race"),
    11: ("practice", "Hotlap"),
    12: ("practice", "Hot stint"),
    13: ("qualifying", "Hotlap superpole"),
}
_TYPE = re.compile(r"([A-Z]+)([0-9]{0,2})", re.ASCII)
_RANK = {"practice": 0, "qualifying": 100, "race": 200}
_FILE_TIME = re.compile(r"(?<![0-9])([0-9]{6}_[0-9]{6})_[A-Za-z]", re.ASCII)


class AccReader:
    """Reads ACC server results.

    What the file does not tell stays None: grids, average laps, gaps outside of races, who retired. A car that
    completed no lap of a race is told apart ("dns"), and so is one with a disqualification among its penalties
    ("dsq"); every other car counts as finished. `currentDriverIndex` only says who sat in the car last and is not
    read.
    """

    slug = "acc"
    name = "Assetto Corsa Competizione server results"
    version = 1

    def recognises(self, source: Source) -> bool:
        """Whether the JSON has a `sessionResult`, and the session's type or track beside it."""
        document = source.json_object_or_none
        return (
            document is not None
            and "sessionResult" in document
            and bool({"sessionType", "trackName"} & document.keys())
        )

    def read(self, source: Source) -> list[ParsedEvent]:
        """The session the file holds, as an event of its own; raises ResultFileError."""
        document = source.json
        if not isinstance(document, dict):
            raise fields.wrong_type(document, "an object", "the whole file")
        track_key = fields.text_of(document, "trackName")
        if not track_key:
            raise ResultFileError("The file does not say which track was driven", "trackName")
        track, layout = acc_names.track(track_key)
        server = without_secrets(fields.text_of(document, "serverName"))
        notes: list[str] = []
        session = _session(document, notes)
        if not clock.start(session, document, source, _time_in):
            notes.append(clock.UNKNOWN)
        event = ParsedEvent(
            simulator=SIMULATOR,
            name=server or f"{track}, {session.name}",
            track=track,
            layout=layout,
            sessions=[session],
            weekend=_weekend(server, track_key),
            started_at=session.started_at,
            notes=notes,
        )
        return [event]


def _weekend(server: str, track_key: str) -> str:
    """What the files of one weekend have in common; empty for a server without a name, which may be anyone's."""
    return fields.joined(server, track_key) if server else ""


def _time_in(name: str) -> datetime | None:
    """The time in a file's name, `YYMMDD_HHMMSS_<type>.json`."""
    match = _FILE_TIME.search(name)
    try:
        return datetime.strptime(f"20{match[1]}", "%Y%m%d_%H%M%S") if match else None  # noqa: DTZ007 - nothing says where
    except ValueError:
        return None


def _session(document: JsonObject, notes: list[str]) -> ParsedSession:
    kind, name, rank = _session_type(document)
    index = whole(document, "sessionIndex")
    result = fields.object_of(document, "sessionResult")
    try:
        wet = fields.flag(result, "isWetSession")
        if result.get("leaderBoardLines") is None:
            raise ResultFileError("The file has no classification", "leaderBoardLines")
        lines = fields.list_of(result, "leaderBoardLines")
        if not lines:
            raise ResultFileError("Nobody took part: the classification is empty", "leaderBoardLines")
        board = _Board(lines, race=kind == "race", notes=notes)
    except ResultFileError as error:
        raise error.under("sessionResult") from None
    board.add_laps(fields.list_of(document, "laps", optional=True))
    board.disqualify(fields.list_of(document, "penalties", optional=True), "penalties")
    board.disqualify(fields.list_of(document, "post_race_penalties", optional=True), "post_race_penalties")
    return ParsedSession(kind, rank if index is None else index, name, board.classified(), wet=wet)


def _session_type(document: JsonObject) -> tuple[str, str, int]:
    """The session's kind, its name, and a number that orders sessions of files without `sessionIndex`."""
    given = fields.text_or_number(document, "sessionType", 20).upper()
    if given.isdecimal() and given.isascii():
        found, count = _NUMBERS.get(int(given)), 0
    elif match := _TYPE.fullmatch(given):
        found, count = _LETTERS.get(match[1]), int(match[2] or 0)
    else:
        found, count = None, 0
    if not found:
        raise ResultFileError(f"The session type “{given}” is not one SimLane knows", "sessionType")
    kind, name = found
    return kind, f"{name} {count}" if count > 1 else name, _RANK[kind] + count


class _Board:
    """The lines of the classification while laps and penalties are brought to their cars."""

    def __init__(self, lines: list[Any], *, race: bool, notes: list[str]) -> None:
        self.race = race
        self.notes = notes
        self.entries: list[ParsedEntry] = []
        self.by_car: dict[int, ParsedEntry] = {}
        for index, line in enumerate(lines):
            try:
                self._add(fields.as_object(line))
            except ResultFileError as error:
                raise error.under(f"leaderBoardLines[{index}]") from None

    def _add(self, line: JsonObject) -> None:
        car = fields.object_of(line, "car")
        timing = fields.object_of(line, "timing", optional=True)
        try:
            entry, car_id = _entry(car)
        except ResultFileError as error:
            raise error.under("car") from None
        if not entry.drivers:
            given = fields.object_of(line, "currentDriver", optional=True)
            try:
                entry.drivers.append(_driver(given))
            except ResultFileError as error:
                raise error.under("currentDriver") from None
        try:
            entry.laps = whole(timing, "lapCount")
            entry.best_lap_ms = acc_laps.time_of(timing, "bestLap")
            entry.total_time_ms = acc_laps.time_of(timing, "totalTime")
        except ResultFileError as error:
            raise error.under("timing") from None
        if self.race and entry.laps == 0:
            entry.status = "dns"
        if len(entry.drivers) == 1:
            entry.drivers[0].laps = entry.laps
        self.entries.append(entry)
        if car_id is None:
            self.notes.append(f"{_called(entry)} has no carId: laps and penalties cannot be brought to it.")
        elif self.by_car.setdefault(car_id, entry) is not entry:
            self.notes.append(f"Two cars have the carId {car_id}: its laps were given to the first.")

    def add_laps(self, rows: list[Any]) -> None:
        """Bring the laps to their cars; those of no car or driver on the board are left out, with a note."""
        unknown_cars, unknown_drivers = acc_laps.add(rows, self.by_car)
        if unknown_cars:
            self.notes.append(f"Laps of cars that are not in the classification were left out: {unknown_cars}.")
        if unknown_drivers:
            self.notes.append(f"Laps of drivers their car does not have were left out: {unknown_drivers}.")
        for entry in self.entries:
            if len(entry.lap_times) > fields.MAX_COUNT:
                raise ResultFileError(f"{_called(entry)} has more than {fields.MAX_COUNT} laps", "laps")
            laps.summarise(entry)
            acc_laps.leave_out_ghosts(entry)

    def disqualify(self, rows: list[Any], key: str) -> None:
        """Mark the cars whose penalties say so; other penalties are already in the classification."""
        for index, row in enumerate(rows):
            try:
                row = fields.as_object(row)
                car_id = whole(row, "carId", low=-fields.MAX_MS, high=fields.MAX_MS)
                penalty, reason = fields.text_of(row, "penalty"), fields.text_of(row, "reason", 80)
            except ResultFileError as error:
                raise error.under(f"{key}[{index}]") from None
            entry = self.by_car.get(car_id) if car_id is not None else None
            if entry and penalty.lower().startswith("disqualified"):
                entry.status = "dsq"
                entry.status_text = f"Disqualified ({reason})" if reason and reason != "None" else "Disqualified"

    def classified(self) -> list[ParsedEntry]:
        """The entries in their final order, with positions and, in a race, what they are behind the winner.

        The order is the file's. In a race laps go before it, because a car with fewer laps may stand too high,
        and disqualified cars stand last.
        """
        entries = self.entries
        if self.race:
            entries = self._disqualified_last(entries)
            if all(entry.laps is not None for entry in entries):
                entries = self._by_laps(entries)
        classification.place(entries)
        if self.race:
            classification.measure(entries)
        return entries

    def _disqualified_last(self, entries: list[ParsedEntry]) -> list[ParsedEntry]:
        ordered = sorted(entries, key=lambda entry: entry.status == "dsq")
        if ordered != entries:
            self.notes.append("Disqualified cars stood above others: they were put last.")
        return ordered

    def _by_laps(self, entries: list[ParsedEntry]) -> list[ParsedEntry]:
        ordered = sorted(entries, key=lambda entry: (entry.status == "dsq", -(entry.laps or 0)))
        if ordered != entries:
            self.notes.append("Cars stood above others with more laps: the race was classified by laps.")
        return ordered


def _called(entry: ParsedEntry) -> str:
    if entry.car_number:
        return f"Car {entry.car_number}"
    name = entry.drivers[0].name if entry.drivers else ""
    return f"The car of {name}" if name else "A car without a number"


def _entry(car: JsonObject) -> tuple[ParsedEntry, int | None]:
    model = whole(car, "carModel", high=fields.MAX_MS)
    name, car_class = ("", "") if model is None else acc_names.car(model)
    drivers = []
    for index, given in enumerate(fields.list_of(car, "drivers", optional=True)):
        try:
            drivers.append(_driver(fields.as_object(given)))
        except ResultFileError as error:
            raise error.under(f"drivers[{index}]") from None
    entry = ParsedEntry(
        position=None,
        drivers=drivers,
        car_name=name,
        car_class=car_class,
        car_number=fields.text_or_number(car, "raceNumber", 20),
        team_name=fields.text_of(car, "teamName"),
    )
    return entry, whole(car, "carId", low=-fields.MAX_MS, high=fields.MAX_MS)


def _driver(given: JsonObject) -> ParsedDriver:
    name = f"{fields.name_of(given, 'firstName')} {fields.name_of(given, 'lastName')}".strip()
    if len(name) > fields.MAX_TEXT:
        raise ResultFileError(f"Expected a name of at most {fields.MAX_TEXT} characters", "lastName")
    player_id = fields.text_or_number(given, "playerId", fields.MAX_TEXT)
    return ParsedDriver(name or fields.name_of(given, "shortName"), *fields.identity(IdentifierKind.ACC, player_id))
