"""Writing all rows of a table that others write too: small transactions, which give way."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError

from simlane.sim.legacy.pace import tick

#: What a batch may take, in seconds: whoever writes one of its rows waits that long.
BATCH_SECONDS = 0.04
FIRST, SMALLEST, LARGEST = 500, 100, 10_000
#: SQLite has one writer, and nobody else writes during its upgrade.
ALONE = 5000
#: Give up on a batch before PostgreSQL's own look for deadlocks, which could end the other side (ms).
LOCK_MS = 60
LOCK_TRIES = 600
LOCK_NOT_AVAILABLE = "55P03"

#: Writes the rows behind a key, at most so many, and returns the last key and their number; None at the end.
Write = Callable[[Any, int], tuple[Any, int] | None]


def lock_was_not_available(error: BaseException) -> bool:
    """Whether PostgreSQL gave up on a lock after `lock_timeout`."""
    return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE


def in_batches(connection: BaseDatabaseWrapper, step: str, write: Write) -> None:
    """Calls `write` until nothing is left, each time in a transaction of its own that fits into `BATCH_SECONDS`.

    Raises OperationalError when a row stays locked for about a minute.
    """
    size, last = (FIRST, None) if connection.vendor == "postgresql" else (ALONE, None)
    while found := _written(connection, write, last, size):
        last, rows, seconds = found
        tick(step, rows)
        if connection.vendor == "postgresql":
            size = max(SMALLEST, min(LARGEST, round(size * min(2.0, BATCH_SECONDS / seconds))))


def _written(connection: BaseDatabaseWrapper, write: Write, last: Any, size: int) -> tuple[Any, int, float] | None:
    for tries_left in reversed(range(LOCK_TRIES)):
        started = time.monotonic()
        try:
            with transaction.atomic(connection.alias):
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
                        cursor.execute("SET LOCAL simlane.upgrade = 'on'")
                found = write(last, size)
        except OperationalError as error:
            if not lock_was_not_available(error) or not tries_left:
                raise
            size = SMALLEST
            time.sleep(LOCK_MS / 1000)
            continue
        return (*found, time.monotonic() - started) if found else None
    return None
