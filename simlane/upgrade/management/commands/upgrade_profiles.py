"""`upgrade_profiles`: the old model's profiles become this one's while the site serves; see docs/upgrade.md."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from simlane.sim.legacy import preserving
from simlane.upgrade import backup, errors, plan, runner, status, steps
from simlane.upgrade.integrity import problems
from simlane.upgrade.plan.dependents import contract_hindrances
from simlane.upgrade.progress import Throttle, Watch
from simlane.upgrade.state import State, position

DEPLOY = """Both releases can serve this database now. Next:
  1. deploy the new release everywhere and stop the old one,
  2. upgrade_profiles run --contract, once the old one has been quiet for {quiet} s.
Until then upgrade_profiles rollback leads back, and after it too."""


class Command(BaseCommand):
    help = "Move an install from the old model of a profile to the new one while it serves, or back."
    # It runs on databases of the old release: nothing may look for the newest schema first.
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def action(name: str, text: str) -> CommandParser:
            added: CommandParser = actions.add_parser(name, help=text, description=text)
            # Django knows it before the action alone.
            added.add_argument(
                "-v", "--verbosity", type=int, default=argparse.SUPPRESS, help="2 shows errors in full, with where"
            )
            return added

        planned = action("plan", "What would happen: rows, contested ids, time, room, hindrances. Changes nothing.")
        run = action("run", "Back up, expand, backfill, verify; then stop. With --contract: the last step.")
        run.add_argument("--contract", action="store_true", help="Drop the old owner's column: the old release is gone")
        for each in (planned, run):
            each.add_argument("--no-backup", action="store_true", help="You have one already")
        run.add_argument("--pause-ms", type=_at_least(0), default=0, help="Pause after each batch, milliseconds")
        run.add_argument("--max-replica-lag", type=float, help="Wait while a replica is further behind, seconds")
        run.add_argument("--max-latency-ms", type=float, help="Wait while a read by key takes longer, milliseconds")
        run.add_argument(
            "--quiet-seconds", type=_at_least(0), default=300, help="How long the old release must not have written"
        )
        adopt = action("adopt", "Bring an install whose schema differs to the old release's, by a mapping file.")
        adopt.add_argument("--mapping", type=Path, default=Path("legacy.toml"), help="The file (default: legacy.toml)")
        ways = adopt.add_mutually_exclusive_group()
        ways.add_argument("--propose", action="store_true", help="Write a first mapping file from what is found")
        ways.add_argument("--dry-run", action="store_true", help="Say what would be done, change nothing")
        ways.add_argument("--undo", action="store_true", help="Back to the install as it was")
        ways.add_argument("--old-release-stopped", action="store_true", help="Do what it cannot be served beside, too")
        action("status", "Where this install is, and the steps done.")
        action("verify", "Check every rule, and in between that both models say the same. Exit status 1 if not.")
        saved = action("backup", "Save the database, with a checksum.")
        back = action("rollback", "Back to the old model from any point; what it cannot hold is kept aside.")
        back.add_argument("--yes", action="store_true", help="Do not ask")
        forget = action("forget", "Drop what a way back keeps aside in kept_* tables, or what could not be put back.")
        forget.add_argument("--yes", action="store_true", help="Do not ask")
        rehearse = action("rehearse", "The whole upgrade on a throwaway copy under live traffic, with a report.")
        rehearse.add_argument("--rows", type=_at_least(1), default=100_000, help="Profiles to generate")
        rehearse.add_argument("--template", help="Copy this database of the same server instead of generating one")
        rehearse.add_argument(
            "--application-role", default="", help="The clients' role, when the site has one of its own"
        )
        rehearse.add_argument("--report", type=Path, default=Path("rehearsal.html"), help="Where the report goes")
        for each in (planned, run, saved):
            each.add_argument("--directory", type=Path, help="Where the backup goes (default: VAR_DIR/backups)")
        for name in ("plan", "status", "verify"):
            actions.choices[name].add_argument("--json", action="store_true", help="One JSON object instead of lines")

    def handle(self, *, action: str, **options: Any) -> None:
        with errors.told_in_a_line(options["verbosity"]), runner.direct():
            getattr(self, f"_{action}")(options)

    def _plan(self, options: dict[str, Any]) -> None:
        found = plan.collect(backup=not options["no_backup"], directory=options["directory"])
        if options["json"]:
            self._json(plan.as_json(found))
        else:
            for line in plan.lines(found):
                self.stdout.write(line)
        if found.stops:
            raise CommandError(f"{len(found.stops)} things stop the upgrade (above).")

    def _run(self, options: dict[str, Any]) -> None:
        throttle = Throttle(options["pause_ms"], options["max_replica_lag"], options["max_latency_ms"])
        if why := throttle.hindrance():
            raise CommandError(why)
        where = position()
        if where.state in {State.LEGACY, State.UPGRADING} and not options["contract"]:
            found = plan.collect(backup=not options["no_backup"], directory=options["directory"])
            if found.stops:
                raise CommandError("\n".join(["This stops the upgrade:", *found.stops]))
        if options["contract"] and connection.vendor == "postgresql" and (stops := contract_hindrances()):
            raise CommandError("\n".join(["This stops the contract:", *stops]))
        with runner.alone():
            if where.state is State.LEGACY and not options["contract"] and not options["no_backup"]:
                self._backup(options)
            steps.prepare(self.stdout.write)
            with Watch(self.stdout, throttle) as watch:
                if options["contract"]:
                    steps.contract(watch.say, watch, timedelta(seconds=options["quiet_seconds"]))
                else:
                    steps.run(watch.say, watch)
        if position().state is State.DUAL_WRITE:
            self.stdout.write(self.style.SUCCESS(DEPLOY.format(quiet=options["quiet_seconds"])))
        else:
            self.stdout.write(self.style.SUCCESS("The new model is complete, verified, and alone."))

    def _adopt(self, options: dict[str, Any]) -> None:
        from simlane.upgrade.adoption import proposing, running

        if options["propose"]:
            proposing.propose(options["mapping"])
            self.stdout.write(f"{options['mapping']} is written: look through every line, then adopt --dry-run.")
            return
        with runner.alone():
            if options["undo"]:
                running.undo(self._say)
            elif running.adopt(
                options["mapping"],
                self._say,
                dry_run=options["dry_run"],
                old_release_stopped=options["old_release_stopped"],
            ):
                self.stdout.write(self.style.SUCCESS("This is the old release's schema. Next: upgrade_profiles plan."))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _status(self, options: dict[str, Any]) -> None:
        found = status.summary()
        if options["json"]:
            self._json(found)
            return
        self.stdout.write(found["sentence"])
        if found["rows_left"]:
            self.stdout.write(f"{found['rows_left']:,} rows left to backfill.")
        if found["old_release_seen_at"]:
            self.stdout.write(
                f"The old release was last seen writing {found['old_release_seen_at']:%Y-%m-%d %H:%M:%S} UTC."
            )
        for step in found["steps"]:
            took = (
                f", {(step['finished_at'] - step['started_at']).total_seconds():.1f} s" if step["finished_at"] else ""
            )
            detail = f": {step['detail']}" if step["detail"] else ""
            self.stdout.write(f"  {step['state']:<8} {step['name']}{took}{detail}")

    def _verify(self, options: dict[str, Any]) -> None:
        state = position().state
        if state in {State.LEGACY, State.EMPTY, State.UPGRADING}:
            raise CommandError(f"{state.sentence} There is nothing to verify yet.")
        found = problems()
        if options["json"]:
            self._json({"ok": not found, "problems": found})
        for line in [] if options["json"] else found:
            self.stdout.write(self.style.ERROR(f"BROKEN {line}"))
        if found:
            raise CommandError(f"{len(found)} checks found broken rows.")
        if not options["json"]:
            self.stdout.write("Every rule holds.")

    def _backup(self, options: dict[str, Any]) -> None:
        made = backup.make(options["directory"])
        self.stdout.write(f"Backup: {made.file} ({made.bytes / 1e6:,.1f} MB, sha256 {made.sha256})")

    def _rollback(self, options: dict[str, Any]) -> None:
        self._ask("Stop the new release first. Back to the old model?", options)
        with runner.alone():
            steps.prepare(self.stdout.write)
            steps.rollback(self.stdout.write)
        self.stdout.write(self.style.SUCCESS("The old release can serve. What its model cannot hold waits in kept_*."))

    def _forget(self, options: dict[str, Any]) -> None:
        state = position().state
        if state is State.UPGRADING:
            raise CommandError(f"{state.sentence} It puts these rows back: nothing was dropped.")
        if not (kept := preserving.sizes(connection)):
            self.stdout.write("Nothing is kept aside.")
            return
        for table, rows, size in kept:
            self.stdout.write(f"  {table}: {rows:,} rows" + (f", {size / 1e6:,.1f} MB" if size is not None else ""))
        self.stdout.write(
            "This is all there is of the new model: results, names, claims and the profiles of nobody. Without it the "
            "next upgrade_profiles run begins anew."
            if state in {State.LEGACY, State.EMPTY}
            else "These rows could not be put back, since what they belong to is gone."
        )
        self._ask("Drop these tables for good?", options)
        with runner.alone():
            preserving.forget(connection)
        self.stdout.write(self.style.SUCCESS(f"{len(kept)} tables are dropped."))

    def _ask(self, question: str, options: dict[str, Any]) -> None:
        """Raises CommandError unless the answer is yes, or was given with the command."""
        if options["yes"]:
            return
        try:
            answer = input(f"{question} [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.")

    def _rehearse(self, options: dict[str, Any]) -> None:
        from simlane.upgrade.rehearsal import running

        if connection.vendor != "postgresql":
            raise CommandError("A rehearsal needs a PostgreSQL server in DATABASE_URL; make rehearse starts one.")
        running.rehearse(
            options["rows"], options["template"], options["report"], self.stdout, options["application_role"]
        )

    def _json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, cls=DjangoJSONEncoder, indent=1))


def _at_least(smallest: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if value < smallest:
            raise ValueError
        return value

    number.__name__ = f"number from {smallest}"
    return number
