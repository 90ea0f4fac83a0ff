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

from django.db import Error, migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

#: Who migrates holds PostgreSQL's advisory lock of this number.
ADVISORY = 0x51_4D_1A_4F
LOOK_EVERY_SECONDS = 0.1

_held: ContextVar[bool] = ContextVar("held", default=False)
logger = logging.getLogger("simlane.upgrade")


class Migration(migrations.Migration):
    """Recorded, and no longer recorded, in the transaction of its changes."""

    def apply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        state = super().apply(project_state, schema_editor, collect_sql)
        if not collect_sql:
            # Django itself records the migration in its transaction when nothing is left for the end.
            flush(schema_editor)
        return state

    def unapply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        state = super().unapply(project_state, schema_editor, collect_sql)
        if not collect_sql:
            flush(schema_editor)
            # Once more by Django after the commit, which changes nothing then.
            MigrationRecorder(schema_editor.connection).record_unapplied(self.app_label, self.name)
        return state


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
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
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
