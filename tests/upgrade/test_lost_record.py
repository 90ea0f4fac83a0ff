"""A session that ends between a migration and its record leaves a way on: forward, back, and by either command."""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from simlane.sim.legacy import recorded
from tests import databases
from tests.databases import LEGACY, OLD_POPULATED, UPGRADED
from tests.sim.migrations.conftest import collecting_afterwards
from tests.upgrade.checksums import checksum, schema
from tests.upgrade.conftest import database_url, on_postgresql, race

APPS = ("sim", "results", "users", "upgrade", "watch")
#: The old release's own.
OLD = {("users", "0001_initial")}
IN_USE = "in_use"


def _ours() -> dict[tuple[str, str], Migration]:
    migrations = MigrationLoader(None).disk_migrations
    return {
        (app, name): migration
        for (app, name), migration in migrations.items()
        if app in APPS and (app, name) not in OLD and not (app == "sim" and name <= LEGACY)
    }


OURS = _ours()


def test_every_migration_since_the_old_release_is_recorded_in_its_own_transaction() -> None:
    assert len(OURS) > 25
    others = {key for key, migration in OURS.items() if not isinstance(migration, recorded.Migration)}
    assert not others


class Interruption:
    """Ends the session just before it writes, for the first time, what it did to a migration.

    Migrations of others are Django's to record: only `upgrade_profiles run` has them in its own transactions, which
    one of each app shows.
    """

    def __init__(self, *, others_too: bool) -> None:
        self.others_too = others_too
        self.done: set[tuple[str, str]] = set()

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.split()[0] in {"INSERT", "DELETE"} and "django_migrations" in sql:
            app, name = parameters[:2]
            if (app, name) not in self.done and self._matters(app, name):
                self.done.add((app, name))
                end_session()
        return execute(sql, parameters, many, context)

    def _matters(self, app: str, name: str) -> bool:
        return (app, name) in OURS or (self.others_too and app not in {before for before, _ in self.done})


def end_session() -> None:
    """Ends the session of `connection`, as a restart of the server or of a firewall would."""
    pid = connection.connection.info.backend_pid
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        while other.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() != (0,):
            time.sleep(0.01)


def until_it_succeeds(command: Callable[[], None]) -> set[tuple[str, str]]:
    """Runs the same command again and again; returns the migrations whose record got lost."""
    interruption = Interruption(others_too=command is run)
    with connection.execute_wrapper(interruption):
        while True:
            before = len(interruption.done)
            try:
                with collecting_afterwards():
                    command()
                break
            except (OperationalError, CommandError):
                # Of nothing but the ended session.
                if len(interruption.done) == before:
                    raise
                connection.close()
    return interruption.done


@contextmanager
def on_database(name: str) -> Iterator[None]:
    """`connection` to another database of the server."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def run() -> None:
    call_command("upgrade_profiles", "run", "--no-backup", stdout=io.StringIO())


def roll_back() -> None:
    call_command("upgrade_profiles", "rollback", "--yes", stdout=io.StringIO())


def migrate() -> None:
    call_command("migrate", verbosity=0)


def migrate_back() -> None:
    for app, name in (("sim", LEGACY), ("users", "0001"), ("watch", "zero"), ("upgrade", "zero")):
        call_command("migrate", app, name, verbosity=0)


@contextmanager
def copy_of(state: str) -> Iterator[None]:
    """`connection` to a database of this state, which is gone afterwards."""
    name = f"simlane_lost_{secrets.token_hex(6)}"
    databases.copy_database(state, name)
    try:
        with on_database(name):
            yield
    finally:
        databases.drop_database(name)


@pytest.fixture
def states(transactional_db: None, tmp_path: Path) -> None:
    """The install of the old release, and `IN_USE`: the same after the upgrade, with results."""
    with copy_of(UPGRADED):
        databases.prepare(IN_USE, lambda: race(tmp_path, 77, "Rita Racer"))


def everything(*, keys: bool) -> dict[str, Any]:
    """What the database holds: its schema, its functions, and of every table the rows, or how many there are.

    Rows that are copied keep their keys; those that are made new may leave some out.
    """
    connection.ensure_connection()
    database = connection.connection
    tables = [name for name in connection.introspection.table_names() if not name.startswith("upgrade_")]
    found: dict[str, Any] = {"schema": schema(database)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::regprocedure::text, md5(prosrc) FROM pg_proc WHERE proname LIKE 'sim\\_%'")
        found["functions"] = set(cursor.fetchall())
        cursor.execute("SELECT DISTINCT app, name FROM django_migrations")
        found["migrations"] = set(cursor.fetchall())
        for table in tables:
            rows = "sum(hashtextextended(t::text, 0))" if keys and table != "django_migrations" else "0"
            count = "count(DISTINCT (app, name))" if table == "django_migrations" else "count(*)"
            cursor.execute(f"SELECT {count}, {rows} FROM {table} t")
            found[table] = cursor.fetchone()
    if not keys:
        found["checksum"] = checksum(database)
    return found


@on_postgresql
@pytest.mark.parametrize(
    ("command", "forward"), [(run, True), (migrate, True), (roll_back, False), (migrate_back, False)]
)
def test_a_session_that_ends_before_a_migration_is_recorded_does_not_end_the_way(
    states: None, command: Callable[[], None], forward: bool
) -> None:
    state = OLD_POPULATED if forward else IN_USE
    with copy_of(state):
        with collecting_afterwards():
            command()
        uninterrupted = everything(keys=not forward)
    with copy_of(state):
        lost = until_it_succeeds(command)
        assert everything(keys=not forward) == uninterrupted
    expected = set(OURS)
    if command is roll_back:
        expected = {(app, name) for app, name in expected if app in {"sim", "results"}}
    assert expected <= lost
