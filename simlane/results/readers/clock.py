"""When a server of the Assetto Corsa family wrote a session's file, by its own clock wherever that stood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from simlane.results.parsed import ParsedSession
from simlane.results.readers import fields
from simlane.results.readers.fields import JsonObject
from simlane.results.source import Source

UNKNOWN = "The file holds no date, and neither does its name."

#: The time in a file's name, without a zone; None when there is none.
InName = Callable[[str], datetime | None]


def start(session: ParsedSession, document: JsonObject, source: Source, in_name: InName) -> bool:
    """Sets the session's start and clock; False when nothing says them. Raises ResultFileError.

    The time is the `Date` that a server's manager puts into the file, else the one in the `SessionFile` beside it or in
    the file's own name. No file says where the server's clock stands (a `Date` ends in Z anywhere): `source.timezone`
    does, unless the `Date` names another zone.
    """
    said = _said(document, source.filename, in_name)
    if not said:
        return False
    clock, where = said
    session.started_at = fields.instant(clock, where, source.timezone)
    session.clock = clock.replace(tzinfo=UTC)
    return True


def _said(document: JsonObject, filename: str, in_name: InName) -> tuple[datetime, str] | None:
    if date := fields.text_of(document, "Date"):
        said = fields.date_and_time(date, "Date")
        return (said if said.utcoffset() else said.replace(tzinfo=None)), "Date"
    for name, where in ((fields.text_of(document, "SessionFile"), "SessionFile"), (filename, "the file's name")):
        if found := in_name(name):
            return found, where
    return None
