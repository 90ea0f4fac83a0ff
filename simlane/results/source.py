"""A result file as it came in: its bytes, its text and its JSON, and the one error every unreadable file ends in."""

from __future__ import annotations

import codecs
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

#: Below this every whole number has a float of its own.
_EXACT = 2**53


class ResultFileError(Exception):
    """The file cannot be read as results; `what` is wrong `where` (a path such as `laps[3].carId`, or a line)."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(what, where)
        self.what = what
        self.where = where

    def __str__(self) -> str:
        return f"{self.what} (at {self.where})" if self.where else self.what

    def under(self, parent: str) -> ResultFileError:
        """The same error seen from one level further out: `carId` under `laps[3]` is `laps[3].carId`."""
        return ResultFileError(self.what, f"{parent}.{self.where}" if self.where else parent)


class CompanionFileError(ResultFileError):
    """The file stands beside results and is none: it is passed over, which is no fault."""


#: What the bytes stand for that are no UTF-8, by the half surrogates that Python reads them as.
_WINDOWS_1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass
class Source:
    """A file to read: its base name and its bytes. How large it may be is for who hands it over to say.

    `timezone` is where its server's clock stood, for formats that give local times.
    """

    filename: str
    data: bytes
    timezone: tzinfo = UTC

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def text(self) -> str:
        """The text: UTF-8 or UTF-16, with or without a byte order mark. Raises ResultFileError.

        A name that was cut in the middle of a UTF-16 pair (ACC cuts short names so) keeps a replacement character.
        """
        data, encoding = self._encoded
        if encoding == "utf-8":
            try:
                return data.decode()
            except UnicodeDecodeError as error:
                line = data.count(b"\n", 0, error.start) + 1
                raise ResultFileError(
                    f"The file is not text: byte 0x{data[error.start]:02x} is neither UTF-8 nor UTF-16",
                    f"line {line}, byte {error.start}",
                ) from None
        if len(data) % 2:
            raise ResultFileError("The file ends in the middle of a UTF-16 character", f"byte {len(data)}")
        return data.decode(encoding, "replace")

    @cached_property
    def lenient_text(self) -> tuple[str, bool]:
        """The text, each byte that is no UTF-8 read as Windows-1252 instead; and whether there was one.

        For what Windows programs write: they may call it UTF-8 and hold names in the system's own encoding.
        """
        data, encoding = self._encoded
        if encoding != "utf-8":
            return data.decode(encoding, "replace"), False
        try:
            return data.decode(), False
        except UnicodeDecodeError:
            return data.decode("utf-8", "surrogateescape").translate(_WINDOWS_1252), True

    def let_go(self) -> None:
        """Lets go of what was made of the bytes, many times their size; it is made again when it is asked for."""
        for name in ("text", "lenient_text", "_parsed"):
            self.__dict__.pop(name, None)

    @property
    def _encoded(self) -> tuple[bytes, str]:
        for bom, encoding in _BOMS:
            if self.data.startswith(bom):
                return self.data[len(bom) :], encoding
        first_is_zero = [byte == 0 for byte in self.data[:2]]
        if first_is_zero == [False, True]:
            return self.data, "utf-16-le"
        if first_is_zero == [True, False]:
            return self.data, "utf-16-be"
        return self.data, "utf-8"

    @cached_property
    def _parsed(self) -> tuple[Any, ResultFileError | None]:
        try:
            return _parse(self.text), None
        except ResultFileError as error:
            return None, error

    @property
    def json(self) -> Any:
        """What the JSON holds; raises ResultFileError with the line and column where it breaks."""
        value, error = self._parsed
        if error:
            # A new one each time: a raised exception gathers its own traceback.
            raise ResultFileError(error.what, error.where)
        return value

    @property
    def json_object_or_none(self) -> dict[str, Any] | None:
        """The JSON object the file is, or None when it is anything else: for `Reader.recognises`."""
        value, _ = self._parsed
        return value if isinstance(value, dict) else None


def _parse(text: str) -> Any:
    if not text.strip():
        raise ResultFileError("The file is empty")
    if text.lstrip().startswith("//"):
        text = _without_comments(text)
    try:
        return _quickly(text)
    except _NotQuicklyError:
        pass
    try:
        # Not strict: a driver's name may hold a raw control character, and names are cleaned anyway.
        return json.loads(
            text, strict=False, parse_float=_number, parse_constant=_refuse_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ResultFileError(f"The file is not valid JSON: {error.msg}", where) from None
    except RecursionError:
        raise ResultFileError("The JSON is nested too deeply") from None
    except ValueError:
        # Python reads no whole number of more than 4,300 digits.
        raise ResultFileError("The JSON holds a number of thousands of digits") from None


def _quickly(text: str) -> Any:
    """What json.loads and the hooks below make of the text, in less time; _NotQuicklyError leaves it to them.

    Of a name that stands twice in an object msgspec keeps one. Each name has a colon, so they are counted, in the text
    and in what was made of it; one that is written as a number would stand in the second alone.
    """
    if "\\" in text and any(colon in text for colon in ("\\u003a", "\\u003A")):
        raise _NotQuicklyError
    try:
        found = _decoder.decode(text)
        colons = _encode(found).count(b":")
    # Whatever it is that msgspec does not take.
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise _NotQuicklyError from None
    if text.count(":") != colons:
        raise _NotQuicklyError
    return found


def _without_comments(text: str) -> str:
    """The text with the lines of comments before and behind the JSON left empty: a server writes some (`// EOF //`)."""
    lines = text.split("\n")
    for places in (range(len(lines)), range(len(lines) - 1, -1, -1)):
        for place in places:
            line = lines[place].strip()
            if line and not line.startswith("//"):
                break
            lines[place] = ""
    return "\n".join(lines)


def _number(text: str) -> int | float:
    """A number written with decimals or an exponent; a whole one (`1.0`, `1e3`, `-0.0`) is a whole number."""
    value = float(text)
    if not value.is_integer():
        return value
    if abs(value) < _EXACT:
        return int(value)
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else value


class _NotQuicklyError(Exception):
    """The text is for the slower way."""


_decoder = msgspec.json.Decoder(float_hook=_number)
_encode = msgspec.json.Encoder().encode


def _refuse_constant(constant: str) -> Any:
    raise ResultFileError(f"The file is not valid JSON: {constant} is not a number JSON knows")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a name that stands in it twice is one when both values are equal (a server wrote such files)."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    first: dict[str, Any] = {}
    for name, value in pairs:
        if name in first and (before := json.dumps(first[name], sort_keys=True)) != (
            again := json.dumps(value, sort_keys=True)
        ):
            raise ResultFileError(
                f"An object of the JSON holds “{_shown(name)}” twice, as {_shown(before)} and as {_shown(again)}"
            )
        first.setdefault(name, value)
    return first


def _shown(text: str) -> str:
    """At most 40 characters that every encoding can write."""
    return (text if len(text) <= 40 else f"{text[:39]}…").encode(errors="replace").decode()
