"""The CSV that iRacing's site exports of one session's results: a heading of the event, then a line a car or driver.

A line becomes a result as iRacing's JSON words it, and is read as that: see readers.iracing. Columns differ from year
to year and are known by their headings.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from simlane.results.parsed import ParsedEntry, ParsedEvent, ParsedSession
from simlane.results.readers import classification, fields, iracing, tables, texts
from simlane.results.readers.fields import JsonObject
from simlane.results.readers.tables import Row
from simlane.results.server_names import without_secrets
from simlane.results.source import ResultFileError, Source

#: Older exports call them otherwise.
_HEADINGS = {"Custid": "Cust ID", "Driver": "Name"}
_NEEDED = {"Fin Pos", "Name"}
_RESULTS = re.compile(r"\bFin Pos\b")
_FILE_ID = re.compile(r"eventresult[-_ ]?([1-9][0-9]{4,11})(?![0-9])", re.IGNORECASE | re.ASCII)
_DATE = re.compile(
    r"([0-9]{4})\.([0-9]{2})\.([0-9]{2}) ([0-9]{1,2}):([0-9]{2}) (AM|PM)(?: (?:GMT|UTC))?", re.ASCII | re.IGNORECASE
)
_LAPS_DOWN = re.compile(r"[0-9]+ *L(?:aps?)?", re.ASCII | re.IGNORECASE)
#: A track that is gone is called by the year it was measured in: “[Legacy] Pocono Raceway - 2009”.
_LEGACY_YEAR = re.compile(r"\[Legacy\].* - [12][0-9]{3}", re.ASCII)
#: Numbers of a line, as iRacing's JSON names them; below their lowest none is meant.
_NUMBERS = {
    "Car ID": ("car_id", -1, 10**9),
    "Car Class ID": ("car_class_id", -1, 10**9),
    "Laps Comp": ("laps_complete", 0, fields.MAX_COUNT),
    "Laps Led": ("laps_lead", 0, fields.MAX_COUNT),
    "Inc": ("incidents", -1, fields.MAX_COUNT),
    "Old iRating": ("oldi_rating", -1, 100_000),
    "New iRating": ("newi_rating", -1, 100_000),
    "Old License Level": ("old_license_level", -1, 255),
    "Old License Sub-Level": ("old_sub_level", -1, fields.MAX_COUNT),
    "New License Level": ("new_license_level", -1, 255),
    "New License Sub-Level": ("new_sub_level", -1, fields.MAX_COUNT),
}
_TEXTS = {
    "Name": ("display_name", 255),
    "Car": ("car_name", 255),
    "Car Class": ("car_class_name", 255),
    "Out": ("reason_out", 100),
}
_MAX_ID = 10**18


class IracingCsvReader:
    """Reads iRacing's CSV export.

    The file does not say of which session it is: laps led, laps down or a changed rating are a race's, a qualifying
    time a qualifying's, and the rest is practice. The subsession's number stands in the name that iRacing gives the
    file, if anywhere.
    """

    slug = "iracing-csv"
    name = "iRacing results CSV"
    version = 1

    def recognises(self, source: Source) -> bool:
        """Whether the table has a heading with “Fin Pos” and a driver's name."""
        return bool(_RESULTS.search(source.lenient_text[0][: tables.BEGINNING])) and any(
            set(_headings(cells)) >= _NEEDED for _, cells in tables.lines(source, beginning=True)
        )

    def read(self, source: Source) -> list[ParsedEvent]:
        """The session as an event; raises ResultFileError with line and column."""
        head, rows = _parts(source)
        said = _text(head, "Track")
        if not said:
            raise ResultFileError(
                "The file does not say on which track this was driven: export it again, with the heading above the "
                "results",
                "line 1",
            )
        track, layout = _track(said)
        started_at = _start(head.get("Start Time"))
        session, notes = _session(rows)
        if started_at is None:
            notes.append("The file holds no date.")
        number = _FILE_ID.search(source.filename)
        names = [without_secrets(_text(head, name)) for name in ("Hosted Session Name", "League Name", "Series")]
        return [
            ParsedEvent(
                simulator=iracing.SIMULATOR,
                name=next(filter(None, names), track),
                track=track,
                layout=layout,
                sessions=[session],
                platform_id=number[1] if number else "",
                weekend="" if number else _weekend(head),
                series=without_secrets(_text(head, "League Season") or _text(head, "Series")),
                started_at=started_at,
                notes=notes,
            )
        ]


def _headings(cells: list[str]) -> list[str]:
    return [_HEADINGS.get(cell, cell) for cell in cells]


def _parts(source: Source) -> tuple[dict[str, Row], Iterator[Row]]:
    """The heading's values, each with its line, and the lines of the results."""
    found = tables.lines(source)
    head: dict[str, Row] = {}
    names: list[str] | None = None
    for line, cells in found:
        if set(headings := _headings(cells)) >= _NEEDED:
            break
        if names is None:
            names = cells
        else:
            row = Row(line, dict(zip(names, cells, strict=False)))
            head |= {name: row for name in row.cells if name not in head}
            names = None
    else:
        raise ResultFileError("The table has no line of headings with “Fin Pos” and “Name”")

    def rows() -> Iterator[Row]:
        for line, cells in found:
            if any(cells[len(headings) :]):
                raise ResultFileError(f"The line has more cells than the {len(headings)} headings", f"line {line}")
            yield Row(line, dict(zip(headings, cells, strict=False)))

    return head, rows()


def _text(head: dict[str, Row], name: str) -> str:
    row = head.get(name)
    try:
        return fields.text_of(dict(row.cells), name) if row else ""
    except ResultFileError as error:
        raise (row.located(error) if row else error) from None


def _track(text: str) -> tuple[str, str]:
    """The track and its layout: “Road America - Full Course”."""
    track, dash, layout = text.rpartition(" - ")
    return (text, "") if not dash or _LEGACY_YEAR.fullmatch(text) else (track, layout)


def _start(row: Row | None) -> datetime | None:
    """The start, in UTC: `2019.07.31 9:00 PM GMT`, or as ISO writes it."""
    if row is None or not (text := row.cells["Start Time"]):
        return None
    place = row.place("Start Time")
    try:
        if match := _DATE.fullmatch(text):
            hour = int(match[4]) % 12 + (12 if match[6].upper() == "PM" else 0)
            said = datetime(int(match[1]), int(match[2]), int(match[3]), hour, int(match[5]), tzinfo=UTC)
        else:
            said = datetime.fromisoformat(text)
    except ValueError:
        raise ResultFileError(f"“{fields.shown(text)}” is not a date and time", place) from None
    return fields.instant(said, place)


def _weekend(head: dict[str, Row]) -> str:
    """Tells the event from others where nothing gives its number: all that the heading says of it."""
    names = ("Series", "Hosted Session Name", "League Season ID", "Start Time", "Track", "Strength of Field")
    said = "|".join(_text(head, name) for name in names)
    # However short: the name of a hosted session may hold a password.
    return hashlib.sha256(said.encode()).hexdigest()


def _session(rows: Iterator[Row]) -> tuple[ParsedSession, list[str]]:
    results = _results(rows)
    if not results:
        raise ResultFileError("Nobody took part: no line holds a result")
    kind = _kind([line for _, _, lines in results for line in lines])
    cars = iracing.Cars({})
    entries: list[ParsedEntry] = []
    for row, result, _ in results:
        try:
            entries.append(iracing.entry_of(result, cars, race=kind == "race"))
        except ResultFileError as error:
            raise row.located(ResultFileError(error.what)) from None
    entries.sort(key=classification.rank)
    classification.place_in_class(entries)
    if kind == "race":
        iracing.measure(entries)
    name = {"race": "Race", "qualifying": "Qualifying", "practice": "Practice"}[kind]
    notes = [f"The file does not say of which session it is: by what it holds, {name.lower()}."]
    if cars.ai_names:
        notes.append(f"AI drivers, known by name only: {len(cars.ai_names)}.")
    return ParsedSession(kind, 0, name, entries), notes


def _kind(rows: list[Row]) -> str:
    def says(heading: str, *nothing: str) -> bool:
        return any(row.cells.get(heading, "") not in ("", "0", *nothing) for row in rows)

    if (
        says("Laps Led")
        or any(_LAPS_DOWN.fullmatch(row.cells.get("Interval", "").lstrip("-")) for row in rows)
        or any(row.cells.get("Old iRating", "") != row.cells.get("New iRating", "") for row in rows)
    ):
        return "race"
    return "qualifying" if says("Qualify Time", "-", "00.000") else "practice"


def _results(rows: Iterator[Row]) -> list[tuple[Row, JsonObject, list[Row]]]:
    """Each car's first line, its result as JSON words it, and all of its lines: a team's drivers come after it."""
    found: list[tuple[Row, JsonObject, list[Row]]] = []
    teams: dict[tuple[int, int], tuple[JsonObject, list[Row]]] = {}
    for count, row in enumerate(rows):
        if count >= fields.MAX_COUNT:
            raise ResultFileError(f"The session has more than {fields.MAX_COUNT} lines", f"line {row.line}")
        try:
            result, customer = _result(row)
        except ResultFileError as error:
            raise row.located(error) from None
        team = result["team_id"] or 0
        if team >= 0:
            found.append((row, result | {"cust_id": customer}, [row]))
            continue
        key = (result["finish_position"], team)
        if key not in teams:
            entry = (
                {**result, "driver_results": []}
                if customer == team
                else {**result, "display_name": "", "driver_results": []}
            )
            teams[key] = (entry, [row])
            found.append((row, entry, teams[key][1]))
        if customer != team:
            car, lines = teams[key]
            car["driver_results"].append(result | {"cust_id": customer})
            if lines[-1] is not row:
                lines.append(row)
    return found


def _result(row: Row) -> tuple[JsonObject, int | None]:
    """A line as JSON words a result, and the customer's id, which for a team is the team's."""
    cells = row.cells
    result: dict[str, Any] = {}
    for heading, (name, limit) in _TEXTS.items():
        result[name] = fields.text_of({heading: cells.get(heading, "")}, heading, limit)
    for heading, (name, low, high) in _NUMBERS.items():
        result[name] = texts.whole(cells, heading, low, high)
    for heading, name in (("Fin Pos", "finish_position"), ("Start Pos", "starting_position")):
        value = texts.whole(cells, heading)
        result[name] = -1 if value is None else value - 1
    for heading, name in (("Fastest Lap Time", "best_lap_time"), ("Average Lap Time", "average_lap")):
        result[name] = 10 * (texts.milliseconds(cells.get(heading, ""), heading) or 0)
    result["interval"] = _interval(cells.get("Interval", ""))
    result["livery"] = {"car_number": fields.text_of({"Car #": cells.get("Car #", "")}, "Car #", 20)}
    result["ai"] = bool(texts.whole(cells, "AI", high=1))
    result["team_id"] = texts.whole(cells, "Team ID", -_MAX_ID, _MAX_ID)
    return result, texts.whole(cells, "Cust ID", -_MAX_ID, _MAX_ID)


def _interval(text: str) -> int:
    """The time behind the winner in 1/10,000 s, written with a minus; -1 for laps down, and for none."""
    text = text.lstrip("-+ ")
    if not text or _LAPS_DOWN.fullmatch(text):
        return -1
    return 10 * (texts.milliseconds(text, "Interval") or 0)
