"""The result formats SimLane reads: one module each, registered here, told apart by what a file holds."""

from __future__ import annotations

from typing import Any

from simlane.results.parsed import ParsedEvent, Reader, ResultFileError
from simlane.results.readers import ac, acc, ams2, iracing, raceroom, tables
from simlane.results.readers.ac import AcReader
from simlane.results.readers.acc import AccReader
from simlane.results.readers.ams2 import Ams2Reader
from simlane.results.readers.iracing import IracingReader
from simlane.results.readers.iracing_csv import IracingCsvReader
from simlane.results.readers.raceroom import RaceRoomReader
from simlane.results.readers.rfactor import RfactorReader, standings
from simlane.results.readers.simlane_csv import SimlaneCsvReader
from simlane.results.source import CompanionFileError, Source

READERS: tuple[Reader, ...] = (
    IracingReader(),
    AccReader(),
    AcReader(),
    Ams2Reader(),
    RaceRoomReader(),
    RfactorReader(),
    IracingCsvReader(),
    SimlaneCsvReader(),
)
#: The slugs of the simulators whose results tell drivers by the platform's ids.
SIMULATORS = frozenset({acc.SIMULATOR, iracing.SIMULATOR, ac.SIMULATOR, raceroom.SIMULATOR, *ams2.SIMULATORS})

_ARCHIVES = ((b"PK\x03\x04", "a ZIP archive"), (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf", "a 7z archive"))
#: What the Finder adds to an archive beside each file.
_APPLE_DOUBLE = b"\0\x05\x16\x07"
#: Files that lie beside results, most of an ACC server's, each told by names that only it has.
_COMPANIONS = (
    ({"entries", "forceEntryList"}, "an entry list"),
    ({"udpPort", "tcpPort"}, "the server's configuration"),
    ({"adminPassword"}, "the server's settings"),
    ({"track", "sessions"}, "the server's plan of an event"),
    ({"qualifyStandingType"}, "the server's rules of an event"),
    ({"disableIdealLine"}, "the server's driving aids"),
    ({"gamePhase", "playerFileName"}, "what a running game says of its session"),
)
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


def read(source: Source) -> tuple[Reader, list[ParsedEvent]]:
    """Read the file with the reader that recognises it; raises ResultFileError, with the reason, when none can.

    For a file known to lie beside results that is a CompanionFileError.
    """
    for reader in READERS:
        if reader.recognises(source):
            return reader, reader.read(source)
    raise _refusal(source)


def format_names() -> str:
    """The formats that are read, in words."""
    *names, last = (reader.name for reader in READERS)
    return f"{', '.join(names)} or {last}"


def _refusal(source: Source) -> ResultFileError:
    if source.data.startswith(_APPLE_DOUBLE):
        return CompanionFileError("The file is a Mac's note about another file, no result")
    formats = format_names()
    for magic, what in _ARCHIVES:
        if source.data.startswith(magic):
            return ResultFileError(f"The file is {what}: take the result files out of it first")
    # By the bytes: such files often are in another encoding than they say.
    if source.data.lstrip(_BEFORE_TEXT).startswith(b"<"):
        return ResultFileError(f"The file is XML or HTML; SimLane reads {formats}")
    if _is_table(source):
        return CompanionFileError(
            "The file is a table, but not of results as iRacing exports them, nor SimLane CSV: that begins with the "
            "headings simulator, track, session, date, driver"
        )
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
    if standings.is_standings(found):
        return CompanionFileError(
            "The file is standings of a running game, no result: called standings….json, it gives its ids to the "
            "drivers of result files in the same folder or archive"
        )
    return ResultFileError(f"The file is JSON, but not an object as {formats} are")


def _is_table(source: Source) -> bool:
    """Whether the file is lines of cells, as far as its first one tells."""
    # JSON, which a line of comment may stand before.
    if source.data.lstrip(_BEFORE_TEXT)[:1] in (b"{", b"[", b"/"):
        return False
    try:
        first = next(tables.lines(source, beginning=True), None)
    except ResultFileError:
        return False
    return first is not None and len(first[1]) > 1


def _companion(document: dict[str, Any]) -> str:
    """What the file is that lies beside results; empty for anything else."""
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
