"""`partition_laps`: the laps in partitions by entry, on PostgreSQL, while the site serves; see docs/operations.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from simlane.sim.legacy.progress import listening
from simlane.sim.legacy.recorded import one_at_a_time
from simlane.sim.partitions import ahead, archive, hindrances, moving, tables
from simlane.sim.partitions.locks import PATIENCE_SECONDS
from simlane.upgrade import errors, runner
from simlane.upgrade.progress import LOOK_EVERY_SECONDS, WAIT_SECONDS, Throttle
from simlane.web.progress import Counter

ONE_TABLE = "On SQLite one table is right: partitions are for PostgreSQL with hundreds of millions of laps."
UNDER_WAY = "A move is under way: let run or back come to its end first."


class Command(BaseCommand):
    help = "Keep the laps in partitions by entry (PostgreSQL), bring them back into one table, archive old ones."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def action(name: str, text: str) -> CommandParser:
            added: CommandParser = actions.add_parser(name, help=text, description=text)
            return added

        planned = action("plan", "What run would do, what it needs, what stops it. Changes nothing.")
        run = action("run", "One table becomes partitions while the site serves.")
        back = action("back", "The partitions become one table again, by the same way.")
        for each in (planned, run):
            each.add_argument(
                "--entries", type=int, default=tables.SIZE, help=f"Entries of a partition (default: {tables.SIZE:,})"
            )
        for each in (run, back):
            each.add_argument("--pause-ms", type=int, default=0, help="Pause after each batch, milliseconds")
            each.add_argument("--max-replica-lag", type=float, help="Wait while a replica is further behind, seconds")
        action("status", "One table or partitions, each with its entries, laps and size; how far a move is.")
        action("extend", "Make the next partitions: the daily work does, where it may.")
        saved = action("archive", "Old partitions into compressed files, and out of the database.")
        saved.add_argument("directory", type=Path, help="Where the files go")
        which = saved.add_mutually_exclusive_group(required=True)
        which.add_argument("--before-entry", type=int, help="Those that hold only entries below this number")
        which.add_argument("--older-than", type=float, metavar="YEARS", help="Those all of whose events are older")
        action("restore", "The laps of a file back into the database.").add_argument("file", type=Path)

    def handle(self, *, action: str, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(ONE_TABLE, returncode=2)
        if options.get("entries", 1) < 1:
            raise CommandError("--entries: a partition holds one entry at least.")
        with errors.told_in_a_line(options["verbosity"]), runner.direct():
            if not tables.kind(connection):
                raise CommandError("There are no laps yet: manage.py migrate first.")
            getattr(self, f"_{action}")(options)

    def _plan(self, options: dict[str, Any]) -> None:
        rows, size = tables.size_of(connection)
        if tables.is_partitioned(connection):
            raise CommandError("The laps are in partitions already: see status.")
        first, last = tables.first_lap(connection), tables.last_entry(connection)
        lows = moving.boundaries(last if first is None else first, last, options["entries"])
        self.stdout.write(f"About {rows:,} laps of entries up to {last:,} take {size / 1e6:,.1f} MB with their key.")
        self.stdout.write(
            f"They would be in {len(lows) - 1:,} partitions of {options['entries']:,} entries, {tables.AHEAD} of them "
            "for entries to come, and an open one. Both tables stand side by side until the end: as much room again, "
            "and as much for the log."
        )
        if len(lows) > 200:
            self.stdout.write("That many partitions make queries slow to plan: take more --entries.")
        self._refuse(hindrances.hindrances(connection))

    def _refuse(self, found: list[str]) -> None:
        if found:
            raise CommandError("\n".join(["This stops the move:", *found]))

    def _run(self, options: dict[str, Any]) -> None:
        self._move("p", options)
        self.stdout.write(self.style.SUCCESS(f"The laps are in {len(tables.partitions(connection)):,} partitions."))

    def _back(self, options: dict[str, Any]) -> None:
        self._move("r", options)
        self.stdout.write(self.style.SUCCESS("The laps are in one table."))

    def _move(self, wanted: str, options: dict[str, Any]) -> None:
        throttle = Throttle(options["pause_ms"], options["max_replica_lag"])
        if why := throttle.hindrance():
            raise CommandError(why)
        self._refuse(hindrances.hindrances(connection))
        with one_at_a_time(connection), _Progress(self, throttle) as watch, listening(watch):
            moving.move(connection, wanted, options.get("entries", tables.SIZE), self._say)
            if wanted == "p":
                ahead.extend(connection, self._say, PATIENCE_SECONDS)

    def _status(self, options: dict[str, Any]) -> None:
        rows, size = tables.size_of(connection)
        partitioned = tables.is_partitioned(connection)
        self.stdout.write(
            f"{'Partitions' if partitioned else 'One table'}: about {rows:,} laps, {size / 1e6:,.1f} MB with their key."
        )
        for each in tables.partitions(connection) if partitioned else []:
            end = "on" if each.high is None else f"to {each.high - 1:,}"
            self.stdout.write(
                f"  {each.name}: entries {each.low:,} {end}, {each.rows:,} laps, {each.bytes / 1e6:,.1f} MB"
            )
        if (copied_to := moving.progress(connection)) is not None:
            command = "back" if partitioned else "run"
            self.stdout.write(
                f"A move by {command} has copied the laps of entries up to {max(0, copied_to):,} of "
                f"{tables.last_entry(connection):,}."
            )
        for name, *_ in tables.detached(connection):
            self.stdout.write(f"  {name}: taken out by an archive that was interrupted. Run that again.")

    def _extend(self, options: dict[str, Any]) -> None:
        self._need_partitions()
        with one_at_a_time(connection):
            made = ahead.extend(connection, self._say, PATIENCE_SECONDS)
        self.stdout.write(f"{made} partitions made." if made else "Enough partitions stand ready.")

    def _archive(self, options: dict[str, Any]) -> None:
        self._need_partitions()
        years = options["older_than"]
        older = timezone.now() - timedelta(days=365.25 * years) if years is not None else None
        with one_at_a_time(connection):
            ranges = [(low, high) for _, low, high in tables.detached(connection)]
            ranges += archive.due(connection, options["before_entry"], older)
            for low, high in ranges:
                done = archive.archive(connection, low, high, options["directory"], self._say)
                self._say(f"{done.file}: {done.rows:,} laps, sha256 {done.sha256}")
                self._say(f"  back with: manage.py partition_laps restore {done.file}")
        if not ranges:
            self.stdout.write("No partition is all that old; one that entries may still come to is never taken.")

    def _restore(self, options: dict[str, Any]) -> None:
        if tables.kind(connection, tables.MOVE):
            raise CommandError(UNDER_WAY)
        with one_at_a_time(connection):
            rows, left_out = archive.restore(connection, options["file"], self._say)
        gone = f"; {left_out:,} of entries that are gone were left out" if left_out else ""
        self.stdout.write(self.style.SUCCESS(f"{rows:,} laps are back{gone}."))

    def _need_partitions(self) -> None:
        if not tables.is_partitioned(connection):
            raise CommandError("The laps are in one table: partition_laps run makes partitions of it.")
        if tables.kind(connection, tables.MOVE):
            raise CommandError(UNDER_WAY)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


class _Progress:
    """A listener for the batches: counts, shows, and waits where the throttle says."""

    def __init__(self, command: Command, throttle: Throttle) -> None:
        self._command, self._throttle = command, throttle
        self._counters: dict[str, Counter] = {}
        self._done: dict[str, int] = {}
        self._looked = 0.0

    def __enter__(self) -> Callable[[str, int], None]:
        self._total = tables.size_of(connection)[0]
        return self._count

    def __exit__(self, *_: object) -> None:
        for name, counter in self._counters.items():
            counter.__exit__(None, None, None)
            self._command.stdout.write(f"  {name}: {self._done[name]:,}")

    def _count(self, name: str, rows: int) -> None:
        if name not in self._counters:
            for counter in self._counters.values():
                counter.__exit__(None, None, None)
            self._counters[name] = Counter(self._command.stdout, name, self._total, unit=" or so", at_once=True)
            self._counters[name].__enter__()
        self._done[name] = self._done.get(name, 0) + rows
        self._counters[name](self._done[name])
        time.sleep(self._throttle.pause_ms / 1000)
        if time.monotonic() - self._looked >= LOOK_EVERY_SECONDS:
            self._looked = time.monotonic()
            while why := self._throttle.reason():
                self._counters[name].say(f"waiting, {why}")
                time.sleep(WAIT_SECONDS)
