"""iRacing's results of a subsession: one event with all of its sessions, JSON, UTF-8.

The format: what `/data/results/get` of iRacing's data API answers (https://members-ng.iracing.com/data/doc), which the
member site also offers for download, bare or wrapped in `data`. Times are 1/10,000 s, positions count from 0.
"""

from __future__ import annotations

import re
from datetime import datetime

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedEvent, ParsedSession
from simlane.results.readers import classification, fields, iracing_fields
from simlane.results.readers.fields import JsonObject, name_of, text_of, whole
from simlane.results.server_names import without_secrets
from simlane.results.source import ResultFileError, Source
from simlane.sim.identity.identifiers import IdentifierKind

SIMULATOR = "iracing"

_KINDS = {4: "qualifying", 5: "qualifying", 6: "race"}
_NAMES = {"practice": "Practice", "qualifying": "Qualifying", "warmup": "Warm-up", "race": "Race"}
# What a race of a heat event is called; "last chance" and the like are heats that some more drivers get out of.
_HEAT = re.compile(r"\b(?:heat|consolation|consi|last chance|lcq|b[ -]main|semi[ -]?(?:final)?)\b", re.IGNORECASE)
_FEATURE = re.compile(r"\b(?:feature|a[ -]main|final)\b", re.IGNORECASE)
_PLAIN_NAMES = {"", "PRACTICE", "QUALIFY", "QUALIFYING", "WARMUP", "RACE"}
#: By iRacing's numbers of its licence categories: oval, road, dirt oval, dirt road, sports car, formula car.
_RACING = {1: "oval", 2: "road", 3: "oval", 4: "road", 5: "road", 6: "road"}
_MAX_ID = 10**18


class IracingReader:
    """Reads iRacing event results.

    AI drivers keep their name and get no identifier; a team whose drivers are not listed is an entry without any. Who
    left a race is told by `reason_out`; outside of races leaving is no retirement, so there only a disqualification
    counts.
    """

    slug = "iracing"
    name = "iRacing event results"
    version = 2

    def recognises(self, source: Source) -> bool:
        """Whether the JSON has `subsession_id` and `session_results`, bare or wrapped in `data`."""
        document = source.json_object_or_none
        return document is not None and _unwrapped(document)[0] is not None

    def read(self, source: Source) -> list[ParsedEvent]:
        """The event with every session somebody took part in; raises ResultFileError."""
        document = source.json
        found, wrapping = _unwrapped(document) if isinstance(document, dict) else (None, "")
        if found is None:
            raise ResultFileError("The file has no subsession_id and session_results")
        try:
            return [_event(found)]
        except ResultFileError as error:
            raise (error.under(wrapping) if wrapping else error) from None


def _unwrapped(document: JsonObject) -> tuple[JsonObject | None, str]:
    for found, wrapping in ((document, ""), (document.get("data"), "data")):
        if isinstance(found, dict) and "subsession_id" in found and "session_results" in found:
            return found, wrapping
    return None, ""


def _event(document: JsonObject) -> ParsedEvent:
    subsession = whole(document, "subsession_id", low=1, high=_MAX_ID)
    if subsession is None:
        raise fields.wrong_type(None, "a whole number", "subsession_id")
    started_at = _instant(document, "start_time")
    track, layout = _track(document)
    cars = Cars(document)
    sessions = _sessions(document, cars)
    if len(sessions) > fields.MAX_COUNT:
        raise ResultFileError(f"The event has more than {fields.MAX_COUNT} sessions", "session_results")
    if not any(session.entries for session in sessions):
        raise ResultFileError("Nobody took part: no session has results", "session_results")
    series = without_secrets(_first_text(document, "league_season_name", "series_name", "season_name"))
    notes = []
    if cars.ai_names:
        notes.append(f"AI drivers, known by name only: {len(cars.ai_names)}.")
    names = ("session_name", "league_name", "series_name", "season_name")
    return ParsedEvent(
        simulator=SIMULATOR,
        # Hosted sessions are named by members, who write passwords and invitations there.
        name=next(filter(None, (without_secrets(text_of(document, key)) for key in names)), track),
        track=track,
        layout=layout,
        sessions=[session for session in sessions if session.entries],
        platform_id=str(subsession),
        series=series,
        started_at=started_at,
        notes=notes,
    )


def _first_text(row: JsonObject, *keys: str) -> str:
    return next((text for text in [text_of(row, key) for key in keys] if text), "")


def _instant(row: JsonObject, key: str) -> datetime | None:
    """The field as an instant; None for none, which iRacing also writes as 1970."""
    text = text_of(row, key)
    if not text:
        return None
    said = fields.date_and_time(text, key)
    if (said.year, said.month, said.day) == (1970, 1, 1):
        return None
    return fields.instant(said, key)


def _track(document: JsonObject) -> tuple[str, str]:
    track = fields.object_of(document, "track")
    try:
        name, layout = text_of(track, "track_name"), text_of(track, "config_name")
        if not name:
            raise ResultFileError("The file does not say which track was driven", "track_name")
    except ResultFileError as error:
        raise error.under("track") from None
    return name, "" if layout == "N/A" else layout


class Cars:
    """What the event says of its cars and classes, and the AI drivers met on the way."""

    def __init__(self, document: JsonObject) -> None:
        self.classes: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.ai_names: set[str] = set()
        for index, row in enumerate(fields.list_of(document, "car_classes", optional=True)):
            try:
                self._add(fields.as_object(row))
            except ResultFileError as error:
                raise error.under(f"car_classes[{index}]") from None

    def _add(self, row: JsonObject) -> None:
        class_id, class_name = whole(row, "car_class_id", low=-1, high=_MAX_ID), text_of(row, "name")
        if class_id is not None:
            self.classes[class_id] = class_name
        cars = fields.list_of(row, "cars_in_class", optional=True)
        for index, car in enumerate(cars):
            try:
                car = fields.as_object(car)
                car_id = whole(car, "car_id", low=-1, high=_MAX_ID)
                # A class of one car is called what the car is.
                name = _first_text(car, "car_name", "name") or (class_name if len(cars) == 1 else "")
            except ResultFileError as error:
                raise error.under(f"cars_in_class[{index}]") from None
            if car_id is not None and name:
                self.names.setdefault(car_id, name)


def _sessions(document: JsonObject, cars: Cars) -> list[ParsedSession]:
    numbered = []
    racing = _RACING.get(whole(document, "license_category_id", low=-1, high=_MAX_ID) or 0, "")
    in_heats = (whole(document, "heat_info_id", low=-_MAX_ID, high=_MAX_ID) or 0) > 0
    for index, row in enumerate(fields.list_of(document, "session_results")):
        try:
            row = fields.as_object(row)
            # The main session is 0 and those before it count down.
            number = whole(row, "simsession_number", low=-fields.MAX_COUNT) or 0
            session = _session(row, cars)
            session.racing = racing
            if session.kind == "race":
                session.stage = _stage(session.name, is_main=number == 0, in_heats=in_heats)
            numbered.append((number, session))
        except ResultFileError as error:
            raise error.under(f"session_results[{index}]") from None
    numbered.sort(key=lambda pair: pair[0])
    sessions = [session for _, session in numbered]
    for number, session in enumerate(sessions):
        session.number = number
    return sessions


def _session(row: JsonObject, cars: Cars) -> ParsedSession:
    name, type_name = text_of(row, "simsession_name", 100), text_of(row, "simsession_type_name")
    kind = _KINDS.get(whole(row, "simsession_type", low=-1) or 0, "practice")
    if kind == "practice" and f"{name} {type_name}".lower().replace("-", "").find("warmup") >= 0:
        kind = "warmup"
    if name.upper() in _PLAIN_NAMES:
        name = _NAMES[kind]
    elif name.isupper():
        name = name.title()
    entries = []
    for index, result in enumerate(fields.list_of(row, "results", optional=True)):
        try:
            entries.append(entry_of(fields.as_object(result), cars, race=kind == "race"))
        except ResultFileError as error:
            raise error.under(f"results[{index}]") from None
    entries.sort(key=classification.rank)
    if kind == "race":
        measure(entries)
    return ParsedSession(kind, 0, name, entries)


def _stage(name: str, *, is_main: bool, in_heats: bool) -> str:
    """Which part of a race in heats this is; empty for a race of its own."""
    if _HEAT.search(name):
        return "heat"
    if _FEATURE.search(name):
        return "feature"
    if in_heats:
        return "feature" if is_main else "heat"
    return ""


def measure(entries: list[ParsedEntry]) -> None:
    """Laps behind the winner; where there are any, the interval says nothing about time."""
    classification.measure(entries)
    for entry in entries:
        if entry.laps_down:
            entry.gap_ms = None


def entry_of(row: JsonObject, cars: Cars, *, race: bool) -> ParsedEntry:
    members = fields.list_of(row, "driver_results", optional=True)
    team_id = whole(row, "team_id", low=-_MAX_ID, high=_MAX_ID)
    drivers = []
    for index, member in enumerate(members):
        try:
            drivers.append(_driver(fields.as_object(member), cars))
        except ResultFileError as error:
            raise error.under(f"driver_results[{index}]") from None
    is_team = bool(drivers) or _is_team(row, team_id)
    if not is_team:
        drivers.append(_driver(row, cars))
    car_id = whole(row, "car_id", low=-1, high=_MAX_ID)
    class_id = whole(row, "car_class_id", low=-1, high=_MAX_ID)
    status, status_text = iracing_fields.status(row, race=race)
    livery = fields.object_of(row, "livery", optional=True)
    try:
        car_number = fields.text_or_number(livery, "car_number", 20)
    except ResultFileError as error:
        raise error.under("livery") from None
    car_name = text_of(row, "car_name")
    if not car_name and car_id is not None and car_id >= 0:
        car_name = cars.names.get(car_id) or f"Car {car_id}"
    return ParsedEntry(
        position=iracing_fields.position(row, "finish_position"),
        drivers=drivers,
        car_name=car_name,
        car_number=car_number,
        car_class=text_of(row, "car_class_name") or cars.classes.get(class_id or 0, ""),
        class_position=iracing_fields.position(row, "finish_position_in_class"),
        team_name=text_of(row, "display_name") if is_team else "",
        grid_position=iracing_fields.position(row, "starting_position"),
        laps=whole(row, "laps_complete"),
        laps_led=whole(row, "laps_lead"),
        best_lap_ms=iracing_fields.time(row, "best_lap_time"),
        average_lap_ms=iracing_fields.time(row, "average_lap"),
        gap_ms=iracing_fields.interval(row),
        status=status,
        status_text=status_text,
        incidents=iracing_fields.incidents(row),
    )


def _is_team(row: JsonObject, team_id: int | None) -> bool:
    """Whether a row without drivers is a team's: teams have negative ids and no customer id of their own."""
    cust_id = row.get("cust_id")
    has_driver = cust_id is not None and (type(cust_id) is not int or cust_id > 0)
    return (team_id or 0) < 0 and not has_driver and not fields.flag(row, "ai")


def _driver(row: JsonObject, cars: Cars) -> ParsedDriver:
    name = name_of(row, "display_name")
    cust_id = row.get("cust_id", row.get("team_id"))
    if cust_id is not None and type(cust_id) is not int:
        raise fields.wrong_type(cust_id, "a whole number", "cust_id")
    driver = ParsedDriver(
        name,
        best_lap_ms=iracing_fields.time(row, "best_lap_time"),
        laps=whole(row, "laps_complete"),
        rating_before=iracing_fields.rating(row, "oldi_rating"),
        rating_after=iracing_fields.rating(row, "newi_rating"),
        license_before=iracing_fields.license_of(row, "old"),
        license_after=iracing_fields.license_of(row, "new"),
        incidents=iracing_fields.incidents(row),
    )
    if fields.flag(row, "ai"):
        cars.ai_names.add(name)
    elif cust_id is not None:
        driver.identifier, driver.given_id = fields.identity(IdentifierKind.IRACING, cust_id)
    return driver
