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
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from simlane.sim.legacy import recorded
from simlane.upgrade.runner import Migrations
from simlane.upgrade.state import pending
from tests import databases
from tests.databases import LEGACY, MIGRATED, OLD_POPULATED, UPGRADED
from tests.sim.migrations.conftest import collecting_afterwards
from tests.upgrade.checksums import checksum, schema
from tests.upgrade.conftest import database_url, on_database, on_postgresql, race

APPS = {each.label for each in apps.get_app_configs() if each.name.startswith("simlane.")}
#: The old release's own.
OLD = {("users", "0001_initial")}
#: Of tables that know nothing of profiles: they stay on a way back.
STAYING = {("config", "0001_page_version")}
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


#: Where the command itself fails and is run again. Elsewhere the lost step is tried again within it, which leads on
#: from the same database and is quicker. The first step, whose way back cannot be written down at its end; one that is
#: one transaction, one that is not, and one of other people's.
RESTARTED = {
    ("sim", "0009_add_profile_fields"),
    ("sim", "0021_results"),
    ("sim", "0027_history"),
    ("account", "0001_initial"),
}


class Interruption:
    """Ends the session just before it writes, for the first time, what it did to one of the migrations `wanted`."""

    def __init__(self, wanted: set[tuple[str, str]]) -> None:
        self.wanted = wanted
        self.done: list[tuple[str, str]] = []

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.split()[0] in {"INSERT", "DELETE"} and "django_migrations" in sql:
            key = (parameters[0], parameters[1])
            if key in self.wanted and key not in self.done:
                self.done.append(key)
                end_session()
        return execute(sql, parameters, many, context)

    def tries_again(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """Around a method that applies one migration, or takes it back."""

        def tried(executor: Any, *arguments: Any, **options: Any) -> Any:
            before = len(self.done)
            try:
                # A step that fails has changed its models' state.
                first = [each.clone() if isinstance(each, ProjectState) else each for each in arguments]
                return step(executor, *first, **options)
            except OperationalError:
                # Inside of a transaction there is nothing left to try again in.
                if len(self.done) == before or self.done[-1] in RESTARTED or connection.in_atomic_block:
                    raise
                connection.close()
                return step(executor, *arguments, **options)

        return tried


def end_session() -> None:
    """Ends the session of `connection`, as a restart of the server or of a firewall would."""
    pid = connection.connection.info.backend_pid
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        while other.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() != (0,):
            time.sleep(0.01)


def until_it_succeeds(command: Callable[[], None], wanted: set[tuple[str, str]]) -> None:
    """Runs the same command again and again, while the records of the migrations `wanted` get lost."""
    interruption = Interruption(wanted)
    steps = [(MigrationExecutor, "apply_migration"), (MigrationExecutor, "unapply_migration"), (Migrations, "apply")]
    with connection.execute_wrapper(interruption), pytest.MonkeyPatch.context() as patch:
        for owner, name in steps:
            patch.setattr(owner, name, interruption.tries_again(getattr(owner, name)))
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
    assert set(interruption.done) == wanted


def run() -> None:
    call_command("upgrade_profiles", "run", "--no-backup", stdout=io.StringIO())


def migrate() -> None:
    call_command("migrate", verbosity=0)


def roll_back() -> None:
    """With what is not the rollback's to take back, to be compared with `migrate_back`."""
    call_command("upgrade_profiles", "rollback", "--yes", stdout=io.StringIO())
    the_others_back()


def migrate_back() -> None:
    call_command("migrate", "sim", LEGACY, verbosity=0)
    the_others_back()


def the_others_back() -> None:
    for app, name in (("users", "0001"), ("watch", "zero"), ("upgrade", "zero")):
        call_command("migrate", app, name, verbosity=0)


@contextmanager
def copy_of(state: str) -> Iterator[None]:
    """`connection` to a database of this state, which is gone afterwards."""
    name = f"simlane_lost_{secrets.token_hex(6)}"
    databases.copy_database(state, name)
    try:
        with on_database(databases.database_url(name)):
            yield
    finally:
        databases.drop_database(name)


def uninterrupted(way: str, state: str, command: Callable[[], None], *, keys: bool) -> dict[str, Any]:
    """What a database of this state holds after the command, which runs once for the tests that compare with it."""
    with copy_of(state):
        with collecting_afterwards():
            databases.prepare(way, command)
        return everything(keys=keys)


def everything(*, keys: bool) -> dict[str, Any]:
    """What the database holds: its schema, its functions, and of every table the rows, or how many there are.

    A page's version is drawn by lot. Rows that are copied keep their keys; those that are made new may leave some out.
    """
    connection.ensure_connection()
    database = connection.connection
    tables = [
        name
        for name in connection.introspection.table_names()
        if not name.startswith(("upgrade_", "config_pageversion"))
    ]
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
def test_a_run_whose_session_ends_before_a_migration_is_recorded_has_a_way_on(database_server: None) -> None:
    with copy_of(OLD_POPULATED):
        # Of other people's migrations, one of each app: only `run` has those in its own transactions.
        first = {app: (app, name) for app, name in reversed(pending())}
        until_it_succeeds(run, set(OURS) | {key for app, key in first.items() if app not in APPS})
        lost = everything(keys=False)
    with copy_of(UPGRADED):
        assert everything(keys=False) == lost


@on_postgresql
def test_a_migrate_whose_session_ends_before_a_migration_is_recorded_has_a_way_on(database_server: None) -> None:
    with copy_of(OLD_POPULATED):
        until_it_succeeds(migrate, set(OURS))
        lost = everything(keys=False)
    with copy_of(MIGRATED):
        assert everything(keys=False) == lost


@on_postgresql
@pytest.mark.parametrize(
    ("command", "wanted"), [(migrate_back, set(OURS) - STAYING), (roll_back, {key for key in RESTARTED if key in OURS})]
)
def test_a_way_back_whose_session_ends_before_a_migration_is_recorded_has_a_way_on(
    database_server: None, tmp_path: Path, command: Callable[[], None], wanted: set[tuple[str, str]]
) -> None:
    with copy_of(UPGRADED):
        databases.prepare(IN_USE, lambda: race(tmp_path, 77, "Rita Racer"))
        until_it_succeeds(command, wanted)
        lost = everything(keys=True)
    assert lost == uninterrupted("in_use_and_back", IN_USE, migrate_back, keys=True)
