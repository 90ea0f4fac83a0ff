"""Migrations whose record is written in the transaction of their changes, and one process at a time that migrates.

Django commits the changes of a migration first and then writes into `django_migrations` that it was applied, whenever
it has left foreign keys for the end, and on every way back. A connection lost between the two leaves a schema that
the same command cannot change again. A migration that is not atomic must be repeatable, since nothing else helps it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import Any

from django.db import Error, migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import CreateModel, IndexOperation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState, StateApps
from django.utils.functional import SimpleLazyObject

from simlane.sim.legacy.states import PartialState

#: Who migrates holds PostgreSQL's advisory lock of this number.
ADVISORY = 0x51_4D_1A_4F
#: The process that holds the advisory lock of a number in this database, if there is one.
HOLDERS = """SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %s
    AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
LOOK_EVERY_SECONDS = 0.1

_held: ContextVar[bool] = ContextVar("held", default=False)
logger = logging.getLogger("simlane.upgrade")


class Migration(migrations.Migration):
    """Recorded, and no longer recorded, in the transaction of its changes. Its models are put together when needed."""

    def mutate_state(self, project_state: ProjectState, preserve: bool = True) -> ProjectState:
        # Before a way back Django has all states at once; one that is changed in place is nobody's to look at yet.
        return super().mutate_state(PartialState.of(project_state) if preserve else project_state, preserve)

    def apply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        state = super().apply(PartialState.of(project_state), schema_editor, collect_sql)
        if not collect_sql:
            # Django itself records the migration in its transaction when nothing is left for the end.
            flush(schema_editor)
        return state

    def unapply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        state = super().unapply(PartialState.of(project_state), schema_editor, collect_sql)
        if not collect_sql:
            flush(schema_editor)
            # Once more by Django after the commit, which changes nothing then.
            MigrationRecorder(schema_editor.connection).record_unapplied(self.app_label, self.name)
        return state


class RunPython(migrations.RunPython):
    """RunPython whose models are put together when its code first asks for one, which most here never do.

    Django puts all of them together for each, also for one that does nothing.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        super().database_forwards(app_label, schema_editor, _WhenAsked(from_state), to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        super().database_backwards(app_label, schema_editor, _WhenAsked(from_state), to_state)


class _WhenAsked(ProjectState):
    """A state as RunPython uses it: its models, with their relations to those not put together with them."""

    def __init__(self, state: ProjectState) -> None:
        self._state = state

    def clear_delayed_apps_cache(self) -> None:
        """Done when a model is asked for."""

    @property
    def apps(self) -> Any:
        def models() -> StateApps:
            self._state.clear_delayed_apps_cache()
            return self._state.apps

        return SimpleLazyObject(models)


class AtOnce(Operation):
    """Tables, indexes or constraints of a migration, for which the models are put together once instead of for each.

    Not for fields: on SQLite the second would drop the first one's column again. Nor for a table together with its
    indexes: it would be made with them.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, *operations: CreateModel | IndexOperation) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        apps = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if apps is not None:
            state.apps = apps
            state.reload_models([(app_label, _model_of(operation)) for operation in self.operations])

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


def _model_of(operation: CreateModel | IndexOperation) -> str:
    return operation.name_lower if isinstance(operation, CreateModel) else operation.model_name_lower


def flush(editor: BaseDatabaseSchemaEditor) -> None:
    """Runs what Django leaves for the end of a migration (foreign keys, indexes) in this transaction."""
    for sql in editor.deferred_sql:
        editor.execute(sql, None)
    editor.deferred_sql.clear()


@contextmanager
def one_at_a_time(connection: BaseDatabaseWrapper, holder: BaseDatabaseWrapper | None = None) -> Iterator[None]:
    """Waits until no other process migrates this database; inside, this one may ask again.

    `holder` has a transaction that the lock is to be held by, or there is one on a connection of its own. It is no
    lock of a session: behind a pooler that would stay in a session that others get.
    """
    if connection.vendor != "postgresql" or _held.get():
        yield
        return
    with nullcontext(holder) if holder else held_aside(connection) as keeper:
        _wait(keeper)
        token = _held.set(True)
        try:
            yield
        finally:
            _held.reset(token)


@contextmanager
def held_aside(connection: BaseDatabaseWrapper) -> Iterator[BaseDatabaseWrapper]:
    """A transaction on a connection of its own, for locks that last longer than one transaction of `connection`.

    It has no snapshot between its statements, so no vacuum and no index waits for it.
    """
    holder = connection.copy()
    holder.set_autocommit(False)
    try:
        with holder.cursor() as cursor:
            # Else its first statement's snapshot would be kept for the whole of it.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            cursor.execute(
                """SELECT set_config(name, '0', true) FROM pg_settings
                WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')"""
            )
        yield holder
    finally:
        with suppress(Error):
            holder.rollback()
        holder.close()


def _wait(connection: BaseDatabaseWrapper) -> None:
    told = False
    # Asked again and again: a statement that waits has a snapshot, and an index built meanwhile would wait for it.
    while not try_lock(connection, ADVISORY):
        if not told:
            logger.warning("Another process applies migrations to this database: waiting for it.")
            told = True
        time.sleep(LOOK_EVERY_SECONDS)


def try_lock(connection: BaseDatabaseWrapper, number: int) -> bool:
    """Takes an advisory lock until the transaction ends; False when another session has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
