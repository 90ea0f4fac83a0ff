"""An rFactor result file element by element: nothing is kept but what a result is made of, and no tree is built.

The parser is expat. A document type is refused before anything in it counts, so there are no entities but XML's own
five and nothing to fetch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from xml.parsers import expat

from simlane.results.parsed import ParsedEntry
from simlane.results.readers import fields, texts
from simlane.results.source import ResultFileError

Values = dict[str, str]

#: The parser stops between two pieces: what it holds when something is wrong is as large as one.
_PIECE = 1024 * 1024
_DEEPEST = 16
#: Drivers and rows of a file, rows of a driver, changes of a session, values of a session or a file, characters of a
#: value: none was ever seen near these, and what a small element becomes is many times as large.
_MOST_DRIVERS = fields.MAX_COUNT
_MOST_ROWS = 500_000
_MOST_ROWS_OF_DRIVER = fields.MAX_COUNT
_MOST_CHANGES = 1000
_MOST_VALUES = 1000
_MOST_TEXT = 65_536

_SESSION = re.compile(r"(TestDay|Practice|Qualify|Warmup|Race)([0-9]{0,2})", re.ASCII)
#: Elements of a driver that stand more than once, with attributes.
_ROWS = {"Lap", "Swap", "ControlAndAids"}
_CHANGE = re.compile(r'Old="([^"]*)" New="([^"]*)"')


@dataclass(slots=True)
class Row:
    """An element with attributes: a lap, a stint."""

    attributes: Values
    text: str


@dataclass(slots=True)
class Change:
    """A `<DriverChange>` of the stream: when, in seconds of the session, and who gave the car to whom."""

    at: float
    old: str
    new: str


@dataclass(slots=True)
class Driver:
    """A `<Driver>`: a car of a session, with the line its element begins in."""

    line: int
    values: Values = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in _ROWS})


@dataclass(slots=True)
class Session:
    """A session's element: its kind as the game calls it, its number (1 when none stands there) and its drivers."""

    tag: str
    kind: str
    number: int
    values: Values = field(default_factory=dict)
    entries: list[ParsedEntry] = field(default_factory=list)
    #: The position the file gives each entry; None for none.
    given: list[int | None] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unscored: int = 0


@dataclass(slots=True)
class Document:
    """What stands above the sessions, and the sessions."""

    values: Values = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    #: Whether laps say how much virtual energy was used: only Le Mans Ultimate has such a thing.
    has_energy: bool = False


#: Makes an entry of a driver's element; None for one that is no participant.
MakeEntry = Callable[[Driver, Session], ParsedEntry | None]


def read(text: str, make_entry: MakeEntry) -> Document:
    """The document; raises ResultFileError with the line where it breaks, or with the driver and field."""
    found = _Reading(make_entry)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, attributes: found.start(name, attributes, parser.CurrentLineNumber)
    parser.CharacterDataHandler = found.characters
    parser.EndElementHandler = found.end
    try:
        for start in range(0, len(text), _PIECE):
            parser.Parse(text[start : start + _PIECE], False)
        parser.Parse("", True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise ResultFileError(
            f"The file is not valid XML: {what}", f"line {error.lineno}, column {error.offset + 1}"
        ) from None
    return found.document


def seconds(text: str) -> float:
    """The time of a session at which something stands in the stream or a lap began; 0 for none."""
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if isfinite(found) else 0.0


def _refuse_doctype(*declared: object) -> None:
    raise ResultFileError("The file defines a document type where none can stand")


class _Reading:
    """Where the parser is, by the names of the elements it is in, and what it found so far."""

    def __init__(self, make_entry: MakeEntry) -> None:
        self.document = Document()
        self._make_entry = make_entry
        self._path: list[str] = []
        self._session: Session | None = None
        self._driver: Driver | None = None
        self._count = 0
        self._drivers = 0
        self._rows = 0
        self._rows_of_driver = 0
        self._attributes: Values = {}
        self._text: list[str] | None = None
        self._length = 0

    def start(self, name: str, attributes: Values, line: int) -> None:
        path = self._path
        path.append(name)
        depth = len(path)
        if depth > _DEEPEST:
            raise ResultFileError("The XML is nested too deeply", f"line {line}")
        self._text = None
        if depth == 3 and (match := _SESSION.fullmatch(name)):
            if len(self.document.sessions) >= fields.MAX_COUNT:
                raise ResultFileError(f"The file has more than {fields.MAX_COUNT} sessions", f"line {line}")
            self._session = Session(name, match[1], int(match[2] or 1))
            self._count = 0
        elif depth == 4 and name == "Driver":
            if self._session is None:
                raise ResultFileError(f"The session “{fields.shown(path[2])}” is not one SimLane knows", f"line {line}")
            self._drivers += 1
            if self._drivers > _MOST_DRIVERS:
                raise ResultFileError(f"The file has more than {_MOST_DRIVERS} drivers", f"line {line}")
            self._driver, self._rows_of_driver = Driver(line), 0
        elif self._is_value(depth, name):
            self._attributes, self._text, self._length = attributes, [], 0

    def _is_value(self, depth: int, name: str) -> bool:
        """Whether this element's text is kept: what a document, a session or a driver says of itself."""
        if depth == 5:
            return self._driver is not None or (name == "DriverChange" and self._path[3] == "Stream")
        return depth in (3, 4)

    def characters(self, text: str) -> None:
        if self._text is None:
            return
        self._length += len(text)
        if self._length > _MOST_TEXT:
            raise ResultFileError(f"A value has more than {_MOST_TEXT} characters", ".".join(self._path[2:]))
        self._text.append(text)

    def end(self, name: str) -> None:
        depth = len(self._path)
        if self._text is not None:
            self._keep(depth, name, "".join(self._text).strip())
        elif depth == 4 and self._driver is not None:
            self._finish(self._driver)
        elif depth == 3 and self._session is not None:
            self.document.sessions.append(self._session)
            self._session = None
        self._text = None
        self._path.pop()

    def _keep(self, depth: int, name: str, text: str) -> None:
        if depth == 5 and self._driver is not None:
            self._rows += 1
            self._rows_of_driver += 1
            if self._rows_of_driver > _MOST_ROWS_OF_DRIVER or self._rows > _MOST_ROWS:
                raise ResultFileError(
                    f"A driver has more than {_MOST_ROWS_OF_DRIVER} values, or all have more than {_MOST_ROWS}",
                    f"line {self._driver.line}",
                )
            if name in _ROWS:
                self._driver.rows[name].append(Row(self._attributes, text))
                if "ve" in self._attributes or "veUsed" in self._attributes:
                    self.document.has_energy = True
            else:
                self._driver.values.setdefault(name, text)
        elif self._session is not None:
            if name == "DriverChange":
                self._change(self._session, text)
            elif depth == 4:
                _set(self._session.values, name, text)
        elif depth == 3:
            _set(self.document.values, name, text)

    def _change(self, session: Session, text: str) -> None:
        if not (match := _CHANGE.search(text)):
            return
        if len(session.changes) >= _MOST_CHANGES:
            raise ResultFileError(f"More than {_MOST_CHANGES} changes of drivers", session.tag)
        old, new = (fields.name_of({"name": name}, "name") for name in match.groups())
        session.changes.append(Change(seconds(self._attributes.get("et", "")), old, new))

    def _finish(self, driver: Driver) -> None:
        session = self._session
        self._driver = None
        if session is None:
            return
        place = f"{session.tag}.Driver[{self._count}]"
        self._count += 1
        try:
            entry = self._make_entry(driver, session)
            position = texts.whole(driver.values, "Position", low=-1)
        except ResultFileError as error:
            inner = error.under(place)
            raise ResultFileError(inner.what, f"{inner.where}, line {driver.line}") from None
        if entry is None:
            session.unscored += 1
        else:
            session.entries.append(entry)
            session.given.append(position)


def _set(values: Values, name: str, text: str) -> None:
    """Of two values with one name the first counts."""
    values.setdefault(name, text)
    if len(values) > _MOST_VALUES:
        raise ResultFileError(f"The file says more than {_MOST_VALUES} things of itself or of a session")
