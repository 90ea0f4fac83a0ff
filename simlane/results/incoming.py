"""A file on its way from its reader to the database: what it says, and how and for whom it came here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from simlane.results.keeping import Packed
from simlane.results.parsed import ParsedEvent


@dataclass(slots=True)
class ReadFile:
    """An event of a file that was read, to be stored.

    `label` is how the report names the file, `way` and `by` (an account's key) say how it came here, `league_id` whose
    event it is for, and `kept` where its bytes are kept, as soon as they are.
    """

    label: str
    filename: str
    format: str
    reader_version: int
    sha256: str
    content_sha256: str
    event: ParsedEvent
    packed: Packed
    timezone: str
    way: str
    by: int | None
    league_id: int | None
    kept: str = ""

    @property
    def size(self) -> int:
        return self.packed.size

    @property
    def rows(self) -> int:
        return sum(1 + len(entry.lap_times) for session in self.event.sessions for entry in session.entries)


def file_of(item: ReadFile) -> int:
    """Which file an event is of: an archive may hold two of one name."""
    return id(item.packed)


def files_of(items: Iterable[ReadFile]) -> set[int]:
    """Which files these events are of."""
    return set(map(file_of, items))


def by_file(batch: Iterable[ReadFile]) -> list[list[ReadFile]]:
    """The events of each file."""
    return [list(items) for _, items in groupby(batch, key=file_of)]
