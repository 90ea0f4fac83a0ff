"""Runs migrations one by one so that nobody who uses the site waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError
from django.utils import timezone

from simlane.sim.legacy import pace
from simlane.sim.legacy.batches import lock_was_not_available
from simlane.upgrade.models import UpgradeStep

#: Whoever queues behind a statement of ours that waits for its lock waits that long (ms).
LOCK_MS = 80
#: How long a step tries for its lock: a vacuum of a large table holds one for minutes.
PATIENCE_SECONDS = 900
#: One upgrade at a time: PostgreSQL's advisory lock of this number.
ADVISORY = 0x51_4D_1A_4E


@contextmanager
def alone() -> Iterator[None]:
    """Raises CommandError when another upgrade runs on this database."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY])
        if not cursor.fetchone()[0]:
            raise CommandError("Another upgrade_profiles runs on this database: wait for it, or stop it first.")
    try:
        yield
    finally:
        if connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY])


@contextmanager
def recorded(name: str, listener: pace.Listener | None = None) -> Iterator[None]:
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
        with pace.listening(count):
            yield
    except BaseException as error:
        step.failed = True
        step.detail = str(error) or type(error).__name__
        raise
    else:
        step.finished_at = timezone.now()
    finally:
        if not connection.in_atomic_block and connection.is_usable():
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
            with _lock_timeout():
                work()
            return
        except OperationalError as error:
            if not lock_was_not_available(error):
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


@contextmanager
def _lock_timeout() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {LOCK_MS}")
    try:
        yield
    finally:
        if connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


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


def apply(app: str, name: str, say: Callable[[str], None]) -> None:
    """Applies one migration."""

    def work() -> None:
        executor = MigrationExecutor(connection)
        node = executor.loader.graph.nodes[app, name]
        if connection.vendor == "postgresql" and node.atomic and all(each.reduces_to_sql for each in node.operations):
            _apply_sql(executor, node)
        else:
            executor.migrate([(app, name)], plan=[(node, False)])

    gently(f"{app}.{name}", work, say)


def _apply_sql(executor: MigrationExecutor, migration: Migration) -> None:
    """Writes the SQL down first and then runs it at once: locks are held while Django thinks otherwise."""
    # An install of somebody's own has recorded others, too.
    known = [key for key in executor.loader.applied_migrations if key in executor.loader.graph.nodes]
    state = executor.loader.project_state(known)
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(state, editor, collect_sql=True)
    with transaction.atomic(), connection.cursor() as cursor:
        for sql in editor.collected_sql:
            if not sql.startswith("--"):
                cursor.execute(sql)
        executor.recorder.record_applied(migration.app_label, migration.name)
