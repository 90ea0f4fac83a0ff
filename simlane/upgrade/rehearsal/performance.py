"""A rehearsal from beginning to end: the old release serves, the upgrade, both, the contract, the new one; and back."""

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

from simlane.upgrade.rehearsal.copy import Copy, grant, throwaway
from simlane.upgrade.rehearsal.journal import lost_writes
from simlane.upgrade.rehearsal.measurements import Rehearsal, Statement, Step, Verdict
from simlane.upgrade.rehearsal.population import populate
from simlane.upgrade.rehearsal.report import summary_lines, write_html
from simlane.upgrade.rehearsal.sampling import Sampler
from simlane.upgrade.rehearsal.verdicts import of_statements

#: How long traffic runs before, between and after the upgrade's parts.
SECONDS = 5.0
QUIET_SECONDS = 2
START_SECONDS = 60


def rehearse(rows: int, template: str | None, report: Path, out: OutputWrapper, role: str = "") -> None:
    """Rehearses, prints a summary and writes `report`. Raises CommandError when a verdict is bad."""
    if role:
        _may_become(role)
    out.write(
        f"Upgrades {f'a copy of {template}' if template else f'{rows:,} generated profiles'} on a throwaway database "
        f"under the traffic of both releases, then writes {report}; about {20 + rows / 4000:.0f} s."
    )
    found = perform(rows, template, out, role)
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


def perform(rows: int, template: str | None, out: OutputWrapper, role: str = "") -> Rehearsal:
    """The measurements and verdicts of one rehearsal; with `role` the clients have that role's rights alone."""
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
        _play(copy, found, out, role)
        return found


def _play(copy: Copy, found: Rehearsal, out: OutputWrapper, role: str) -> None:
    journals: list[Path] = []
    play = Play(copy, found, out, journals, role)
    with Sampler(copy, play.began) as sampler:
        play.upgrade("")
        if all(verdict.ok for verdict in found.verdicts):
            play.rollback()
            play.upgrade(" again")
    found.locks, found.rates = sampler.locks, sampler.rates
    for journal in journals:
        found.statements += _statements(journal, play.began)
    found.verdicts += of_statements(found)


class Play:
    """The acts of a rehearsal, each with its verdicts."""

    def __init__(self, copy: Copy, found: Rehearsal, out: OutputWrapper, journals: list[Path], role: str) -> None:
        self.role = role
        self.copy = copy
        self.found = found
        self.out = out
        self.journals = journals
        self.began = found.started_at.timestamp()

    def say(self, line: str) -> None:
        self.out.write(f"{time.time() - self.began:7.1f} s  {line}")
        self.out.flush()

    def verdict(self, name: str, *, ok: bool, detail: str) -> None:
        self.found.verdicts.append(Verdict(name, ok, detail))

    def upgrade(self, time_of_it: str) -> None:
        """With the old release, with both, with the new one; ends early when the upgrade fails."""
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
        """With nobody serving."""
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
    name = copy.url.rpartition("/")[2]
    database = DatabaseWrapper({**connection.settings_dict, "NAME": name, "OPTIONS": {}}, alias="default")
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _client(copy: Copy, release: Literal["old", "new"], journals: list[Path], role: str) -> Iterator[None]:
    """A client of a release that acts for the length of a `with`; raises CommandError when it does not start."""
    journal = copy.directory / f"client-{len(journals)}-{release}.jsonl"
    journals.append(journal)
    with journal.open("wb") as output:
        client = ("-m", "simlane.upgrade.rehearsal", release, str(len(journals)))
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
    """As the upgrade noted them in the copy."""
    with copy.connect() as read:
        rows: list[Any] = read.execute(
            """SELECT name, EXTRACT(EPOCH FROM started_at)::float, EXTRACT(EPOCH FROM finished_at)::float, rows
            FROM upgrade_upgradestep WHERE finished_at IS NOT NULL ORDER BY started_at, id"""
        ).fetchall()
    return [Step(name, started - began, finished - began, count) for name, started, finished, count in rows]
