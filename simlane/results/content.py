"""What a file said, kept: a ParsedEvent as compressed JSON, each object as the list of its values, and back."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from simlane.results.parsed import ParsedEvent

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ParsedEvent)
#: The fastest: another level takes twice the time for a tenth less.
LEVEL = 1


def encode(event: ParsedEvent) -> bytes:
    """The event, as `decode` reads it."""
    return zlib.compress(_encoder.encode(event), LEVEL)


def decode(data: bytes | memoryview) -> ParsedEvent:
    """The event that `encode` was given; what ParsedEvent has got since has its default."""
    text = zlib.decompress(data)
    if text.startswith(b"{"):
        # Until 27 November 2026 the values had their names beside them, in the same order.
        return msgspec.convert(_without_names(msgspec.json.decode(text)), ParsedEvent, strict=False)
    return _decoder.decode(text)


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        return [_without_names(each) for each in value.values()]
    return [_without_names(each) for each in value] if isinstance(value, list) else value
