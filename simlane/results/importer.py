"""Result files in: reads them one after the other and stores them in batches, each batch one transaction.

Memory stays flat however many files there are. An import that is stopped keeps the batches it stored; started
again it goes on behind them, since a file that came in is known by its bytes and by what it says.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.dispatch import Signal

from simlane.results import files
from simlane.results.digest import content_sha256
from simlane.results.known import Seen
from simlane.results.models import ResultFile
from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.readers.fields import cleaned
from simlane.results.report import Report
from simlane.results.source import ResultFileError
from simlane.results.storing import lock, store
from simlane.results.timezones import timezone_of

log = logging.getLogger(__name__)
#: Sent after each import that stores, with its `report`.
imported = Signal()

#: A batch is stored when it holds this many entries and laps, or bytes of files.
BATCH_ROWS = 20_000
MOST_NOTES = 20
BATCH_BYTES = 16 * 1024 * 1024


@dataclass(slots=True)
class ReadFile:
    """A file that was read and is to be stored."""

    label: str
    filename: str
    format: str
    sha256: str
    content_sha256: str
    event: ParsedEvent

    @property
    def rows(self) -> int:
        return sum(1 + len(entry.lap_times) for session in self.event.sessions for entry in session.entries)


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Python looks for cycles less often: parsed files are many objects and hold none, and looking was a tenth."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _DryRun(Exception):  # noqa: N818 - not an error
    """Takes a stored batch back."""


class Importer:
    """One import. `progress` is called with the report after every file.

    `timezone` is where the servers' clocks stand; RESULTS_TIMEZONE, when it is not given.
    """

    def __init__(
        self,
        *,
        dry_run: bool = False,
        progress: Callable[[Report], None] = lambda report: None,
        timezone: tzinfo | None = None,
    ) -> None:
        self.report = Report()
        self._timezone = timezone or timezone_of(settings.RESULTS_TIMEZONE)
        self._dry_run = dry_run
        self._progress = progress
        self._batch: list[ReadFile] = []
        self._rows = 0
        self._bytes = 0
        #: What this run has seen, so that a copy within it is known before it is stored, and in a dry run at all.
        self._seen: set[str] = set()
        self._known = Seen()

    def run(self, paths: Iterable[Path]) -> Report:
        """Imports what is at `paths`. A bad file goes into the report and the others go on."""
        with _rare_collection():
            report = self._run(paths)
        if not self._dry_run:
            imported.send_robust(sender=None, report=report)
        return report

    def _run(self, paths: Iterable[Path]) -> Report:
        for candidate in files.find(paths, self.report.refuse, self.report.pass_over):
            self.report.files += 1
            try:
                self._take(candidate)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                self._refuse(candidate.label, error)
            if self._rows >= BATCH_ROWS or self._bytes >= BATCH_BYTES:
                self._flush()
            self._progress(self.report)
        self._flush()
        self._progress(self.report)
        return self.report

    def _refuse(self, label: str, error: Exception) -> None:
        """One file's fault, whatever it is: the others go on."""
        if not isinstance(error, ResultFileError):
            log.debug("a result file could not be imported", exc_info=error)
            who = "The database refused it" if isinstance(error, DatabaseError) else "It cannot be imported"
            error = ResultFileError(f"{who}: {_first_line(error)}")
        self.report.refuse(label, error)

    def _take(self, candidate: files.Candidate) -> None:
        source = candidate.source()
        source.timezone = self._timezone
        if source.sha256 in self._seen or ResultFile.objects.filter(sha256=source.sha256).exists():
            self.report.unchanged += 1
            return
        reader, event = read(source)
        _not_to_come(event, datetime.now(UTC))
        content = content_sha256(event)
        self._seen.add(source.sha256)
        if content in self._seen:
            self.report.unchanged += 1
            return
        self._seen.add(content)
        item = ReadFile(candidate.label, cleaned(source.filename)[:255], reader.slug, source.sha256, content, event)
        self._batch.append(item)
        self._rows += item.rows
        self._bytes += len(source.data)

    def _flush(self) -> None:
        batch, self._batch, self._rows, self._bytes = self._batch, [], 0, 0
        if not batch:
            return
        try:
            self._store(batch)
        except (OperationalError, InterfaceError):
            # The database itself fails: no other file would do better.
            raise
        except Exception as error:
            if len(batch) == 1:
                self._refuse(batch[0].label, error)
                return
            # One file of the batch cannot be stored: alone, each of the others can.
            for item in batch:
                self._batch = [item]
                self._flush()

    def _store(self, batch: list[ReadFile]) -> None:
        counts = self.report.counts.copy()
        try:
            with transaction.atomic():
                lock()
                found = self._known.sort(batch)
                counts.update(store(found.fresh))
                if self._dry_run:
                    raise _DryRun
        except _DryRun:
            pass
        self._known.add(found.fresh)
        self.report.counts = counts
        self.report.imported += len(found.fresh)
        self.report.unchanged += len(found.unchanged)
        for item, error in found.conflicts:
            self.report.refuse(item.label, error)
        self.report.notes += [(item.label, note) for item in found.fresh for note in _first_notes(item.event.notes)]


def _first_notes(notes: list[str]) -> list[str]:
    """Those a person reads of one file; a broken one may have as many as it has cars."""
    return notes if len(notes) <= MOST_NOTES else [*notes[:MOST_NOTES], f"and {len(notes) - MOST_NOTES:,} more notes"]


def _first_line(error: Exception) -> str:
    """What an error says, by its kind where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _not_to_come(event: ParsedEvent, now: datetime) -> None:
    """A result is never later than when it came in: where a server's clock seems ahead, it was driven just now."""
    times = [event.started_at, *(session.started_at for session in event.sessions)]
    ahead = max((each for each in times if each and each > now), default=None)
    if ahead is None:
        return
    event.notes.append(
        f"Its time, {ahead:%Y-%m-%d %H:%M} UTC, is still to come: it counts as driven now. --timezone says where the "
        "server's clock stands."
    )
    event.started_at = event.started_at and min(event.started_at, now)
    for session in event.sessions:
        session.started_at = session.started_at and min(session.started_at, now)
