"""The events of a SimLane CSV while its lines come in: sessions, cars, and the drivers who share one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedEvent, ParsedSession
from simlane.results.readers import classification, fields, texts
from simlane.results.readers.simlane_csv import columns
from simlane.results.readers.tables import Row
from simlane.results.server_names import without_secrets
from simlane.results.source import ResultFileError
from simlane.sim.identity.platforms import KnownSimulator

_MOST_SESSIONS = 100
_RANK = {"practice": 0, "qualifying": 100, "warmup": 200, "race": 300}


@dataclass(slots=True)
class _Session:
    """A session: its cars by what tells them apart, and the line each position was given in."""

    parsed: ParsedSession
    started_at: datetime
    cars: dict[tuple[str, str], ParsedEntry] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Event:
    parsed: ParsedEvent
    sessions: dict[str, _Session] = field(default_factory=dict)


class Events:
    """The events so far, in the table's order; `zone` is where times stand that name none."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._events: dict[tuple[str, ...], _Event] = {}

    def add(self, row: Row) -> None:
        """Take in a line; raises ResultFileError with the column."""
        for needed in columns.NEEDED:
            if not row.cells.get(needed):
                raise ResultFileError("The cell is empty", needed)
        simulator = columns.simulator(row.cells["simulator"])
        event = self._event(row, simulator)
        session = self._session(event, row)
        _add_driver(session, row, simulator)

    def finished(self, notes: list[str]) -> list[ParsedEvent]:
        """The events with all of their sessions classified; raises ResultFileError when there is none."""
        if not self._events:
            raise ResultFileError("Nobody took part: below the headings there is no line", "line 2")
        for event in self._events.values():
            starts = []
            for session in event.sessions.values():
                _classify(session.parsed)
                event.parsed.sessions.append(session.parsed)
                starts.append(session.started_at)
            event.parsed.started_at = min(starts)
            event.parsed.notes += notes
        return [event.parsed for event in self._events.values()]

    def _event(self, row: Row, simulator: KnownSimulator) -> _Event:
        said = {name: _text(row, name) for name in ("event", "series", "track", "layout")}
        said |= {name: without_secrets(said[name]) for name in ("event", "series")}
        key = (simulator.slug, *said.values())
        if key not in self._events:
            parsed = ParsedEvent(
                simulator.slug,
                name=said["event"] or said["track"],
                track=said["track"],
                layout=said["layout"],
                sessions=[],
                weekend=_weekend(said),
                series=said["series"],
                by_hand=True,
            )
            self._events[key] = _Event(parsed)
        return self._events[key]

    def _session(self, event: _Event, row: Row) -> _Session:
        name = _text(row, "session", 100)
        started_at, clock = columns.date(row.cells["date"], self._zone)
        found = event.sessions.get(name)
        if found is None:
            if len(event.sessions) >= _MOST_SESSIONS:
                raise ResultFileError(f"The event has more than {_MOST_SESSIONS} sessions", "session")
            kind, stage = columns.session(name)
            number = _RANK[kind] + sum(each.parsed.kind == kind for each in event.sessions.values())
            parsed = ParsedSession(kind, number, name, [], stage=stage, clock=clock)
            # Two races of one day are not told apart by a day.
            parsed.started_at = started_at if clock else None
            found = event.sessions[name] = _Session(parsed, started_at)
        elif found.started_at != started_at:
            raise ResultFileError(f"{name} has another date in a line above", "date")
        return found


def _text(row: Row, heading: str, limit: int = fields.MAX_TEXT) -> str:
    return fields.text_of({heading: row.cells.get(heading, "")}, heading, limit)


def _time(row: Row, heading: str) -> int | None:
    return texts.milliseconds(row.cells.get(heading, ""), heading)


def _weekend(said: dict[str, str]) -> str:
    """What files of one event have in common; empty where it has no name: it may be anyone's."""
    return fields.joined(said["series"], said["event"], said["track"], said["layout"]) if said["event"] else ""


def _add_driver(session: _Session, row: Row, simulator: KnownSimulator) -> None:
    position, ended = columns.position(row.cells.get("position", ""))
    team, number = _text(row, "team"), _text(row, "number", 20)
    driver = ParsedDriver(
        _text(row, "driver"),
        columns.driver_id(row.cells.get("driver_id", ""), simulator),
        best_lap_ms=_time(row, "best_lap"),
        laps=texts.whole(row.cells, "laps"),
        incidents=texts.whole(row.cells, "incidents"),
    )
    car = session.cars.get((team, number)) if team and number else None
    if car is not None and (position is None or position == car.position):
        _join(car, driver)
        return
    if position is not None:
        if before := session.lines.get(position):
            raise ResultFileError(
                f"Position {position} stands in line {before} already: drivers who share a car need the same team and "
                "number",
                "position",
            )
        session.lines[position] = row.line
    if len(session.parsed.entries) >= fields.MAX_COUNT:
        raise ResultFileError(f"The session has more than {fields.MAX_COUNT} cars", "session")
    given = row.cells.get("status", "")
    entry = ParsedEntry(
        position,
        [driver],
        car_name=_text(row, "car"),
        car_number=number,
        car_class=_text(row, "class"),
        team_name=team,
        grid_position=texts.whole(row.cells, "grid", low=1),
        laps=driver.laps,
        best_lap_ms=driver.best_lap_ms,
        total_time_ms=_time(row, "total_time"),
        status=columns.status(given, "status") if given else ended or "finished",
        status_text=_text(row, "status", 100) or (row.cells["position"] if ended else ""),
        incidents=driver.incidents,
    )
    entry.gap_ms, entry.laps_down = columns.gap(row.cells.get("gap", ""))
    session.parsed.entries.append(entry)
    if team and number:
        session.cars.setdefault((team, number), entry)


def _join(car: ParsedEntry, driver: ParsedDriver) -> None:
    """One more driver of a car: its laps and incidents are the sum, its best lap the best of theirs."""
    if len(car.drivers) >= fields.MAX_COUNT:
        raise ResultFileError(f"The car has more than {fields.MAX_COUNT} drivers", "driver")
    car.drivers.append(driver)
    if driver.laps is not None:
        car.laps = min(fields.MAX_COUNT, (car.laps or 0) + driver.laps)
    if driver.incidents is not None:
        car.incidents = min(fields.MAX_COUNT, (car.incidents or 0) + driver.incidents)
    bests = [best for best in (car.best_lap_ms, driver.best_lap_ms) if best]
    car.best_lap_ms = min(bests, default=None)


def _classify(session: ParsedSession) -> None:
    """Puts the cars in order, and says what each is behind the winner and in its class.

    Where the table gives no position at all, its order is the classification.
    """
    entries = session.entries
    if not any(entry.position for entry in entries):
        for position, entry in enumerate(entries, 1):
            entry.position = position
    entries.sort(key=classification.rank)
    for entry in entries:
        if len(entry.drivers) > 1 and not any(driver.laps is not None for driver in entry.drivers[1:]):
            # Given once for the car: nothing says who of them drove how many.
            entry.drivers[0].laps = None
    classification.place_in_class(entries)
    if session.kind == "race":
        for entry in entries:
            _measure(entry, entries[0])


def _measure(entry: ParsedEntry, winner: ParsedEntry) -> None:
    if entry.laps is not None and winner.laps is not None and entry.laps <= winner.laps and entry.laps_down is None:
        entry.laps_down = winner.laps - entry.laps
    times = entry.total_time_ms, winner.total_time_ms
    if entry.gap_ms is None and not entry.laps_down and times[0] is not None and times[1] is not None:
        entry.gap_ms = times[0] - times[1] if times[0] >= times[1] else None
