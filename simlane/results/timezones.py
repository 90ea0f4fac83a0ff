"""Where a server's clock stands, as a person writes it: a place (`Europe/Rome`) or a distance from UTC (`+09:00`)."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
