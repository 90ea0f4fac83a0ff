"""`manage.py import_results PATH...`: result files, folders and zip archives into events and profiles."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DatabaseError

from simlane.results import files
from simlane.results.importer import Importer
from simlane.results.report import printable
from simlane.results.timezones import UnknownTimezoneError, timezone_of
from simlane.web.progress import Counter


class Command(BaseCommand):
    help = (
        "Imports result files (Assetto Corsa Competizione server results, iRacing results JSON): single files, "
        "folders with all below them, zip archives. A file that came in before changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, a folder or a zip archive")
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported and change nothing")
        parser.add_argument(
            "--timezone",
            default=settings.RESULTS_TIMEZONE,
            metavar="ZONE",
            help="where the servers' clocks stand, for files that give a local time: Europe/Rome, +09:00 (default: "
            "%(default)s, from RESULTS_TIMEZONE)",
        )

    def handle(self, *args: Any, paths: list[Path], dry_run: bool, timezone: str | tzinfo, **options: Any) -> None:
        if isinstance(timezone, str):
            try:
                timezone = timezone_of(timezone)
            except UnknownTimezoneError as unknown:
                raise CommandError(f"--timezone: {printable(str(unknown))}") from None
        missing = [printable(str(path)) for path in paths if _is_missing(path)]
        if missing:
            raise CommandError(f"No such file or folder: {', '.join(missing)}. Nothing was imported.")
        total = sum(1 for _ in files.find(paths, lambda label, error: None))
        try:
            # The bar is on stderr: stdout may be piped.
            with Counter(self.stdout, "Importing", total, terminal=sys.stderr) as show:
                importer = Importer(
                    dry_run=dry_run,
                    timezone=timezone,
                    progress=lambda report: show(
                        report.files, f"{report.counts['entries']} entries, {report.counts['laps']} laps"
                    ),
                )
                report = importer.run(paths)
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What was imported stays; start the same command again to go on behind it.")
            sys.exit(130)
        except DatabaseError as failure:
            reason = printable((str(failure).splitlines() or ["no reason"])[0])
            raise CommandError(
                f"The database failed: {reason}. What was imported before stays. "
                "Is it up, and has `manage.py migrate` been run?"
            ) from failure
        for label, note in report.notes:
            _say(self.stdout, f"note     {label}: {note}")
        for label, error in report.skipped:
            _say(self.stdout, f"skipped  {label}: {error}")
        for label, error in report.refused:
            _say(self.stderr, f"refused  {label}: {error}", self.style.ERROR)
        for line in report.lines(dry_run=dry_run):
            _say(self.stdout, line)
        if report.found_nothing:
            raise CommandError(
                "No result file was found there. SimLane reads results of Assetto Corsa Competizione servers and of "
                "iRacing, as .json."
            )
        if report.refused:
            sys.exit(1)


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return not path.is_symlink()
    except OSError:
        # It is there, and reading it says why it cannot be read.
        return False
    return False


def _say(stream: OutputWrapper, line: str, style: Callable[[str], str] = str) -> None:
    """One line, of characters that the stream can write: file names and names of drivers hold anything."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(style(printable(line).encode(encoding, "backslashreplace").decode(encoding)))
