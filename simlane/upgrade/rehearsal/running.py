"""A rehearsal from beginning to end: upgrade, contract, rollback and upgrade again, with clients of both releases."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from django.core.management.base import CommandError, OutputWrapper
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from simlane.upgrade.rehearsal.copy import Copy, grant, options, throwaway
from simlane.upgrade.rehearsal.journal import lost_writes
from simlane.upgrade.rehearsal.measurements import Rehearsal, Statement, Step, Verdict
from simlane.upgrade.rehearsal.population import populate
from simlane.upgrade.rehearsal.report import summary_lines, write_html
from simlane.upgrade.rehearsal.sampling import Sampler
from simlane.upgrade.rehearsal.verdicts import of_statements

#: How long traffic runs before, between and after the upgrade's parts.
SECONDS = 5.0
QUIET_SECONDS = 2
#: Between two statements of a client.
PAUSE_SECONDS = 0.008
START_SECONDS = 60


def rehearse(rows: int, template: str | None, report: Path, out: OutputWrapper, role: str = "") -> None:
    """Run a rehearsal, print a summary and write `report`. Raises CommandError if a check failed."""
    if role:
        _may_become(role)
    out.write(
        f"Upgrades {f'a copy of {template}' if template else f'{rows:,} generated profiles'} on a throwaway database "
        f"under the traffic of both releases, then writes {report}; about {75 + rows / 2000:.0f} s."
    )
    found = run(rows, template, out, role)
    for line in summary_lines(found):
        out.write(line)
    write_html(found, report)
    out.write(f"Report: {report.resolve()}")
    if bad := [verdict.name for verdict in found.verdicts if not verdict.ok]:
        raise CommandError(f"The rehearsal failed: {', '.join(bad)}.")


def _may_become(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = %s", [role])
        row = cursor.fetchone()
    if row is None:
        raise CommandError(f"There is no role {role} on this server.")
    if not row[1]:
        raise CommandError(f"{row[0]} may not act as {role}: GRANT {role} TO {row[0]}.")


def run(rows: int, template: str | None, out: OutputWrapper, role: str = "") -> Rehearsal:
    """Run a rehearsal and return its measurements; with `role` the clients have only that role's rights."""
    with (
        tempfile.TemporaryDirectory(prefix="simlane-rehearsal-") as directory,
        throwaway(template, Path(directory)) as copy,
    ):
        with database(copy) as own:
            if not template:
                populate(own, rows, max(1, rows * 3 // 10))
                if role:
                    grant(copy, role)
            with own.cursor() as cursor:
                cursor.execute("SELECT COUNT(*), (SELECT COUNT(*) FROM users_user) FROM sim_simprofile")
                counted, users = cursor.fetchone()
                cursor.execute("SHOW server_version")
                server = f"PostgreSQL {cursor.fetchone()[0].split()[0]}"
        found = Rehearsal(rows=counted, users=users, server=server, started_at=datetime.now(UTC))
        stages = Stages(copy, found, out, role)
        with Sampler(copy, stages.began) as sampler:
            stages.upgrade("")
            if all(verdict.ok for verdict in found.verdicts):
                stages.rollback()
                stages.upgrade(" again")
        found.locks, found.rates = sampler.locks, sampler.rates
        for journal in stages.journals:
            found.statements += _statements(journal, stages.began)
        found.verdicts += of_statements(found)
        return found


class Stages:
    """The stages of a rehearsal; each appends its steps and verdicts to `found`."""

    def __init__(self, copy: Copy, found: Rehearsal, out: OutputWrapper, role: str) -> None:
        self.role = role
        self.copy = copy
        self.found = found
        self.out = out
        self.journals: list[Path] = []
        self.began = found.started_at.timestamp()

    def say(self, line: str) -> None:
        self.out.write(f"{time.time() - self.began:7.1f} s  {line}")
        self.out.flush()

    def verdict(self, name: str, *, ok: bool, detail: str) -> None:
        self.found.verdicts.append(Verdict(name, ok, detail))

    def upgrade(self, time_of_it: str) -> None:
        """Upgrade while the old release serves, then both, then the new one; end early if the upgrade fails."""
        started = time.time()
        with _client(self.copy, "old", self.journals, self.role):
            self.say("the old release serves")
            time.sleep(SECONDS)
            self.say(f"upgrade_profiles run{time_of_it}")
            run = ("manage.py", "upgrade_profiles", "run", "--directory", str(self.copy.directory))
            status = self.copy.start(*run).wait()
            self.verdict(f"The upgrade runs to its end{time_of_it}", ok=status == 0, detail=f"exit status {status}")
            if status:
                self._note_steps(started, time_of_it)
                return
            with _client(self.copy, "new", self.journals, self.role):
                self.say("both releases serve")
                time.sleep(SECONDS)
                refused, said = _contract(self.copy)
                self.verdict(
                    f"The contract waits for the old release{time_of_it}",
                    ok="was seen writing" in said,
                    detail=f"exit status {refused}",
                )
        with _client(self.copy, "new", self.journals, self.role):
            self.say("the old release is gone")
            time.sleep(QUIET_SECONDS + 1)
            self.say(f"upgrade_profiles run --contract{time_of_it}")
            status, said = _contract(self.copy)
            detail = f"exit status {status}" + _broken(said)
            self.verdict(f"The contract runs once it is gone{time_of_it}", ok=status == 0, detail=detail)
            time.sleep(SECONDS)
        self._note_steps(started, time_of_it)
        self._nothing_is_lost(f"Every acknowledged write is there{time_of_it}")
        status, said = _command(self.copy, "verify")
        detail = "upgrade_profiles verify" + _broken(said)
        self.verdict(f"Every rule holds afterwards{time_of_it}", ok=status == 0, detail=detail)

    def rollback(self) -> None:
        """Roll back while neither release serves."""
        started = time.time()
        self.say("upgrade_profiles rollback")
        status, said = _command(self.copy, "rollback", "--yes")
        last = said.strip().splitlines()[-1:] or [""]
        self.verdict("The rollback leads back", ok=status == 0, detail=f"exit status {status}; {last[0]}")
        self._note_steps(started, "")
        if not status:
            self._nothing_is_lost("Every acknowledged write is there after the rollback")

    def _nothing_is_lost(self, name: str) -> None:
        lost, acknowledged = lost_writes(self.copy, self.journals)
        self.verdict(name, ok=not lost, detail="; ".join(lost[:3]) or f"{acknowledged:,} writes")

    def _note_steps(self, since: float, time_of_it: str) -> None:
        for step in _steps(self.copy, self.began):
            if self.began + step.started_s >= since:
                step.name += time_of_it
                self.found.steps.append(step)


def _contract(copy: Copy) -> tuple[int, str]:
    return _command(copy, "run", "--contract", "--quiet-seconds", str(QUIET_SECONDS))


def _command(copy: Copy, *arguments: str) -> tuple[int, str]:
    """The exit status of `upgrade_profiles ARGUMENTS`, and what it wrote."""
    process = copy.start("manage.py", "upgrade_profiles", *arguments, output=subprocess.PIPE, errors=subprocess.STDOUT)
    output, _ = process.communicate()
    return process.returncode, output.decode()


def _broken(output: str) -> str:
    return "".join(f"; {line}" for line in output.splitlines() if line.startswith("BROKEN"))


@contextmanager
def database(copy: Copy) -> Iterator[DatabaseWrapper]:
    """Django's connection to the copy, beside the one to the server's own database."""
    given = {**connection.settings_dict, "NAME": copy.name, "OPTIONS": options()}
    database = DatabaseWrapper(given, alias="default")
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _client(copy: Copy, release: Literal["old", "new"], journals: list[Path], role: str) -> Iterator[None]:
    """Run a client of a release during a `with`. Raises CommandError if it does not start."""
    journal = copy.directory / f"client-{len(journals)}-{release}.jsonl"
    journals.append(journal)
    with journal.open("wb") as output:
        client = ("-m", "simlane.upgrade.rehearsal", release, str(len(journals)), str(PAUSE_SECONDS))
        process = copy.start(*client, output=output.fileno(), role=role)
    try:
        until = time.monotonic() + START_SECONDS
        while not journal.stat().st_size:
            if process.poll() is not None or time.monotonic() > until:
                raise CommandError(f"The {release} release's client did not start, see above.")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def _statements(journal: Path, began: float) -> list[Statement]:
    release: Literal["old", "new"] = "old" if journal.stem.endswith("old") else "new"
    lines = (json.loads(line) for line in journal.read_text().splitlines())
    return [Statement(release, line[1], line[2] - began, line[3], line[4]) for line in lines if line[0] == "time"]


def _steps(copy: Copy, began: float) -> list[Step]:
    """The finished steps that the upgrade recorded in the copy."""
    with copy.connect() as read:
        rows: list[Any] = read.execute(
            """SELECT name, EXTRACT(EPOCH FROM started_at)::float, EXTRACT(EPOCH FROM finished_at)::float, rows
            FROM upgrade_upgradestep WHERE finished_at IS NOT NULL ORDER BY started_at, id"""
        ).fetchall()
    return [Step(name, started - began, finished - began, count) for name, started, finished, count in rows]
