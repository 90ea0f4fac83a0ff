"""What may happen to a server during an upgrade: the operator reads a line, `status` is right, a way on is left."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from simlane.upgrade import progress, runner
from tests import databases, postgres
from tests.upgrade.conftest import Install, database_url, install, on_postgresql
from tests.waiting import wait_until

pytestmark = on_postgresql
#: Slow enough to meet it in the backfill.
SLOWLY = ("upgrade_profiles", "run", "--no-backup", "--pause-ms", "2000")


def begun(site: Install, *arguments: str) -> subprocess.Popen[str]:
    """A run that is in its backfill."""
    process = site.start(*(arguments or SLOWLY))
    assert process.stdout
    for line in process.stdout:
        if line.startswith("  backfill: "):
            return process
    raise AssertionError(process.wait())


def ended(process: subprocess.Popen[str], code: int) -> str:
    output = process.communicate(timeout=300)[0]
    assert process.returncode == code, output
    assert "Traceback" not in output
    return output


def steps(site: Install) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in json.loads(site.call("upgrade_profiles", "status", "--json"))["steps"]}


@pytest.mark.parametrize("action", ["plan", "run", "status", "verify", "backup"])
def test_an_unreachable_server_is_a_line(legacy_install: Install, tmp_path: Path, action: str) -> None:
    site = Install(f"postgres://simlane:x@127.0.0.1:{postgres.free_port()}/simlane", tmp_path)
    # The start of a process has its own patience; one shows it for all.
    ask = site.manage if action == "run" else site.call
    output = ask("upgrade_profiles", action, code=1)
    assert re.search(r"^CommandError: No connection to the database: .*Connection refused", output, re.MULTILINE)
    assert "Traceback" not in output


def test_a_server_that_does_not_answer_is_given_up_within_seconds(legacy_install: Install, tmp_path: Path) -> None:
    started = time.monotonic()
    legacy_install.manage("upgrade_profiles", "status")
    usual = time.monotonic() - started
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site = Install(f"postgres://simlane:x@127.0.0.1:{silent.getsockname()[1]}/simlane", tmp_path)
        started = time.monotonic()
        assert "No connection to the database" in site.manage("upgrade_profiles", "status", code=1)
    # Not after the pool's own patience of ten seconds.
    assert time.monotonic() - started < usual + 2 * runner.CONNECT_SECONDS


def test_a_run_that_ends_early_says_so_and_the_same_command_goes_on(
    legacy_install: Install, subtests: pytest.Subtests
) -> None:
    """One run after another of the same install, each stopped in its backfill in another way."""
    end_sessions = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    with subtests.test("a lost connection is a line, and the step has failed"):
        process = begun(legacy_install)
        legacy_install.query(end_sessions)
        assert "CommandError: The connection to the server was lost" in ended(process, 1)
        assert steps(legacy_install)["backfill"]["state"] == "failed"
        assert "terminating connection" in steps(legacy_install)["backfill"]["detail"]
    with subtests.test("with -v2 an error comes in full"):
        process = begun(legacy_install, *SLOWLY, "-v2")
        legacy_install.query(end_sessions)
        output = process.communicate(timeout=300)[0]
        assert process.returncode == 1
        assert "Traceback" in output
    with subtests.test("a run that was killed is not said to run"):
        process = begun(legacy_install)
        assert steps(legacy_install)["backfill"]["state"] == "running"
        process.kill()
        process.communicate()
        assert steps(legacy_install)["backfill"]["state"] == "stopped"
    with subtests.test("it ends by SIGTERM in the background of a script"):
        # A shell without job control lets its background ignore Ctrl-C.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = begun(legacy_install)
        finally:
            signal.signal(signal.SIGINT, before)
        wait_until(lambda: legacy_install.query("SELECT count(*) FROM sim_legacyprofile")[0][0] > 0)
        process.send_signal(signal.SIGTERM)
        assert "goes on from here" in ended(process, 130)
        assert steps(legacy_install)["backfill"]["state"] == "failed"
    legacy_install.call("upgrade_profiles", "run", "--no-backup")
    assert steps(legacy_install)["backfill"]["state"] == "done"


def test_a_deployment_may_run_migrate_meanwhile(legacy_install: Install, tmp_path: Path) -> None:
    # In the midst of its backfill, which waits for a row that somebody holds; so would the step before it.
    legacy_install.call("migrate", "sim", "0009", "-v0")
    with psycopg.connect(legacy_install.url.replace("postgres://", "postgresql://", 1)) as holder:
        holder.execute("SELECT 1 FROM sim_simprofile LIMIT 1 FOR NO KEY UPDATE")
        process = begun(legacy_install, "upgrade_profiles", "run", "--no-backup")
        other = legacy_install.start("migrate", "-v0")
        assert other.stdout
        assert any("waiting for it" in line for line in other.stdout)
    assert "Both releases can serve" in ended(process, 0)
    ended(other, 0)
    assert json.loads(legacy_install.call("upgrade_profiles", "status", "--json"))["state"] == "window"
    assert {step["state"] for step in steps(legacy_install).values()} == {"done"}
    with install(tmp_path, databases.UPGRADED) as alone:
        assert alone.checksum() == legacy_install.checksum()
        assert alone.schema() == legacy_install.schema()


@contextmanager
def small_disk() -> Iterator[postgres.Cluster]:
    """A server with a tablespace `small` on a file system of its own of 40 MB, which only it sees."""
    # Not in a test's own directory, which only its user may enter.
    mount = Path(tempfile.mkdtemp(prefix="simlane-small-"))
    user = next(part.partition("=")[2] for part in postgres.as_server_user() if part.startswith("--reuid="))
    options = f"size=40m,mode=0700,uid={user}"
    before = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o {options} tmpfs {mount} && exec "$@"', "-"]
    with postgres.cluster(before=before) as server:
        with psycopg.connect(server.admin_url.replace("postgres://", "postgresql://", 1), autocommit=True) as admin:
            admin.execute(f"CREATE TABLESPACE small LOCATION '{mount}'")
            admin.execute(f"GRANT CREATE ON TABLESPACE small TO {postgres.ROLE}")
        yield server
    mount.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_is_a_line_and_with_room_the_same_command_succeeds(legacy_install: Install, tmp_path: Path) -> None:
    with small_disk() as server:
        with psycopg.connect(server.url.replace("postgres://", "postgresql://", 1), autocommit=True) as one:
            one.execute("CREATE DATABASE upgraded TABLESPACE small")
        site = Install(server.database("upgraded"), tmp_path)
        dump = subprocess.run(
            [postgres.binaries() / "pg_dump", "--no-owner", legacy_install.url], capture_output=True, check=True
        )
        subprocess.run(
            [postgres.binaries() / "psql", "-q", site.url], input=dump.stdout, capture_output=True, check=True
        )
        # Django's own tables of the upgrade need some room too.
        site.query("CREATE TABLE ballast AS SELECT 1 AS filled")
        fill(site)
        assert "CommandError: The server's disk is full" in ended(
            site.start("upgrade_profiles", "run", "--no-backup"), 1
        )
        assert (
            "between the models" in (said := site.call("upgrade_profiles", "status").lower()) or "the old model" in said
        )
        assert "running" not in said
        site.query("DROP TABLE ballast")
        assert "Both releases can serve" in site.call("upgrade_profiles", "run", "--no-backup")
        assert {step["state"] for step in steps(site).values()} == {"done"}


def fill(site: Install) -> None:
    """By ever smaller pieces, until there is no room for any."""
    with psycopg.connect(site.url.replace("postgres://", "postgresql://", 1), autocommit=True) as one:
        for rows in (1_000_000, 100_000, 10_000, 1_000):
            with suppress(psycopg.errors.DiskFull):
                while True:
                    one.execute("INSERT INTO ballast SELECT generate_series(1, %s)", [rows])


def test_a_deadlock_is_tried_again(transactional_db: None) -> None:
    name, tries, has_second = connection.settings_dict["NAME"], [], threading.Event()

    def other() -> None:
        with psycopg.connect(database_url()) as one:
            one.execute("LOCK TABLE deadlock_b")
            has_second.set()
            one.execute("LOCK TABLE deadlock_a")

    thread = threading.Thread(target=other)

    def work() -> None:
        tries.append(len(tries))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE deadlock_a")
            if len(tries) == 1:
                thread.start()
                assert has_second.wait(30)
                until_somebody_waits(cursor)
            cursor.execute("LOCK TABLE deadlock_b")

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE deadlock_a (); CREATE TABLE deadlock_b ()")
    with postgres.administrator(name) as admin:
        try:
            # PostgreSQL looks for deadlocks before our own patience ends; the other side's own look is later.
            admin.execute(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '10ms'")
            connection.close()
            connection.ensure_connection()
            admin.execute(f'ALTER DATABASE "{name}" RESET deadlock_timeout')
            runner.gently("a step", work, lambda line: None)
        finally:
            thread.join(30)
            connection.close()
            admin.execute("DROP TABLE deadlock_a, deadlock_b")
    assert len(tries) > 1


def until_somebody_waits(cursor: Any) -> None:
    while True:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'deadlock_a'::regclass)")
        if cursor.fetchone()[0]:
            return
        time.sleep(0.01)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "module", ["backfill", "career_statistics", "career_years", "event_names", "events", "names_backfill", "records"]
)
def test_of_every_long_step_the_rows_that_are_left_can_be_counted(module: str) -> None:
    """Its name is shown, and asked for as a table where nothing else is said."""
    step = importlib.import_module(f"simlane.sim.legacy.{module}").STEP
    assert progress._rows_left(step) == 0
