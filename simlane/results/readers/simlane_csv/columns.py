"""The columns of SimLane CSV, and how what people write in them is understood."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from simlane.results.readers import fields, texts
from simlane.results.source import ResultFileError
from simlane.results.timezones import UnknownTimezoneError, timezone_of
from simlane.sim.identity.identifiers import InvalidIdentifierError, normalise
from simlane.sim.identity.platforms import KNOWN_SIMULATORS, KnownSimulator, known_simulator

#: What the lines of a session have in common: an empty cell repeats the line above.
OF_EVENT = ("event", "series", "simulator", "track", "layout", "session", "date")
NEEDED = ("simulator", "track", "session", "date", "driver")
COLUMNS = (
    *OF_EVENT,
    "position",
    "driver",
    "driver_id",
    "team",
    "number",
    "car",
    "class",
    "grid",
    "laps",
    "total_time",
    "gap",
    "best_lap",
    "status",
    "incidents",
)
#: What the drivers of the template's own lines begin with.
EXAMPLE = "(example)"

_KINDS = (
    ("practice", re.compile(r"(?:free +)?practice\b|fp *[0-9]*\b|p *[0-9]*\b|test\b|training\b")),
    ("qualifying", re.compile(r"(?:sprint +)?(?:qualif\w*|quali\b|shootout\b)|q *[0-9]*\b|superpole\b")),
    ("warmup", re.compile(r"warm[ -]?up\b")),
    ("race", re.compile(r"(?:sprint|feature|main|final|endurance)\b|(?:consolation|heat|race)\b|r *[0-9]*\b")),
)
_HEAT = re.compile(r"\b(?:heat|consolation)\b")
_FEATURE = re.compile(r"\b(?:feature|final)\b")
_STATUSES = {
    "finished": ("", "finished", "finish", "ok", "running", "classified"),
    "dnf": ("dnf", "ret", "retired", "did not finish", "nc", "dnc", "not classified"),
    "dns": ("dns", "did not start"),
    "dsq": ("dsq", "dq", "disqualified", "excluded", "ex"),
}
_BY_WORD = {word: status for status, words in _STATUSES.items() for word in words}
_YEAR_FIRST = r"(?P<year>[0-9]{4})([-/.])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})"
_CLOCK = r"(?:[ T,]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?"
_ZONE = r" *(?P<zone>Z|UTC|GMT|[+-][0-9]{1,2}:?[0-9]{2})?"
_DATES = (
    re.compile(_YEAR_FIRST + _CLOCK + _ZONE, re.ASCII | re.IGNORECASE),
    # With points the day comes first wherever dates are written so; with strokes that is anybody's guess.
    re.compile(
        r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\. ?(?P<year>[0-9]{4})" + _CLOCK + _ZONE, re.ASCII | re.IGNORECASE
    ),
)
_LAPS_DOWN = re.compile(r"\+? *([0-9]{1,5}) *(?:l|laps?)", re.ASCII | re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[0-9]+[.,]?[0-9]*E\+?[0-9]+", re.ASCII | re.IGNORECASE)


def heading_of(cell: str) -> str:
    """A heading as it is known here: “Best lap” is `best_lap`."""
    return re.sub(r"[ _-]+", "_", cell.strip().casefold())


def simulator(text: str) -> KnownSimulator:
    """The simulator by its name, its slug or an older slug; raises ResultFileError."""
    wanted = text.casefold()
    found = known_simulator(wanted) or next((each for each in KNOWN_SIMULATORS if each.name.casefold() == wanted), None)
    if found is None:
        names = ", ".join(each.name for each in KNOWN_SIMULATORS)
        raise ResultFileError(f"“{fields.shown(text)}” is no simulator SimLane knows: {names}", "simulator")
    return found


def session(text: str) -> tuple[str, str]:
    """The kind of a session and its stage, by what its name begins with; raises ResultFileError."""
    said = text.casefold()
    for kind, words in _KINDS:
        if words.match(said):
            if kind != "race":
                return kind, ""
            return kind, "heat" if _HEAT.search(said) else "feature" if _FEATURE.search(said) else ""
    raise ResultFileError(
        f"“{fields.shown(text)}” is no session: begin it with Practice, Qualifying, Warm-up, Race, Sprint or Heat",
        "session",
    )


def date(text: str, zone: tzinfo, *, is_planned: bool = False) -> tuple[datetime, datetime | None]:
    """When it was, in UTC, and what the clock on the wall said, None where only the day is given.

    Without a zone of its own the time is `zone`'s, and it may be to come only if it `is_planned`; raises
    ResultFileError.
    """
    match = next(filter(None, (pattern.fullmatch(text) for pattern in _DATES)), None)
    try:
        if match is None:
            raise ValueError
        day = datetime(int(match["year"]), int(match["month"]), int(match["day"]))  # noqa: DTZ001 - nothing said yet
        said = day.replace(
            hour=int(match["hour"] or 0), minute=int(match["minute"] or 0), second=int(match["second"] or 0)
        )
        here = timezone_of(match["zone"]) if match["zone"] else zone
    except (ValueError, UnknownTimezoneError):
        raise ResultFileError(
            f"“{fields.shown(text)}” is no date: write it as 2026-03-01 20:30, or 2026-03-01 20:30 +01:00", "date"
        ) from None
    clock = said.replace(tzinfo=UTC) if match["hour"] else None
    return fields.instant(said, "date", here, is_planned=is_planned), clock


def status(text: str, where: str) -> str:
    """How the drive ended, one of sim.models.Entry.Status' values; raises ResultFileError."""
    found = _BY_WORD.get(text.casefold().replace(".", ""))
    if found is None:
        raise ResultFileError(
            f"“{fields.shown(text)}” is not how a drive ends: write finished, DNF, DNS or DSQ, or leave it empty", where
        )
    return found


def position(text: str) -> tuple[int | None, str]:
    """The position; where it says how the drive ended instead (DNF), that. Raises ResultFileError."""
    if text and not text[:1].isdigit() and text.casefold() in _BY_WORD:
        return None, _BY_WORD[text.casefold()]
    return texts.whole({"position": text.rstrip(".")}, "position", low=1), ""


def gap(text: str) -> tuple[int | None, int | None]:
    """What the car is behind the winner, in milliseconds or in laps; raises ResultFileError."""
    if match := _LAPS_DOWN.fullmatch(text):
        return None, texts.whole({"gap": match[1]}, "gap")
    return texts.milliseconds(text.lstrip("+ "), "gap"), None


def driver_id(text: str, of: KnownSimulator) -> str | None:
    """The platform's id in its canonical form, None for none; raises ResultFileError for what cannot be one."""
    if not text:
        return None
    if _SCIENTIFIC.fullmatch(text):
        raise ResultFileError(
            f"“{fields.shown(text)}” is what a spreadsheet makes of a long number: format the column as text and "
            "enter the id again",
            "driver_id",
        )
    try:
        return normalise(of.kind, text)
    except InvalidIdentifierError as error:
        raise ResultFileError(
            f"{error}. Leave the cell empty if the id on {of.name} is not known", "driver_id"
        ) from None
