"""Typed access to the fields of a JSON document: what a reader asks for, or a ResultFileError that names the field.

Paths are put together only when something is wrong: an error starts with the field's own name, and every loop it
passes on its way out adds its level (`ResultFileError.under`).
"""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from math import floor
from typing import Any

from simlane.results.source import ResultFileError
from simlane.sim.identity.identifiers import IdentifierKind, normalise_or_none

_TYPE_NAMES = {
    type(None): "nothing",
    bool: "true or false",
    int: "a whole number",
    float: "a number with decimals",
    str: "text",
    list: "a list",
    dict: "an object",
}
JsonObject = dict[str, Any]

MAX_TEXT = 255
MAX_COUNT = 32_767  #: positions, laps and the like: what the smallest column holds
MAX_MS = 2**31 - 1
MAX_ROUNDED = 2.0**53

#: No simulator here is older, and a year 1 or 1900 is a program's word for "none".
FIRST_TIME = datetime(1990, 1, 1, tzinfo=UTC)
#: A server's clock may be in a time zone ahead.
AHEAD = timedelta(days=1)
#: Nobody plans a race for later.
PLANNED_AHEAD = timedelta(days=10 * 365)

_TURNS_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def wrong_type(value: object, expected: str, where: str) -> ResultFileError:
    """The error for a value of another type than `expected`, a phrase such as "a list"."""
    return ResultFileError(f"Expected {expected}, found {_TYPE_NAMES.get(type(value), 'something else')}", where)


def out_of_range(value: int, low: int, high: int, where: str) -> ResultFileError:
    """The error for a number that cannot be."""
    return ResultFileError(f"Expected a number from {low} to {high}, found {shown(value)}", where)


def shown(value: object) -> str:
    """The value as a person may be shown it: cleaned, and never longer than 40 characters."""
    text = cleaned(str(value))
    return text if len(text) <= 40 else text[:39] + "…"


def cleaned(text: str) -> str:
    """The text on one line, without doubled white space and what no database or page can hold.

    Control characters and those that turn the reading direction of a page around go; half a surrogate pair, which
    no encoding can write, becomes a replacement character.
    """
    text = " ".join(text.split())
    if text.isprintable():
        return text
    kept = (
        "\ufffd" if kind == "Cs" else character
        for character, kind in ((c, unicodedata.category(c)) for c in text)
        if kind != "Cc" and character not in _TURNS_TEXT_AROUND
    )
    return " ".join("".join(kept).split())


def text_of(row: JsonObject, key: str, limit: int = MAX_TEXT) -> str:
    """The field's text, cleaned; empty when there is none. Raises ResultFileError above `limit` characters."""
    value = row.get(key)
    if value is None:
        return ""
    if type(value) is not str:
        raise wrong_type(value, "text", key)
    text = cleaned(value)
    if len(text) > limit:
        raise ResultFileError(f"Expected at most {limit} characters, found {len(text)}", key)
    return text


def name_of(row: JsonObject, key: str) -> str:
    """The field as a person's name: its first line, since some put their team on a second one."""
    value = row.get(key)
    if type(value) is str:
        lines = (cleaned(line) for line in value.splitlines())
        row = {key: next(filter(None, lines), "")}
    return text_of(row, key)


def identity(kind: IdentifierKind, given: str | int) -> tuple[str | None, str | None]:
    """The platform's id, and what the file holds in its place when that cannot be one."""
    identifier = normalise_or_none(kind, given)
    return identifier, None if identifier else shown(given) or None


def joined(*parts: str) -> str:
    """The parts as one key, which fits into a column however long they are."""
    key = "|".join(parts)
    return key if len(key) <= MAX_TEXT else hashlib.sha256(key.encode()).hexdigest()


def rounded(row: JsonObject, key: str) -> JsonObject:
    """The row as it is, or with this field rounded, half up: for what is measured, an average or a time."""
    value = row.get(key)
    # Infinite is what a number too large to be one was read as.
    return row | {key: floor(value + 0.5)} if type(value) is float and abs(value) < MAX_ROUNDED else row


def date_and_time(text: str, where: str) -> datetime:
    """What ISO 8601 says, with a zone or without; raises ResultFileError."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ResultFileError(f"“{shown(text)}” is not a date and time", where) from None


def instant(value: datetime, where: str, zone: tzinfo = UTC, *, is_planned: bool = False) -> datetime:
    """The time in UTC; one without a zone is `zone`'s. Raises ResultFileError for one that cannot be a session's.

    A session that is planned may be to come.
    """
    latest = datetime.now(UTC) + (PLANNED_AHEAD if is_planned else AHEAD)
    try:
        found = (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or not FIRST_TIME <= found <= latest:
        said = value.replace(tzinfo=None).isoformat(" ", "seconds")
        driven, until = ("is", latest.year) if is_planned else ("was", "now")
        raise ResultFileError(
            f"{said} cannot be when this {driven} driven: expected a time from {FIRST_TIME.year} until {until}", where
        )
    return found


def whole(row: JsonObject, key: str, low: int = 0, high: int = MAX_COUNT) -> int | None:
    """The field's whole number, None when there is none; raises ResultFileError outside of `low` to `high`."""
    value = row.get(key)
    if value is None:
        return None
    if type(value) is not int:
        raise wrong_type(value, "a whole number", key)
    if not low <= value <= high:
        raise out_of_range(value, low, high, key)
    return value


def time_ms(row: JsonObject, key: str, none: int = MAX_MS) -> int | None:
    """The field's time in milliseconds, rounded; None for no time: 0 and what is below it, `none` and what is above."""
    value = rounded(row, key).get(key)
    if value is None:
        return None
    if type(value) is not int:
        raise wrong_type(value, "a time in milliseconds", key)
    return value if 0 < value < none else None


def text_or_number(row: JsonObject, key: str, limit: int) -> str:
    """The field's text, for numbers on a car's door and other labels that files write either way."""
    value = row.get(key)
    if type(value) is int:
        if abs(value) >= 10**limit:
            raise ResultFileError(f"Expected at most {limit} digits, found more", key)
        return str(value)
    return text_of(row, key, limit)


def flag(row: JsonObject, key: str) -> bool | None:
    """The field as true or false, also written as 1 or 0; None when there is none."""
    value = row.get(key)
    if value is None or type(value) is bool:
        return value
    if type(value) is not int or value not in (0, 1):
        raise wrong_type(value, "true or false, or 1 or 0", key)
    return bool(value)


def object_of(row: JsonObject, key: str, *, optional: bool = False) -> JsonObject:
    """The field's object; empty when there is none and it is `optional`."""
    value = row.get(key)
    if type(value) is dict:
        return value
    if value is None and optional:
        return {}
    raise wrong_type(value, "an object", key)


def list_of(row: JsonObject, key: str, *, optional: bool = False) -> list[Any]:
    """The field's list; empty when there is none and it is `optional`. Its items may be anything."""
    value = row.get(key)
    if type(value) is list:
        return value
    if value is None and optional:
        return []
    raise wrong_type(value, "a list", key)


def as_object(value: Any) -> JsonObject:
    """An item of a list as the object it should be."""
    if type(value) is not dict:
        raise wrong_type(value, "an object", "")
    return value
