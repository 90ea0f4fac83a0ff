"""The old release beside the new one, on the test's database."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from simlane.results.importer import Importer
from simlane.sim.integrity import findings
from simlane.sim.legacy import dual_write
from tests import databases
from tests.results.builders import iracing_document, iracing_result, iracing_session
from tests.sim.migrations.conftest import HEAD, Migrate, Old, migrate, old  # noqa: F401 - fixtures
from tests.upgrade.checksums import checksum, schema

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: it is upgraded while nobody serves"
)


def database_url() -> str:
    """The test's database, for another process."""
    return databases.database_url(connection.settings_dict["NAME"])


class OldRelease:
    """A running old release: `old_release.add(user, "iracing", "Name", {})`. An error it meets is raised."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __getattr__(self, page: str) -> Any:
        def ask(*arguments: object) -> Any:
            assert self.process.stdin
            assert self.process.stdout
            self.process.stdin.write(json.dumps([page, *arguments]) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            assert "error" not in answer, answer["error"]
            return answer["answer"]

        return ask


@contextmanager
def running_old_release(url: str) -> Iterator[OldRelease]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.legacy_release"],
        env=os.environ | {"LEGACY_DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield OldRelease(process)
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def old_release(transactional_db: None) -> Iterator[OldRelease]:
    with running_old_release(database_url()) as running:
        yield running


class Install:
    """A populated install of the old release on a database of its own, and its operator's command line."""

    def __init__(self, url: str, var: Path) -> None:
        self.url = url
        self.var = var

    def manage(self, *arguments: str, code: int | None = 0) -> str:
        """Both outputs of a `manage.py` command, which must end with `code`."""
        process = self.start(*arguments)
        output = process.communicate(timeout=300)[0]
        assert code is None or process.returncode == code, output
        return output

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            env=databases.shell(self.var) | ({"DATABASE_URL": self.url} if self.url else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url.replace("postgres://", "postgresql://", 1)) as other:
            return other.execute(sql).fetchall() if sql.lstrip().startswith("SELECT") else other.execute(sql) and []

    def checksum(self) -> dict[str, str]:
        with psycopg.connect(self.url.replace("postgres://", "postgresql://", 1)) as other:
            return checksum(other)

    def schema(self) -> set[tuple[str, ...]]:
        with psycopg.connect(self.url.replace("postgres://", "postgresql://", 1)) as other:
            return schema(other)


@contextmanager
def install(var: Path, state: str = databases.OLD_POPULATED) -> Iterator[Install]:
    """At `sim.0008` with generated profiles, or in another state, on a database that is gone afterwards."""
    name = f"simlane_install_{secrets.token_hex(6)}"
    databases.copy_database(state, name)
    try:
        yield Install(databases.database_url(name), var)
    finally:
        databases.drop_database(name)


@pytest.fixture
def legacy_install(transactional_db: None, tmp_path: Path) -> Iterator[Install]:
    with install(tmp_path) as made:
        yield made


@pytest.fixture
def upgraded_install(transactional_db: None, tmp_path: Path) -> Iterator[Install]:
    """The same after `upgrade_profiles run`, while both releases can serve."""
    with install(tmp_path, databases.UPGRADED) as made:
        yield made


@pytest.fixture
def opened(old: Old, migrate: Migrate) -> Callable[[], None]:  # noqa: F811 - fixtures
    """Goes to the newest schema with the owner's column held for the old release."""

    def go() -> None:
        dual_write.hold(connection)
        migrate(HEAD)

    return go


def race(tmp_path: Path, identifier: int, name: str) -> None:
    (tmp_path / f"{identifier}.json").write_text(
        json.dumps(
            iracing_document(
                iracing_session(0, iracing_result(identifier, 0, display_name=name)), subsession_id=identifier
            )
        )
    )
    assert not Importer().run([tmp_path / f"{identifier}.json"]).refused


def every_rule_holds() -> None:
    broken = {finding.check: finding.first for finding in findings() if finding.count}
    assert not broken
