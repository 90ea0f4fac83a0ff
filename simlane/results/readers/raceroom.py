"""Result files of RaceRoom's dedicated server: one event with all of its sessions, JSON, UTF-8.

The format is described nowhere; it is as in files of real servers. Those of 2015 have names and best laps only, later
ones laps, then incidents, and since 2020 `UserId`, grids and sectors.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedEvent, ParsedLap, ParsedSession
from simlane.results.readers import classification, fields, laps
from simlane.results.readers.fields import JsonObject, text_of, whole
from simlane.results.server_names import without_secrets
from simlane.results.source import ResultFileError, Source
from simlane.sim.identity.identifiers import IdentifierKind

SIMULATOR = "raceroom"

_KINDS = {
    "practice": ("practice", "Practice"),
    "qualify": ("qualifying", "Qualifying"),
    "qualifying": ("qualifying", "Qualifying"),
    "warmup": ("warmup", "Warm-up"),
    "race": ("race", "Race"),
}
_TYPE = re.compile(r"([A-Za-z]+) ?([0-9]{0,2})", re.ASCII)
_STATUS = {
    "": "finished",
    "finished": "finished",
    "none": "finished",
    "didnotfinish": "dnf",
    "didnotstart": "dns",
    "disqualified": "dsq",
}
#: Milliseconds since 1970, UTC; an offset behind them says where the server stood and moves nothing.
_DATE = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_POINTS = 1000


class RaceRoomReader:
    """Reads RaceRoom server results.

    A driver is known by `UserId`; older files have only names. All sessions have the event's one time. Outside of races
    a status other than disqualified says nothing.
    """

    slug = "raceroom"
    name = "RaceRoom server results"
    version = 2

    def recognises(self, source: Source) -> bool:
        """Whether the JSON has a `Track`, `Sessions`, and what only RaceRoom's servers say beside them."""
        document = source.json_object_or_none
        return (
            document is not None
            and {"Track", "Sessions"} <= document.keys()
            and bool({"Server", "Experience", "Time"} & document.keys())
        )

    def read(self, source: Source) -> list[ParsedEvent]:
        """The event with every session somebody took part in; raises ResultFileError."""
        document = source.json
        if not isinstance(document, dict):
            raise fields.wrong_type(document, "an object", "the whole file")
        track = text_of(document, "Track")
        if not track:
            raise ResultFileError("The file does not say which track was driven", "Track")
        layout = text_of(document, "TrackLayout")
        server = without_secrets(text_of(document, "Server"))
        notes: list[str] = []
        started_at = _date(document, "StartTime") or _date(document, "Time")
        if started_at is None:
            notes.append("The file holds no date.")
        sessions = _sessions(document, notes)
        for session in sessions:
            session.started_at = started_at
        if not sessions:
            raise ResultFileError("Nobody took part: no session has players", "Sessions")
        event = ParsedEvent(
            simulator=SIMULATOR,
            name=server or track,
            track=track,
            layout=layout,
            sessions=sessions,
            # The file is the whole event: nothing joins it but a file of the very same one.
            weekend=fields.joined(server, track, layout, str(started_at)),
            started_at=started_at,
            notes=notes,
        )
        return [event]


def _date(document: JsonObject, key: str) -> datetime | None:
    text = text_of(document, key)
    if not text:
        return None
    match = _DATE.fullmatch(text)
    if not match:
        raise ResultFileError(f"“{fields.shown(text)}” is not a date as /Date(1500000000000)/", key)
    try:
        said = _EPOCH + timedelta(milliseconds=int(match[1]))
    except OverflowError:
        raise ResultFileError(f"“{fields.shown(text)}” is not a date", key) from None
    return fields.instant(said, key) if said > _EPOCH else None


def _sessions(document: JsonObject, notes: list[str]) -> list[ParsedSession]:
    sessions: list[ParsedSession] = []
    rows = fields.list_of(document, "Sessions")
    if len(rows) > fields.MAX_COUNT:
        raise ResultFileError(f"The event has more than {fields.MAX_COUNT} sessions", "Sessions")
    for index, row in enumerate(rows):
        try:
            row = fields.as_object(row)
            kind, name = _type(text_of(row, "Type"))
            entries = _entries(fields.list_of(row, "Players", optional=True), kind == "race")
        except ResultFileError as error:
            raise error.under(f"Sessions[{index}]") from None
        if entries:
            sessions.append(ParsedSession(kind, index, name, entries))
    unknown = sum(
        driver.identifier is None for session in sessions for entry in session.entries for driver in entry.drivers
    )
    if unknown:
        notes.append(f"Drivers without a RaceRoom user id, known by name only: {unknown}.")
    return sessions


def _type(given: str) -> tuple[str, str]:
    match = _TYPE.fullmatch(given)
    found = _KINDS.get(match[1].lower()) if match else None
    if not match or not found:
        raise ResultFileError(f"The session type “{fields.shown(given)}” is not one SimLane knows", "Type")
    kind, name = found
    return kind, f"{name} {int(match[2])}" if match[2] else name


def _entries(rows: list[Any], race: bool) -> list[ParsedEntry]:
    if len(rows) > fields.MAX_COUNT:
        raise ResultFileError(f"The session has more than {fields.MAX_COUNT} players", "Players")
    entries = []
    for index, row in enumerate(rows):
        try:
            entries.append(_entry(fields.as_object(row), race))
        except ResultFileError as error:
            raise error.under(f"Players[{index}]") from None
    entries.sort(key=classification.rank)
    if race:
        classification.measure([entry for entry in entries if entry.position])
    return entries


def _entry(row: JsonObject, race: bool) -> ParsedEntry:
    driven = _laps(row)
    given = text_of(row, "FinishStatus", 100)
    status = _STATUS.get(given.lower(), "dnf")
    if status != "dsq" and not race:
        status = "finished"
    entry = ParsedEntry(
        position=_place(row, "Position"),
        drivers=[_driver(row)],
        car_name=text_of(row, "Car"),
        car_class=text_of(row, "CarClass"),
        class_position=_place(row, "PositionInClass"),
        laps=len(driven) if driven else None,
        best_lap_ms=fields.time_ms(row, "BestLapTime"),
        total_time_ms=fields.time_ms(row, "TotalTime") if race else None,
        status=status,
        status_text=given if status in {"dnf", "dsq"} else "",
        incidents=_incidents(row),
        lap_times=driven,
    )
    if entry.best_lap_ms is None:
        # Of who was disqualified or retired the file says none.
        entry.best_lap_ms = laps.best(driven)
    if race:
        _add_race(entry, row)
    if not (entry.laps or entry.best_lap_ms or entry.total_time_ms):
        # Who did not run has no place, whatever the file counts.
        entry.position = entry.class_position = None
        entry.status = "dns" if race and entry.status == "finished" else entry.status
    driver = entry.drivers[0]
    driver.laps, driver.best_lap_ms, driver.incidents = entry.laps, entry.best_lap_ms, entry.incidents
    return entry


def _add_race(entry: ParsedEntry, row: JsonObject) -> None:
    """What only a race has: a grid, laps that count, and laps led."""
    entry.grid_position = _place(row, "StartPosition")
    rows = fields.list_of(row, "RaceSessionLaps", optional=True)
    if "RaceSessionLaps" in row:
        entry.laps = len(entry.lap_times)
    if entry.laps and all("Position" in lap for lap in rows[: entry.laps]):
        entry.laps_led = sum(lap["Position"] == 1 for lap in rows[: entry.laps])


def _place(row: JsonObject, key: str) -> int | None:
    """A position; None for 0 and below, which is none."""
    value = whole(row, key, low=-1)
    return value if value and value > 0 else None


def _driver(row: JsonObject) -> ParsedDriver:
    user = whole(row, "UserId", low=-fields.MAX_MS, high=10**18)
    name = fields.name_of(row, "FullName") or fields.name_of(row, "Username")
    # Where no user sits the number is 0 or less: not even an id that cannot be real.
    if not user or user < 0:
        return ParsedDriver(name)
    return ParsedDriver(name, *fields.identity(IdentifierKind.RACEROOM, user))


def _laps(row: JsonObject) -> list[ParsedLap]:
    """The laps up to the last one with a time or a sector: behind it stands the one that was not ended."""
    found: list[ParsedLap] = []
    rows = fields.list_of(row, "RaceSessionLaps", optional=True)
    if len(rows) > fields.MAX_COUNT:
        raise ResultFileError(f"The driver has more than {fields.MAX_COUNT} laps", "RaceSessionLaps")
    driven = 0
    for index, lap in enumerate(rows):
        try:
            lap = fields.as_object(lap)
            time = fields.time_ms(lap, "Time")
            valid = fields.flag(lap, "Valid") is not False
            sectors = _sectors(lap, time)
            pit = fields.flag(lap, "PitStopOccured")
        except ResultFileError as error:
            raise error.under(f"RaceSessionLaps[{index}]") from None
        if time:
            driven = index + 1
        found.append(ParsedLap(index + 1, 0, time, valid, sectors, pit))
    return found[:driven]


def _sectors(lap: JsonObject, time: int | None) -> tuple[int | None, int | None, int | None]:
    """The lap's sectors out of the times at which they ended, counted from the lap's start."""
    given = fields.list_of(lap, "SectorTimes", optional=True)
    if len(given) != 3:
        return None, None, None
    ends: list[int | None] = []
    for place, value in enumerate(given):
        try:
            ends.append(fields.time_ms({"": value}, ""))
        except ResultFileError as error:
            raise ResultFileError(error.what, f"SectorTimes[{place}]") from None
    first, second, third = ends
    return first, _between(first, second), _between(second, third or time)


def _between(start: int | None, end: int | None) -> int | None:
    return end - start if start is not None and end is not None and end > start else None


def _incidents(row: JsonObject) -> int | None:
    """The incident points of all laps, also of one that was not ended; None where the file has none of them."""
    points, known = 0, False
    for index, lap in enumerate(fields.list_of(row, "RaceSessionLaps", optional=True)):
        try:
            found = fields.list_of(fields.as_object(lap), "Incidents", optional=True)
            known = known or "Incidents" in lap
            for place, incident in enumerate(found):
                try:
                    points += whole(fields.as_object(incident), "Points", high=_MAX_POINTS) or 0
                except ResultFileError as error:
                    raise error.under(f"Incidents[{place}]") from None
        except ResultFileError as error:
            raise error.under(f"RaceSessionLaps[{index}]") from None
    return min(points, fields.MAX_MS) if known else None
