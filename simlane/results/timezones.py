"""Where a server's clock stands, as a person writes it: a place (`Europe/Rome`) or a distance from UTC (`+09:00`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simlane.results.parsed import ParsedEvent

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])([0-9]{1,2})(?::?([0-5][0-9]))?", re.IGNORECASE | re.ASCII)
_LONGEST = timedelta(hours=14)


class UnknownTimezoneError(ValueError):
    """The text names no time zone; the message says how to write one."""


def timezone_of(text: str) -> tzinfo:
    """The time zone that the text names; raises UnknownTimezoneError when it names none."""
    given = text.strip()
    if given.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    if match := _OFFSET.fullmatch(given):
        distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if distance <= _LONGEST:
            return timezone(-distance if match[1] == "-" else distance)
    else:
        try:
            return ZoneInfo(given)
        # A path, a directory or a broken file: zoneinfo lets what the system says through.
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise UnknownTimezoneError(
        f"{text!r} is no time zone: write a place as Europe/Rome, or a distance from UTC as +09:00."
    )


def not_to_come(event: ParsedEvent, now: datetime) -> None:
    """A result is never later than when it came in: where a server's clock seems ahead, it was driven just now."""
    times = [event.started_at, *(session.started_at for session in event.sessions)]
    ahead = max((each for each in times if each and each > now), default=None)
    if ahead is None:
        return
    # Where the file says which zone its times are in, nobody need say so.
    local = any(session.clock for session in event.sessions)
    event.notes.append(
        f"Its time, {ahead:%Y-%m-%d %H:%M} UTC, is still to come: it counts as driven now."
        + (" --timezone says where the server's clock stands." if local else "")
    )
    event.started_at = event.started_at and min(event.started_at, now)
    for session in event.sessions:
        session.started_at = session.started_at and min(session.started_at, now)
