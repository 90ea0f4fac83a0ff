"""`manage.py reread_results`: kept result files read again where their reader has improved since."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from simlane.results.command_line import say
from simlane.results.models import ResultFile
from simlane.results.readers import READERS
from simlane.results.rereading import Reading, accept, outdated, readings
from simlane.results.source import ResultFileError
from simlane.sim.errors import Refused
from simlane.web.progress import Counter


class Command(BaseCommand):
    help = (
        "Reads the kept bytes of result files again where an older reader read them, says what differs, and changes "
        "only that; every figure follows. Stopped, it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what differs and change nothing")
        parser.add_argument("--event", type=int, metavar="ID", help="only files of this event, as its address names it")
        parser.add_argument(
            "--format", dest="slug", choices=[reader.slug for reader in READERS], help="only of this format"
        )
        parser.add_argument("--all", action="store_true", dest="every", help="also what today's readers have read")

    def handle(
        self,
        *args: Any,
        dry_run: bool,
        event: int | None,
        slug: str | None,
        every: bool,
        **options: Any,
    ) -> None:
        files = outdated(every=every)
        if event is not None:
            if not ResultFile.objects.filter(event=event).exists():
                raise CommandError(f"No file came in for an event {event}.")
            files = files.filter(event=event)
        if slug:
            files = files.filter(format=slug)
        self.differ = self.failed = 0
        total = done = files.count()
        try:
            with Counter(self.stdout, "Reading", total, terminal=sys.stderr) as show:
                for done, reading in enumerate(readings(files), 1):
                    self._read(reading, dry_run=dry_run)
                    show(done, f"{self.differ} differ")
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What was read again stays; start the same command again to go on behind it.")
            sys.exit(130)
        verb = "would change" if dry_run else "changed"
        self.stdout.write(
            f"{total} files read again: {self.differ} {verb}, {total - self.differ - self.failed} as before, "
            f"{self.failed} could not be"
        )
        if self.failed:
            sys.exit(1)

    def _read(self, reading: Reading, *, dry_run: bool) -> None:
        where = f"{reading.file.filename} (/events/{reading.file.event_id}/)"
        error: Exception | None = reading.error
        if error is None and not dry_run:
            try:
                accept(reading)
            except (Refused, ResultFileError) as refusal:
                error = refusal
        if error is not None:
            self.failed += 1
            say(self.stderr, f"refused  {where}: {error}")
        elif reading.differences:
            self.differ += 1
            say(self.stdout, f"differs  {where}")
            for line in reading.differences:
                say(self.stdout, f"         {line}")
