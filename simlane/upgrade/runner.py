"""Runs migrations one by one so that nobody who uses the site waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management.base import CommandError
from django.db import Error, connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.db.utils import OperationalError
from django.utils import timezone
from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus

from simlane.sim.legacy.batches import passes
from simlane.sim.legacy.progress import Listener, listening
from simlane.sim.legacy.recorded import HOLDERS, held_aside, one_at_a_time, try_lock
from simlane.sim.legacy.states import PartialState
from simlane.upgrade import pooler
from simlane.upgrade.errors import said
from simlane.upgrade.models import UpgradeStep
from simlane.upgrade.spacing import spaced

#: Whoever queues behind a statement of ours that waits for its lock waits that long (ms).
LOCK_MS = 80
#: How long a step tries for its lock: a vacuum of a large table holds one for minutes.
PATIENCE_SECONDS = 900
IN_TRANSACTION = f"SET LOCAL lock_timeout = {LOCK_MS}"
#: An index waits for transactions that began before it, and nobody waits for the index.
IN_SESSION = "SET lock_timeout = '10min'"
#: Time limits of the database user or the server that end no statement, transaction or session of an upgrade.
SET_ASIDE = (
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    # Since PostgreSQL 17.
    "transaction_timeout",
)
#: How long a server may take to answer at all.
CONNECT_SECONDS = 4
#: One upgrade at a time: PostgreSQL's advisory lock of this number.
ADVISORY = 0x51_4D_1A_4E


@contextmanager
def direct() -> Iterator[None]:
    """Connects without the site's pool, which would wait for an unreachable server; raises CommandError at once.

    A transaction sees what others commit during it, whatever the database user's default is: a batch could not write
    their rows otherwise, and an index would wait for the transaction that holds our own locks.
    """
    before = connection.settings_dict["OPTIONS"]
    if connection.vendor != "postgresql":
        yield
        return
    connection.close()
    own = {name: value for name, value in before.items() if name != "pool"}
    ours = {"isolation_level": IsolationLevel.READ_COMMITTED}
    connection.settings_dict["OPTIONS"] = {"connect_timeout": CONNECT_SECONDS} | own | ours
    try:
        try:
            connection.ensure_connection()
            _set_aside()
        except Error as error:
            raise CommandError(f"No connection to the database: {said(error)}. Nothing was changed.") from error
        yield
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = before


def _set_aside() -> None:
    """For the whole session, where it is ours: a pooler would give it to others as it is."""
    if pooler.hindrance():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(name, '0', false) FROM pg_settings WHERE name = ANY(%s)", [list(SET_ASIDE)])


@contextmanager
def alone() -> Iterator[None]:
    """Raises CommandError when another upgrade runs on this database, or a pooler stands before it."""
    if connection.vendor != "postgresql":
        yield
        return
    if pooled := pooler.hindrance():
        raise CommandError(pooled)
    with held_aside(connection) as holder:
        if not try_lock(holder, ADVISORY):
            raise CommandError("Another upgrade_profiles runs on this database: wait for it, or stop it first.")
        with one_at_a_time(connection, holder):
            yield


def runs() -> bool:
    """Whether an upgrade runs on this database now; on SQLite nobody knows, and it is taken for one that does."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({HOLDERS})", [ADVISORY])
        return bool(cursor.fetchone()[0])


@contextmanager
def recorded(name: str, listener: Listener | None = None) -> Iterator[None]:
    """Notes that a step began, ended or failed, and the rows it told `listener` of."""
    step, _ = UpgradeStep.objects.update_or_create(
        name=name,
        defaults={"started_at": timezone.now(), "finished_at": None, "failed": False, "rows": 0, "detail": ""},
    )

    def count(what: str, rows: int) -> None:
        step.rows += rows
        if listener:
            listener(what, rows)

    try:
        with listening(count):
            yield
    except BaseException as error:
        step.failed = True
        step.detail = str(error) or type(error).__name__
        raise
    else:
        step.finished_at = timezone.now()
    finally:
        _save(step)


def _save(step: UpgradeStep) -> None:
    """On a new connection when the old one is lost; without one `status` sees that nobody holds the lock any more."""
    if not connection.is_usable():
        connection.close()
    with suppress(Error):
        step.save()


def gently(what: str, work: Callable[[], None], say: Callable[[str], None]) -> None:
    """Calls `work` with a short lock timeout, again until it got its locks; it must be repeatable.

    Raises CommandError with what to look for when that takes longer than `PATIENCE_SECONDS`.
    """
    if connection.vendor != "postgresql":
        work()
        return
    until, pause, told = time.monotonic() + PATIENCE_SECONDS, 0.1, False
    while True:
        try:
            with connection.execute_wrapper(spaced), connection.execute_wrapper(_limited):
                work()
            return
        except OperationalError as error:
            if not passes(error):
                raise
            if time.monotonic() > until:
                raise CommandError(
                    f"{what} did not get its lock in {PATIENCE_SECONDS} s: a long transaction or a vacuum holds "
                    f"{_holders()}. End it, then run the same command again: it goes on from here."
                ) from error
        if not told:
            say(f"{what}: another transaction has the table; trying again until it ends.")
            told = True
        time.sleep(pause)
        pause = min(2.0, pause * 1.5)


def _limited(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
    """Around each statement: limits of this transaction alone, since others may get the session after it.

    A statement outside of a transaction gets one. An index built CONCURRENTLY cannot have one; nobody waits for it,
    and `alone` has made sure that the session is ours.
    """
    if connection.connection.info.transaction_status != TransactionStatus.IDLE:
        return execute(sql, parameters, many, context)
    if connection.in_atomic_block:
        _set(IN_TRANSACTION)
        return execute(sql, parameters, many, context)
    if "CONCURRENTLY" not in str(sql):
        with transaction.atomic():
            _set(IN_TRANSACTION)
            return execute(sql, parameters, many, context)
    _set(IN_SESSION)
    try:
        return execute(sql, parameters, many, context)
    finally:
        if not connection.connection.closed:
            _set("RESET lock_timeout")


def _set(statements: str) -> None:
    # Past Django's cursors, which would call `_limited` again.
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(statements)


def _holders() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT a.pid, a.backend_type, now() - a.xact_start FROM pg_locks l
            JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.granted AND l.relation IN (to_regclass('sim_simprofile'), to_regclass('users_user'))
                AND a.pid <> pg_backend_pid()"""
        )
        found = [f"process {pid} ({kind}, {age})" for pid, kind, age in cursor.fetchall()]
    return ", ".join(found) or "the table (it has just ended)"


class Migrations:
    """Applies migrations one by one."""

    def __init__(self) -> None:
        self._executor = MigrationExecutor(connection)
        graph = self._executor.loader.graph
        # An install of somebody's own has recorded others, too.
        known = [key for key in self._executor.loader.applied_migrations if key in graph.nodes]
        # Models are put together when an operation asks for one: also of other people's migrations.
        self._state: ProjectState = PartialState.of(self._executor.loader.project_state(known))

    def apply(self, app: str, name: str, say: Callable[[str], None]) -> None:
        """Applies this one, which is the next."""
        node = self._executor.loader.graph.nodes[app, name]

        def work() -> None:
            # A try that failed has changed its copy.
            self._state = self._applied(node, self._state.clone())

        gently(f"{app}.{name}", work, say)

    def _applied(self, node: Migration, state: ProjectState) -> ProjectState:
        key = (node.app_label, node.name)
        if connection.vendor != "postgresql" or not node.atomic:
            return self._executor.migrate([key], plan=[(node, False)], state=state)
        if all(each.reduces_to_sql for each in node.operations):
            return self._applied_as_sql(node, state)
        # Of other people's migrations too the record belongs to the transaction.
        with transaction.atomic():
            return self._executor.migrate([key], plan=[(node, False)], state=state)

    def _applied_as_sql(self, node: Migration, state: ProjectState) -> ProjectState:
        """Writes the SQL down first and then runs it at once: locks are held while Django thinks otherwise."""
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            state = node.apply(state, editor, collect_sql=True)
        with transaction.atomic(), connection.cursor() as cursor:
            for sql in editor.collected_sql:
                if not sql.startswith("--"):
                    cursor.execute(sql)
            self._executor.recorder.record_applied(node.app_label, node.name)
        return state
