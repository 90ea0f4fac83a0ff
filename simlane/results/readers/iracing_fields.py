"""Fields of a result of iRacing: positions from 0, times of 1/10,000 s, ratings, licences, and how a drive ended."""

from __future__ import annotations

import re

from simlane.results.readers import fields
from simlane.results.readers.fields import JsonObject, rounded, text_of, whole

# As `reason_out` words it: "Disqualified", "DQ/Scoring Invalidated".
_DISQUALIFIED = re.compile(r"\b(?:dq|dsq|disq[a-z]*)\b|invalidated")
# Four levels a licence, from Rookie to Pro/WC: 1-4, 5-8, ... (`/data/lookup/licenses`).
_LICENSES = ("R", "D", "C", "B", "A", "Pro", "WC")
_MAX_TIME = 10 * fields.MAX_MS
_MAX_RATING = 100_000


def status(row: JsonObject, *, race: bool) -> tuple[str, str]:
    """How the drive ended, one of sim.models.Entry.Status' values, and as the file words it."""
    wording = text_of(row, "reason_out", 100)
    said = wording.lower()
    if _DISQUALIFIED.search(said):
        return "dsq", wording
    if not race or said in ("", "running"):
        return "finished", wording
    return ("dns" if "not start" in said else "dnf"), wording


def position(row: JsonObject, key: str) -> int | None:
    """The position from 1; None below 0, which stands for none."""
    value = whole(row, key, low=-1, high=fields.MAX_COUNT - 1)
    return None if value is None or value < 0 else value + 1


def time(row: JsonObject, key: str) -> int | None:
    """A lap time of 1/10,000 s in milliseconds, rounded, half up; None for -1 and 0."""
    value = whole(rounded(row, key), key, low=-1, high=_MAX_TIME)
    return None if value is None or value <= 0 else (value + 5) // 10


def interval(row: JsonObject) -> int | None:
    """The interval to the winner in milliseconds; None below 0, which stands for laps down or no time."""
    value = whole(rounded(row, "interval"), "interval", low=-_MAX_TIME, high=_MAX_TIME)
    return None if value is None or value < 0 else (value + 5) // 10


def incidents(row: JsonObject) -> int | None:
    """The incident points; None below 0, which stands for none."""
    value = whole(row, "incidents", low=-1)
    return None if value is None or value < 0 else value


def rating(row: JsonObject, key: str) -> int | None:
    """An iRating; None for -1, and for 0, which nobody has."""
    value = whole(rounded(row, key), key, low=-1, high=_MAX_RATING)
    return None if value is None or value <= 0 else value


def license_of(row: JsonObject, which: str) -> str:
    """The licence and safety rating as iRacing shows them: level 13 and sub-level 370 are "B 3.70"."""
    level_key, rating_key = f"{which}_license_level", f"{which}_sub_level"
    level = whole(rounded(row, level_key), level_key, low=-1, high=255)
    rating = whole(rounded(row, rating_key), rating_key, low=-1, high=fields.MAX_COUNT)
    if level is None or rating is None or rating < 0 or not 1 <= level <= 4 * len(_LICENSES):
        return ""
    return f"{_LICENSES[(level - 1) // 4]} {rating // 100}.{rating % 100:02}"
