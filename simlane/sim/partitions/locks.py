"""A strong lock on the laps is asked for briefly and again, so that nobody who uses the site waits long behind it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.core.management.base import CommandError
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError

from simlane.sim.legacy.batches import passes
from simlane.sim.partitions.tables import TABLE, TREE

#: Whoever queues behind a statement that waits for its lock waits that long (ms).
LOCK_MS = 80
#: An import or a vacuum may hold the laps for minutes.
PATIENCE_SECONDS = 900.0
Say = Callable[[str], None]
Result = TypeVar("Result")


def patiently(
    connection: BaseDatabaseWrapper,
    what: str,
    work: Callable[[], Result],
    say: Say,
    patience: float = PATIENCE_SECONDS,
) -> Result:
    """Calls `work` in a transaction with a short lock timeout, again until it got its locks.

    Raises CommandError with who holds them when that takes longer than `patience` (seconds).
    """
    until, pause, told = time.monotonic() + patience, 0.1, False
    while True:
        try:
            with transaction.atomic(connection.alias):
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
                return work()
        except OperationalError as error:
            if not passes(error):
                raise
            if time.monotonic() > until:
                raise CommandError(
                    f"{what} did not get its lock in {patience:.0f} s: {_holders(connection)} holds {TABLE}. End it, "
                    "then run the same command again: it goes on from here."
                ) from error
        if not told:
            say(f"{what}: another transaction has the laps; trying again until it ends.")
            told = True
        time.sleep(pause)
        pause = min(1.0, pause * 1.5)


def _holders(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT a.pid, a.backend_type, now() - a.xact_start FROM pg_locks l
            JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.granted AND a.pid <> pg_backend_pid()
                AND l.relation IN ({TREE})""",
            {"table": TABLE},
        )
        # Of other roles' processes an ordinary one sees the number alone.
        found = [f"process {pid}" + (f" ({kind}, {age})" if kind else "") for pid, kind, age in cursor.fetchall()]
    return ", ".join(found) or "a transaction that has just ended"
