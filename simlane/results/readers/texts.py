"""Values that a file holds as text, in XML or in a table's cells: whole numbers, seconds, times of a clock.

An error names the field by its key; whoever reads the row adds where the row stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from simlane.results.readers import fields
from simlane.results.source import ResultFileError

_WHOLE = re.compile(r"([+-]?[0-9]{1,18})(?:[.,]0*)?", re.ASCII)
_TIME = re.compile(r"(?:(?:([0-9]{1,4}):)?([0-9]{1,4}):)?([0-9]{1,9})(?:[.,]([0-9]{0,30}))?", re.ASCII)
#: What C programs print for what is no number, and dashes.
_NONE = re.compile(r"-?(?:1\.#|nan|inf|ind).*|-+(?:[.:]-+)*", re.ASCII | re.IGNORECASE)


def whole(row: Mapping[str, str], key: str, low: int = 0, high: int = fields.MAX_COUNT) -> int | None:
    """The field's whole number, None when there is none; raises ResultFileError outside of `low` to `high`."""
    text = row.get(key, "").strip()
    if not text:
        return None
    match = _WHOLE.fullmatch(text)
    if not match:
        raise ResultFileError(f"Expected a whole number, found “{fields.shown(text)}”", key)
    value = int(match[1])
    if not low <= value <= high:
        raise fields.out_of_range(value, low, high, key)
    return value


def milliseconds(text: str, where: str) -> int | None:
    """A time, `83.456`, `1:23.456` or `1:02:03.456`, in milliseconds, rounded, half up; a comma is a point.

    None for no text, dashes, zero, what is below it and what is no number to a computer.
    """
    text = text.strip()
    if not text or _NONE.fullmatch(text):
        return None
    match = _TIME.fullmatch(text.removeprefix("-"))
    if not match:
        raise ResultFileError(f"Expected a time, found “{fields.shown(text)}”", where)
    hours, minutes, seconds, decimals = match[1], match[2], match[3], match[4] or ""
    value = (int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)) * 1000
    value += int(f"{decimals}000"[:3]) + (decimals[3:4] >= "5")
    if value > fields.MAX_MS:
        raise ResultFileError(
            f"Expected a time of at most {fields.MAX_MS // 1000} seconds, found {fields.shown(text)}", where
        )
    return None if text.startswith("-") or not value else value
