"""Folders whose result files come in by themselves, each once, as soon as whoever writes it has ended.

What happens in a folder only wakes this up: what counts is how its files are found, so that nothing that was missed, or
came before the start, is lost. What came in already is known by its content.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

from django.db import DatabaseError, InterfaceError
from watchfiles import watch

from simlane.results import files
from simlane.results.importer import Importer, imported
from simlane.results.keeping import NotKeptError
from simlane.results.report import Report

SUFFIXES = files.SUFFIXES | {".zip"}
#: A file is read when it has stayed as it is for this many seconds.
QUIET = 2.0
#: What cannot be read may be half a file, whose writer pauses: it is read again, and refused, after this many seconds.
PATIENCE = 30.0
#: Seconds after which every folder is looked through anew, and the least between two tries of a database that fails.
ANEW = 60.0
AGAIN = 5.0
TICK_MS = 500
POLL_MS = 2000

#: Is told which files were read, and what came of them.
Told = Callable[[list[Path], Report], None]
#: Size, time of the last change, and which file it is.
State = tuple[int, int, int]


@dataclass(slots=True)
class _File:
    """A file that was found, `since` when it is as it is (monotonic), and whether it could not be read once."""

    state: State
    since: float
    failed: bool = False


class Watcher:
    """Imports what is written into the folders, and below them, until it is stopped.

    `importer` makes the one for the next files. `trouble` is told once of what keeps all of them out, and why.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        importer: Callable[[], Importer],
        *,
        told: Told,
        trouble: Callable[[str], None],
        polling: bool = False,
        quiet: float = QUIET,
        patience: float = PATIENCE,
    ) -> None:
        self._folders = [folder.absolute() for folder in folders]
        self._importer, self._told, self._trouble = importer, told, trouble
        self._polling, self._quiet, self._patience = polling, quiet, patience
        self._stopping = Event()
        #: Files as they were last found; those of `_waiting` are still to be read.
        self._found: dict[Path, State] = {}
        self._waiting: dict[Path, _File] = {}
        self._not_before = 0.0
        self._said = ""

    def stop(self) -> None:
        """Ends after the file it is at; what is read so far is stored. For signal handlers and other threads."""
        self._stopping.set()

    def run(self) -> None:
        """Returns when it is stopped."""
        while not self._stopping.is_set():
            if there := [folder for folder in self._folders if os.path.isdir(folder)]:
                self._watch(there)
            else:
                self._say(f"No folder is there: {', '.join(map(str, self._folders))}")
                self._stopping.wait(TICK_MS / 1000)

    def _watch(self, folders: list[Path]) -> None:
        """Watches for a while: folders that were away for a time are watched again afterwards."""
        until = None
        changed = watch(
            *folders,
            watch_filter=None,
            debounce=TICK_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            stop_event=self._stopping,
            force_polling=self._polling or None,
            poll_delay_ms=POLL_MS,
            ignore_permission_denied=True,
        )
        try:
            for changes in changed:
                if until is None:
                    # Not before it is watched, so that nothing comes in between.
                    self._look_everywhere(folders)
                    until = monotonic() + ANEW
                for _, path in changes:
                    self._look(Path(path))
                self._take_ready()
                if monotonic() >= until:
                    return
        except FileNotFoundError:
            self._stopping.wait(TICK_MS / 1000)
        except (OSError, RuntimeError) as error:
            self._say(f"The system does not tell of changes, so folders are looked through every 2 seconds: {error}")
            self._polling = True

    def _look_everywhere(self, folders: list[Path]) -> None:
        for path in [path for path in self._found if not os.path.exists(path)]:
            self._forget(path)
        for folder in folders:
            self._look(folder)

    def _look(self, path: Path) -> None:
        """Notes how a file is now, or all that are below a folder, which may have been moved here with them."""
        if os.path.isdir(path):
            for parent, _, names in os.walk(path):
                for name in names:
                    self._note(Path(parent, name))
        else:
            self._note(path)

    def _note(self, path: Path) -> None:
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            return
        if (state := _state(path)) is None:
            self._forget(path)
        elif self._found.get(path) != state:
            self._found[path] = state
            self._waiting[path] = _File(state, monotonic())

    def _forget(self, path: Path) -> None:
        self._found.pop(path, None)
        self._waiting.pop(path, None)

    def _take_ready(self) -> None:
        now = monotonic()
        if now < self._not_before:
            return
        for path in list(self._waiting):
            self._note(path)
        ready = [
            path
            for path, file in self._waiting.items()
            if now - file.since >= (self._patience if file.failed else self._quiet)
        ]
        if not ready:
            return
        taken: list[Path] = []
        importer = self._importer()
        try:
            report = importer.bring(self._candidates(sorted(ready), taken, importer.report))
        except (DatabaseError, InterfaceError) as failure:
            # It comes back, and all these are still to be read.
            self._not_before = monotonic() + AGAIN
            self._say(f"The database failed, files wait: {failure}")
            return
        self._settle(taken, report)

    def _candidates(self, paths: list[Path], taken: list[Path], report: Report) -> Iterator[files.Candidate]:
        for path in paths:
            if self._stopping.is_set():
                return
            taken.append(path)
            yield from files.find([path], report.refuse, report.pass_over)

    def _settle(self, taken: list[Path], report: Report) -> None:
        """Tells what came of these files, but not yet of those that may have been read too early."""
        early = set()
        refused = {_file_of(label, self._waiting) for label, _ in report.refused}
        # No fault of theirs: they wait until there is room again.
        not_kept = {
            _file_of(label, self._waiting): error for label, error in report.refused if isinstance(error, NotKeptError)
        }
        for path in taken:
            file = self._waiting[path]
            if path in not_kept:
                file.failed, file.since = True, monotonic()
                early.add(path)
            elif path in refused and (not file.failed or _state(path) != file.state):
                file.failed = True
                early.add(path)
            else:
                del self._waiting[path]
        report.refused = [(label, error) for label, error in report.refused if _file_of(label, early) is None]
        if told := [path for path in taken if path not in early]:
            self._told(told, report)
            imported.send_robust(sender=None, report=report)
        if not not_kept:
            self._said = ""
        for error in not_kept.values():
            self._say(f"Files wait: {error}")

    def _say(self, trouble: str) -> None:
        if trouble != self._said:
            self._said = trouble
            self._trouble(trouble)


def _file_of(label: str, paths: Container[Path]) -> Path | None:
    """Which of these a label is of: the file itself, or the archive that it is in."""
    path = Path(label)
    return next((each for each in (path, *path.parents) if each in paths), None)


def _state(path: Path) -> State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
