"""What a result file says, as one number: the same for a copy under another name, encoding or wrapping."""

from __future__ import annotations

import hashlib
import json
from operator import attrgetter
from typing import Any

import msgspec

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedEvent


def _values(kind: type[msgspec.Struct], *without: str) -> attrgetter[Any]:
    return attrgetter(*(name for name in kind.__struct_fields__ if name not in without))


_entry = _values(ParsedEntry, "drivers", "lap_times")
_driver = _values(ParsedDriver)
_encode = msgspec.json.Encoder().encode
#: Stands for an entry's laps; no text of a result is this.
_LAPS = "\0"


def content_sha256(event: ParsedEvent) -> str:
    """A digest of the results themselves.

    Names and times of the event are left out, since some formats keep them in the file's name only; a session
    in which nobody did a lap has nothing else to be known by, and counts with its time. Laps through the pits are left
    out: files came in before they were read, and are to be known by what was read then.
    """
    sessions = [
        (
            session.kind,
            session.number,
            ""
            if any(entry.best_lap_ms or entry.lap_times for entry in session.entries)
            else str(session.started_at or event.started_at),
            [(_entry(entry), [_driver(driver) for driver in entry.drivers], _LAPS) for entry in session.entries],
        )
        for session in event.sessions
    ]
    said = (event.simulator, event.platform_id, event.track, event.layout, sessions)
    # The text that json.dumps would make of it, laps and all, in a third of its time.
    digest = hashlib.sha256()
    laps = (entry.lap_times for session in event.sessions for entry in session.entries)
    pieces = json.dumps(said).split(json.dumps(_LAPS))
    for before in pieces[:-1]:
        digest.update(before.encode())
        # Whole numbers, true, false and null alone: each comma stands between two of them.
        digest.update(_without_pits(_encode(next(laps))).replace(b",", b", "))
    digest.update(pieces[-1].encode())
    return digest.hexdigest()


def _without_pits(laps: bytes) -> bytes:
    """Laps as JSON without the last value of each: nothing else of a lap stands behind a list, its sectors."""
    for value in (b"null", b"false", b"true"):
        laps = laps.replace(b"]," + value + b"]", b"]]")
    return laps
