"""The old release beside the new one, on the test's database."""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from simlane.results.importer import Importer
from simlane.sim.integrity import findings
from simlane.sim.legacy import dual_write
from tests import databases, postgres
from tests.results.builders import iracing_document, iracing_result, iracing_session
from tests.sim.migrations.conftest import (
    HEAD,
    LEGACY_COLUMNS,
    Migrate,
    Old,
    collecting_afterwards,
    dump,
    migrate,  # noqa: F401 - fixture
    old,  # noqa: F401 - fixture
)
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


@pytest.fixture(scope="session")
def _serving(django_db_setup: None) -> Iterator[OldRelease]:
    with running_old_release(database_url()) as running:
        yield running


@pytest.fixture
def old_release(transactional_db: None, _serving: OldRelease) -> Iterator[OldRelease]:
    """The old release on the test's own database; its process is the same for all tests."""
    yield _serving
    _serving.leave()


@contextmanager
def on_database(url: str) -> Iterator[None]:
    """`connection` to another database of PostgreSQL, or to another file of SQLite."""
    parts, before = urlsplit(url), dict(connection.settings_dict)
    connection.close()
    connection.settings_dict["NAME"] = parts.path.removeprefix("/")
    if parts.scheme != "sqlite":
        connection.settings_dict |= {
            "USER": parts.username,
            "PASSWORD": parts.password,
            "HOST": parts.hostname,
            "PORT": parts.port,
            "OPTIONS": before["OPTIONS"] | dict(parse_qsl(parts.query)),
        }
    # Keys of content types are each database's own.
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= before
        ContentType.objects.clear_cache()


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

    def call(self, *arguments: str, code: int | None = 0) -> str:
        """As `manage` does, but in this process, which is quicker: what a process of its own adds has its own tests."""
        output, ended = io.StringIO(), 0
        with (
            on_database(self.url or f"sqlite:///{self.var}/simlane.sqlite3"),
            override_settings(VAR_DIR=self.var),
            collecting_afterwards(),
        ):
            try:
                call_command(*arguments, stdout=output, stderr=output)
            except CommandError as error:
                output.write(f"CommandError: {error}\n")
                ended = error.returncode
        assert code is None or ended == code, output.getvalue()
        return output.getvalue()

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


def pour(site: Install, url: str) -> None:
    """Copies an install into an empty database of another server."""
    programs = postgres.binaries()
    dump = subprocess.run([programs / "pg_dump", "--no-owner", site.url], capture_output=True, check=True).stdout
    psql = [programs / "psql", "--quiet", "--set=ON_ERROR_STOP=1", url]
    subprocess.run(psql, input=dump, capture_output=True, check=True)


@contextmanager
def changed(site: Install, there: str, back: str) -> Iterator[None]:
    """The install after the statements `there`, and afterwards `back`."""
    site.query(there)
    try:
        yield
    finally:
        site.query(back)


@pytest.fixture
def legacy_install(database_server: None, tmp_path: Path) -> Iterator[Install]:
    with install(tmp_path) as made:
        yield made


@pytest.fixture
def upgraded_install(database_server: None, tmp_path: Path) -> Iterator[Install]:
    """The same after `upgrade_profiles run`, while both releases can serve."""
    with install(tmp_path, databases.UPGRADED) as made:
        yield made


@pytest.fixture
def opened(old: Old, migrate: Migrate) -> Callable[[], None]:  # noqa: F811 - fixtures
    """Goes to the newest schema with the owner's column held for the old release; once for tests with the same rows."""

    def go() -> None:
        dual_write.hold(connection)
        migrate(HEAD)

    def went() -> None:
        rows = [dump("sim_simprofile", LEGACY_COLUMNS), dump("users_user", ("id", "username"))]
        rows += [dump("sim_simulator", ("id", "slug")), dump("sim_event", ("id",))]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend'"
            )
            (sessions,) = cursor.fetchone()
        if sessions > 1:
            # A copy would end the old release's.
            go()
        else:
            databases.prepare(f"opened_{hashlib.sha256(repr(rows).encode()).hexdigest()[:12]}", go)

    return went


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
