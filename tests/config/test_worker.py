"""`manage.py worker` as an operator runs it: it starts, works, outlives a fault of the database, and ends when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError

from simlane.config.management.commands.worker import Loop
from tests import databases


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A site of its own, migrated."""
    found = os.environ | {"VAR_DIR": str(tmp_path), "JOBS": "database", "HTTPS": "0", "SECRET_KEY": "x" * 60}
    found.pop("DJANGO_SETTINGS_MODULE", None)
    databases.copy_file(databases.NEWEST, tmp_path / "simlane.sqlite3")
    return found


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(environment: dict[str, str], number: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert b"does the site's jobs" in child.stdout.readline()
    child.send_signal(number)
    assert child.wait(60) == 0
    child.stdout.close()


def test_once_is_for_a_look(environment: dict[str, str]) -> None:
    assert run(environment, "worker", "--once").returncode == 0


def test_it_does_not_start_where_it_would_have_nothing_to_do(environment: dict[str, str]) -> None:
    refused = run(environment | {"JOBS": "immediate"}, "worker")
    assert (refused.returncode, "JOBS=database" in refused.stderr) == (1, True)
    refused = run(environment | {"JOBS": "redis"}, "worker")
    assert "JOBS='REDIS' is none of IMMEDIATE, DATABASE." in refused.stderr


def test_a_database_that_is_away_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = Loop(interval=0, sweep=0)
    turns: list[int] = []

    def turn() -> None:
        turns.append(1)
        if len(turns) == 3:
            loop.stop(signal.SIGTERM, None)
        raise OperationalError

    monkeypatch.setattr(loop, "turn", turn)
    loop.run()
    assert len(turns) == 3
    with pytest.raises(SystemExit):
        loop.stop(signal.SIGTERM, None)
