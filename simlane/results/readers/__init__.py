"""The result formats SimLane reads: one module each, registered here, told apart by what a file holds."""

from __future__ import annotations

from simlane.results.parsed import ParsedEvent, Reader, ResultFileError
from simlane.results.readers.acc import AccReader
from simlane.results.readers.iracing import IracingReader
from simlane.results.source import Source

READERS: tuple[Reader, ...] = (IracingReader(), AccReader())

_ARCHIVES = ((b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf", "a 7z archive"))
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


def read(source: Source) -> tuple[Reader, ParsedEvent]:
    """Read the file with the reader that recognises it; raises ResultFileError, with the reason, when none can."""
    for reader in READERS:
        if reader.recognises(source):
            return reader, reader.read(source)
    raise _refusal(source)


def _refusal(source: Source) -> ResultFileError:
    formats = " or ".join(reader.name for reader in READERS)
    for magic, what in _ARCHIVES:
        if source.data.startswith(magic):
            return ResultFileError(f"The file is {what}: take the result files out of it first")
    # By the bytes: such files often are in another encoding than they say.
    if source.data.lstrip(_BEFORE_TEXT).startswith(b"<"):
        return ResultFileError(f"The file is XML or HTML; SimLane reads {formats}")
    try:
        found = source.json
    except ResultFileError as error:
        return error
    if isinstance(found, dict):
        return ResultFileError(f"The file is JSON, but none of the formats SimLane reads: {formats}")
    return ResultFileError(f"The file is JSON, but not an object as {formats} are")
