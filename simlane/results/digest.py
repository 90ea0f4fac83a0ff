"""What a result file says, as one number: the same for a copy under another name, encoding or wrapping."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from operator import attrgetter
from typing import Any

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedEvent, ParsedLap


def _values(kind: type, *without: str) -> attrgetter[Any]:
    return attrgetter(*(field.name for field in fields(kind) if field.name not in without))


_entry = _values(ParsedEntry, "drivers", "lap_times")
_driver = _values(ParsedDriver)
_lap = _values(ParsedLap)


def content_sha256(event: ParsedEvent) -> str:
    """A digest of the results themselves.

    Names and times of the event are left out, since some formats keep them in the file's name only; a session
    that nobody took part in has nothing else to be known by, and counts with its time.
    """
    sessions = [
        (
            session.kind,
            session.number,
            "" if session.entries else str(session.started_at or event.started_at),
            [
                (_entry(entry), [_driver(driver) for driver in entry.drivers], [_lap(lap) for lap in entry.lap_times])
                for entry in session.entries
            ],
        )
        for session in event.sessions
    ]
    said = (event.simulator, event.platform_id, event.track, event.layout, sessions)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
