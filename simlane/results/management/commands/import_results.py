"""`manage.py import_results PATH...`: result files, folders and zip archives into events and profiles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from simlane.results import command_line, files
from simlane.results.command_line import league_of, say, zone
from simlane.results.importer import Importer
from simlane.results.readers import format_names
from simlane.sim.identity.names import printable
from simlane.web.progress import Counter


class Command(command_line.Command):
    help = (
        "Imports result files (docs/results.md lists the formats): single files, folders with all below them, zip "
        "archives. A file that came in before changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, a folder or a zip archive")
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported and change nothing")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="a file that says otherwise of a session that is in takes its place, and every figure follows",
        )
        super().add_arguments(parser)

    def handle(
        self,
        *args: Any,
        paths: list[Path],
        dry_run: bool,
        timezone: str | None = None,
        league: str | None = None,
        replace: bool = False,
        **options: Any,
    ) -> None:
        of_league = league_of(league) if league else None
        in_zone = zone(timezone, of_league)
        missing = [printable(str(path)) for path in paths if _is_missing(path)]
        if missing:
            raise CommandError(f"No such file or folder: {', '.join(missing)}. Nothing was imported.")
        total = sum(1 for _ in files.find(paths, lambda label, error: None))
        try:
            # The bar is on stderr: stdout may be piped.
            with Counter(self.stdout, "Importing", total, terminal=sys.stderr) as show:
                importer = Importer(
                    dry_run=dry_run,
                    timezone=in_zone,
                    replace=replace,
                    league=of_league,
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
        self.say_each(report)
        for line in report.lines(dry_run=dry_run):
            say(self.stdout, line)
        if report.found_nothing:
            raise CommandError(f"No result file was found there. SimLane reads {format_names()}.")
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
