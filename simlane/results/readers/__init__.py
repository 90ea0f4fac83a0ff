"""The result formats SimLane reads: one module each, registered here, told apart by what a file holds."""

from __future__ import annotations

from typing import Any

from simlane.results.parsed import ParsedEvent, Reader, ResultFileError
from simlane.results.readers import acc, iracing
from simlane.results.readers.acc import AccReader
from simlane.results.readers.iracing import IracingReader
from simlane.results.source import CompanionFileError, Source

READERS: tuple[Reader, ...] = (IracingReader(), AccReader())
#: The slugs of the simulators whose results are read.
SIMULATORS = frozenset({acc.SIMULATOR, iracing.SIMULATOR})

_ARCHIVES = ((b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf", "a 7z archive"))
#: What the Finder adds to an archive beside each file.
_APPLE_DOUBLE = b"\0\x05\x16\x07"
#: Files of an ACC server that lie beside its results, each told by names that only it has.
_COMPANIONS = (
    ({"entries", "forceEntryList"}, "an entry list"),
    ({"udpPort", "tcpPort"}, "the server's configuration"),
    ({"adminPassword"}, "the server's settings"),
    ({"track", "sessions"}, "the server's plan of an event"),
    ({"qualifyStandingType"}, "the server's rules of an event"),
    ({"disableIdealLine"}, "the server's driving aids"),
)
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


def read(source: Source) -> tuple[Reader, ParsedEvent]:
    """Read the file with the reader that recognises it; raises ResultFileError, with the reason, when none can.

    For a file known to lie beside results that is a CompanionFileError.
    """
    for reader in READERS:
        if reader.recognises(source):
            return reader, reader.read(source)
    raise _refusal(source)


def _refusal(source: Source) -> ResultFileError:
    if source.data.startswith(_APPLE_DOUBLE):
        return CompanionFileError("The file is a Mac's note about another file, no result")
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
        if what := _companion(found):
            return CompanionFileError(f"The file is {what}, no result")
        if "sessionDef" in found:
            return ResultFileError(
                "The file is a game's own log of a session, not what a server wrote: ask for the server's result file"
            )
        return ResultFileError(f"The file is JSON, but none of the formats SimLane reads: {formats}")
    return ResultFileError(f"The file is JSON, but not an object as {formats} are")


def _companion(document: dict[str, Any]) -> str:
    """What the file is that lies beside an ACC server's results; empty for anything else."""
    for names, what in _COMPANIONS:
        if names <= document.keys():
            return what
    entries = document.get("entries")
    if isinstance(entries, list) and entries and all(isinstance(entry, dict) for entry in entries):
        if all("drivers" in entry for entry in entries):
            return "an entry list"
        if all("ballastKg" in entry or "restrictor" in entry for entry in entries):
            return "a balance of performance"
    return ""
