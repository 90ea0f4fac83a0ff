"""Result files in: reads them one after the other and stores them in batches, each batch one transaction.

Memory stays flat however many files there are. An import that is stopped keeps the batches it stored; started
again it goes on behind them, since a file that came in is known by its bytes and by what it says.
"""

from __future__ import annotations

import gc
import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.dispatch import Signal

from simlane.results import files, keeping, rereading, versions
from simlane.results.decisions import came_in, note_on
from simlane.results.digest import content_sha256
from simlane.results.incoming import ReadFile, by_file, file_of, files_of
from simlane.results.models import ResultFile, Way
from simlane.results.previewing import Preview
from simlane.results.readers import read
from simlane.results.readers.fields import cleaned
from simlane.results.report import Report
from simlane.results.seen import Seen, Sorted
from simlane.results.source import ResultFileError, Source
from simlane.results.storing import lock, store
from simlane.results.timezones import not_to_come, timezone_of
from simlane.sim.errors import Refused
from simlane.sim.models import League

log = logging.getLogger(__name__)
#: Sent after each import that stores, with its `report`.
imported = Signal()

#: A batch is stored when it holds this many entries and laps, or compressed bytes of files.
BATCH_ROWS = 30_000
BATCH_BYTES = 16 * 1024 * 1024


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Python looks for cycles less often: parsed files are many objects and hold none, and looking was a tenth."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class Importer:
    """One import. `progress` is called with the report after every file.

    `timezone` is where the servers' clocks stand; RESULTS_TIMEZONE, when it is not given. `way` and `by`, the key of an
    account, say how the files came here; they are the league's, or without one the site's. With `replace` a file takes
    the place of another that says otherwise of its sessions.
    """

    def __init__(
        self,
        *,
        dry_run: bool = False,
        progress: Callable[[Report], None] = lambda report: None,
        timezone: tzinfo | None = None,
        way: Way = Way.COMMAND,
        by: int | None = None,
        replace: bool = False,
        league: League | None = None,
    ) -> None:
        self.report = Report()
        self._timezone = timezone or timezone_of(settings.RESULTS_TIMEZONE)
        self.dry_run = dry_run
        self._preview = Preview(replace=replace) if dry_run else None
        self._way, self._by, self._replace = way, by, replace
        self.league_id = league.pk if league else None
        self._progress = progress
        self._batch: list[ReadFile] = []
        self._rows = 0
        self._bytes = 0
        #: What this run has seen, so that a copy within it is known before it is stored, and in a preview at all.
        self._seen: set[str] = set()
        self._known = Seen()

    def run(self, paths: Iterable[Path]) -> Report:
        """Imports what is at `paths`. A bad file goes into the report and the others go on."""
        with _rare_collection():
            report = self.bring(files.find(paths, self.report.refuse, self.report.pass_over))
        if self._preview is None:
            imported.send_robust(sender=None, report=report)
        return report

    def bring(self, candidates: Iterable[files.Candidate]) -> Report:
        """Imports files that are at hand. Whoever brought them reads the report: nobody else is told of bad ones."""
        # Not with a rarer collection: other threads of the process do this too, and what is usual would be forgotten.
        for loaded in files.loaded(candidates):
            sources = [source for _, source in loaded if isinstance(source, Source)]
            in_already = came_in(self.league_id, sha256__in={each.sha256 for each in sources})
            stored = {file.sha256: file for file in in_already}
            for label, source in loaded:
                self.report.files += 1
                try:
                    if isinstance(source, Exception):
                        raise source
                    self._take(label, source, stored.get(source.sha256))
                except (OperationalError, InterfaceError):
                    raise
                except Exception as error:
                    self._refuse(label, error)
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

    def _leave_out(self, items: Sequence[ReadFile], error: Exception) -> None:
        """Refuses a file that was read, or an event of it; of a copy that comes later the same is said again."""
        self._refuse(items[0].label, error)
        self._seen.difference_update(*((item.packed.sha256, item.content_sha256) for item in items))

    def _take(self, label: str, source: Source, stored: ResultFile | None) -> None:
        source.timezone = self._timezone
        if source.sha256 in self._seen or (stored and stored.reader_version):
            self.report.unchanged += 1
            if stored:
                self.report.notes += [(label, note) for note in note_on(stored)]
            return
        try:
            reader, events = read(source)
        finally:
            source.let_go()
        for event in events:
            not_to_come(event, datetime.now(UTC))
        by_content = {content_sha256(event): event for event in events}
        new = {content: event for content, event in by_content.items() if stored or content not in self._seen}
        self._seen |= {source.sha256, *by_content}
        if not new:
            self.report.unchanged += 1
            return
        # Nothing is kept of a rehearsal.
        packed = keeping.Packed(source.sha256, len(source.data), b"") if self.dry_run else keeping.pack(source)
        items = [
            ReadFile(
                label=label,
                filename=cleaned(source.filename)[:255],
                format=reader.slug,
                reader_version=reader.version,
                # Of several events one may come in and another not: then only their contents are known.
                sha256=source.sha256 if len(by_content) == 1 else _sha256_of_both(source.sha256, content),
                content_sha256=content,
                event=event,
                packed=packed,
                timezone=str(source.timezone),
                way=self._way,
                by=self._by,
                league_id=self.league_id,
            )
            for content, event in new.items()
        ]
        if stored:
            self.report.unchanged += 1
            # A league's clocks may stand elsewhere: what another brought is not read by them.
            if self.league_id in (None, stored.event.league_id):
                self._fill(stored, items[0])
            return
        self._batch += items
        self._rows += sum(item.rows for item in items)
        self._bytes += len(packed.data)

    def _fill(self, stored: ResultFile, item: ReadFile) -> None:
        """A file that came in before files were kept."""
        if self._preview is None:
            item.kept = keeping.keep(item.packed)
            item.league_id = stored.event.league_id
            rereading.fill(stored, item)
        self.report.notes.append((item.label, rereading.FILLED))

    def _flush(self) -> None:
        batch, self._batch, self._rows, self._bytes = self._batch, [], 0, 0
        if self._preview is None:
            # Before its rows are committed; bytes of a file that is refused after all do no harm, but stay.
            batch = self._kept(batch)
        if not batch:
            return
        try:
            self._store(batch)
        except (OperationalError, InterfaceError):
            # The database itself fails: no other file would do better.
            raise
        except Exception as error:
            of_files = by_file(batch)
            if len(of_files) == 1:
                self._leave_out(batch, error)
                return
            # One file of the batch cannot be stored: alone, each of the others can.
            for items in of_files:
                self._batch = items
                self._flush()

    def _kept(self, batch: list[ReadFile]) -> list[ReadFile]:
        """The batch with the bytes kept of files that are to come in; without those of which they cannot be."""
        # Asked again under the lock, which nobody is to hold while bytes are written.
        found = self._known.sort(batch)
        coming = files_of(found.fresh)
        if self._replace:
            coming |= files_of(item for item, _ in found.conflicts)
        of_files = [items for items in by_file(batch) if file_of(items[0]) in coming]
        names = keeping.keep_each([items[0].packed for items in of_files])
        refused = set()
        for items, name in zip(of_files, names, strict=True):
            if isinstance(name, ResultFileError):
                self._leave_out(items, name)
                refused.add(file_of(items[0]))
                continue
            for item in items:
                item.kept = name
        return [item for item in batch if file_of(item) not in refused]

    def _store(self, batch: list[ReadFile]) -> None:
        counts = self.report.counts.copy()
        if self._preview is not None:
            found, refused = self._preview.look(batch, counts)
        else:
            found, refused = self._bring_in(batch, counts)
        others = {id(item) for item in (*found.unchanged, *(item for item, _ in refused))}
        new_items = [item for item in batch if id(item) not in others]
        self.report.counts = counts
        new = files_of(new_items)
        self.report.imported += len(new)
        self.report.replaced += len(files_of(item for item, _ in found.conflicts) & new)
        self.report.unchanged += len(files_of(found.unchanged) - new - files_of(item for item, _ in refused))
        for item, error in refused:
            self._leave_out([item], error)
        for item in new_items:
            self.report.note(item.label, item.event.notes)
        labels = {item.content_sha256: item.label for item in found.unchanged}
        for file in came_in(self.league_id, content_sha256__in=labels) if labels else ():
            self.report.notes += [(labels[file.content_sha256], note) for note in note_on(file)]

    def _bring_in(
        self, batch: list[ReadFile], counts: Counter[str]
    ) -> tuple[Sorted[ReadFile], list[tuple[ReadFile, ResultFileError]]]:
        """Stores what comes in of the batch, in one transaction; returns how it was told apart, and what is refused."""
        stood = {id(item): versions.stands_of(item) for item in batch} if self._replace else {}
        with transaction.atomic():
            lock()
            found = self._known.sort(batch)
            refused = found.conflicts
            if self._replace:
                refused = [(item, error) for item, _ in refused if (error := _overtaken(item, stood[id(item)]))]
            refused += found.withheld
            for item in found.fresh:
                # What was in when the others were kept has been withdrawn since.
                item.kept = item.kept or keeping.keep(item.packed)
            counts.update(store(found.fresh))
            if self._replace:
                late = {id(item) for item, _ in refused}
                places = [item for item, _ in found.conflicts if id(item) not in late]
                refused += self._put_in_place(places, counts)
        return found, refused

    def _put_in_place(self, items: list[ReadFile], counts: Counter[str]) -> list[tuple[ReadFile, ResultFileError]]:
        """Each takes the place of what is in; returns those that cannot, and why."""
        refused = []
        for item in items:
            try:
                with transaction.atomic():
                    counts.update(versions.replace(item))
            except Refused as refusal:
                refused.append((item, ResultFileError(str(refusal))))
        return refused


def _overtaken(item: ReadFile, stood: set[tuple[int, int]]) -> ResultFileError | None:
    """Why a file cannot take a place: what stood there when it was looked at does not any more."""
    return None if versions.stands_of(item) == stood else ResultFileError(versions.OVERTAKEN)


def _sha256_of_both(file: str, content: str) -> str:
    return hashlib.sha256(f"{file} {content}".encode()).hexdigest()


def _first_line(error: Exception) -> str:
    """What an error says, by its kind where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]
