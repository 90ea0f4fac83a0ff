"""`manage.py watch_results PATH...`: result files that are written into folders come in by themselves."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import close_old_connections

from simlane.results import command_line
from simlane.results.command_line import league_of, say, zone
from simlane.results.importer import Importer
from simlane.results.models import Way
from simlane.results.report import Report
from simlane.results.watching import Watcher
from simlane.sim.identity.names import printable


class Command(command_line.Command):
    help = (
        "Imports what is in the folders and what is written into them, until SIGTERM or Ctrl-C, which end it after the "
        "file it is at. What came in before changes nothing, so it can be started again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, watched with all below it")
        super().add_arguments(parser)
        parser.add_argument(
            "--polling",
            action="store_true",
            help="look through the folders every 2 seconds: for network folders, of which the system tells no changes",
        )

    def handle(
        self, *args: Any, paths: list[Path], league: str | None, timezone: str | None, polling: bool, **options: Any
    ) -> None:
        if missing := [printable(str(path)) for path in paths if not os.path.isdir(path)]:
            raise CommandError(f"No such folder: {', '.join(missing)}.")
        of_league = league_of(league) if league else None
        in_zone = zone(timezone, of_league)

        def importer() -> Importer:
            # Days may have gone by since the last file.
            close_old_connections()
            return Importer(timezone=in_zone, way=Way.FOLDER, league=of_league)

        watcher = Watcher(
            paths,
            importer,
            told=self._tell,
            trouble=lambda trouble: say(self.stderr, trouble, self.style.ERROR),
            polling=polling,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: watcher.stop())
        say(self.stdout, f"Watching {', '.join(map(str, paths))}  (Ctrl-C ends it)")
        watcher.run()

    def _tell(self, paths: list[Path], report: Report) -> None:
        self.say_each(report)
        if len(paths) > 1:
            say(self.stdout, f"{len(paths)} files: {report.imported} imported, {report.unchanged} known already")
        elif report.imported or report.unchanged:
            say(self.stdout, f"{'imported' if report.imported else 'known   '} {paths[0]}")
