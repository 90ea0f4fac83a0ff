"""The throwaway PostgreSQL server leaves nothing behind, however its run ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests import postgres

ROOT = Path(__file__).resolve().parents[2]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_works_and_is_gone_afterwards():
    with postgres.cluster("work_mem=5MB") as server:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
            assert connection.info.server_version >= 150000
            rights = "SELECT rolsuper, rolcreaterole, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = %s"
            assert connection.execute(rights, [postgres.ROLE]).fetchone() == (False, False, False, True)
        with psycopg.connect(server.admin_url) as connection:
            assert connection.execute("SELECT usesuper FROM pg_user WHERE usename = current_user").fetchone() == (True,)
        assert server.directory.is_dir()
    assert not server.directory.exists()
    assert is_gone(server.process.pid)


def test_it_is_gone_after_a_failure():
    with pytest.raises(RuntimeError, match="a failing test"), postgres.cluster() as server:
        raise RuntimeError("a failing test")
    assert not server.directory.exists()
    assert is_gone(server.process.pid)


def test_a_setting_it_does_not_know_is_reported_and_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres.tempfile, "tempdir", str(tmp_path))
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o011)
    with (
        pytest.raises(postgres.PostgresError, match="no_such_setting"),
        postgres.cluster("no_such_setting=1"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_is_gone_after_an_interrupted_run(how):
    command = "import os, time; print(os.environ['SIMLANE_TEST_POSTGRESQL_ADMIN_URL'], flush=True); time.sleep(60)"
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", sys.executable, "-c", command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        # A run that a shell started in the background ignores Ctrl-C, and so would this one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    url = run.stdout.readline().strip()
    with psycopg.connect(url) as connection:
        directory = Path(connection.execute("SHOW data_directory").fetchone()[0]).parent
    run.send_signal(how)
    run.communicate(timeout=20)
    assert run.returncode != 0
    assert not directory.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_the_server_dies_with_a_run_that_was_killed():
    command = "import os, sys; print(os.environ['SIMLANE_TEST_POSTGRESQL_ADMIN_URL'], flush=True); sys.stdin.read()"
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", sys.executable, "-c", command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    url = run.stdout.readline().strip()
    with psycopg.connect(url) as connection:
        directory = Path(connection.execute("SHOW data_directory").fetchone()[0]).parent
        owner = int((directory / "data" / "postmaster.pid").read_text().split()[0])
    run.kill()
    run.communicate()
    for _ in range(100):
        if is_gone(owner):
            break
        time.sleep(0.1)
    assert is_gone(owner)
    postgres.shutil.rmtree(directory)


def test_another_version_is_chosen_by_its_directory(tmp_path, monkeypatch):
    installed = postgres.binaries()
    (tmp_path / "bin").symlink_to(installed)
    monkeypatch.setenv("SIMLANE_POSTGRESQL_BIN", str(tmp_path / "bin"))
    assert postgres.binaries() == installed.resolve()
    assert postgres.search_path().split(os.pathsep)[0] == str(installed.resolve())
    monkeypatch.setenv("SIMLANE_POSTGRESQL_BIN", str(tmp_path))
    with pytest.raises(postgres.PostgresError, match="has no initdb and postgres"):
        postgres.binaries()
