"""`manage.py import_results PATH...`: result files, folders and zip archives into events and profiles."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simlane.results import files
from simlane.results.importer import Importer
from simlane.results.report import Report

#: Seconds between lines where there is no terminal to draw a bar on.
LINE_EVERY = 5.0


class Command(BaseCommand):
    help = (
        "Imports result files (Assetto Corsa Competizione server results, iRacing results JSON): single files, "
        "folders with all below them, zip archives. A file that came in before changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, a folder or a zip archive")
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported and change nothing")

    def handle(self, *args: Any, paths: list[Path], dry_run: bool, **options: Any) -> None:
        missing = [str(path) for path in paths if not path.exists()]
        if missing:
            raise CommandError(f"No such file or folder: {', '.join(missing)}. Nothing was imported.")
        total = sum(1 for _ in files.find(paths, lambda label, error: None))
        progress = _Bar(total) if sys.stderr.isatty() else _Lines(total, self)
        importer = Importer(dry_run=dry_run, progress=progress)
        try:
            with progress.bar:
                report = importer.run(paths)
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What was imported stays; start the same command again to go on behind it.")
            sys.exit(130)
        except DatabaseError as failure:
            raise CommandError(
                f"The database failed: {str(failure).splitlines()[0]}. What was imported before stays. "
                "Is it up, and has `manage.py migrate` been run?"
            ) from failure
        for label, note in report.notes:
            self.stdout.write(f"note     {label}: {note}")
        for label, error in report.refused:
            self.stderr.write(self.style.ERROR(f"refused  {label}: {error}"))
        for line in report.lines(dry_run=dry_run):
            self.stdout.write(line)
        if report.refused:
            sys.exit(1)


class _Bar:
    """A progress bar, for a terminal."""

    def __init__(self, total: int) -> None:
        self.bar = Progress(
            TextColumn("Importing"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("files"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self.bar.add_task("files", total=total)

    def __call__(self, report: Report) -> None:
        self.bar.update(self._task, completed=report.files)


class _Lines:
    """A line now and then, for a log."""

    def __init__(self, total: int, command: BaseCommand) -> None:
        self.bar = nullcontext()
        self._total = total
        self._command = command
        self._said = monotonic()

    def __call__(self, report: Report) -> None:
        if monotonic() - self._said >= LINE_EVERY:
            self._said = monotonic()
            self._command.stdout.write(
                f"{report.files}/{self._total} files, {report.counts['entries']} entries, {report.counts['laps']} laps"
            )
