"""Writing all rows of a table that others write too: small transactions, which give way."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import IntegrityError, OperationalError

from simlane.sim.legacy.progress import report_progress
from simlane.sim.legacy.recorded import ADVISORY, HOLDERS

#: What a batch may take, in seconds: whoever writes one of its rows waits that long.
BATCH_SECONDS = 0.06
FIRST, SMALLEST, LARGEST = 500, 100, 10_000
#: SQLite has one writer, and nobody else writes during its upgrade.
ALONE = 5000
#: Give up on a batch before PostgreSQL's own look for deadlocks, which could end the other side (ms).
LOCK_MS = 60
LOCK_TRIES = 600
#: Rows that others hold are looked at so often (seconds), and so long without one of them becoming free.
LOOK_EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 900
#: So many of them at a time.
HELD_AT_ONCE = 1000
SETTINGS = {
    "lock_timeout": LOCK_MS,
    # Past the triggers that are for others: sim.legacy.dual_write.
    "simlane.upgrade": "on",
    # A batch is found by its keys: for some hundred rows the planner would rather read a whole table.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
#: The advisory lock that an import of results holds while it stores.
IMPORT = 0x51_4D_4C_41
#: PostgreSQL numbers no page higher.
LAST_PAGE = 2**32 - 2
LOCK_NOT_AVAILABLE, DEADLOCK, OTHER_END_GONE = "55P03", "40P01", "23503"

#: Writes what is to be written behind the first place and up to the second, either of which may be missing for the
#: beginning or the end of the table, but for rows that others hold; returns how many rows that were.
Write = Callable[[Any, Any], int]
#: The place about so many rows behind another one, or None when fewer are left.
Behind = Callable[[Any, int], Any]
#: Some keys of rows that are still to be written, and what writes those of them that nobody holds.
Left = Callable[[], list[Any]]
WriteKeys = Callable[[list[Any]], int]


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of an error, or an empty text: without a connection there is none."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def passes(error: BaseException) -> bool:
    """Whether the same transaction may succeed in a moment: a lock was not free after `lock_timeout`, a deadlock."""
    return sqlstate(error) in {LOCK_NOT_AVAILABLE, DEADLOCK}


def keep_out_imports(connection: BaseDatabaseWrapper) -> None:
    """Waits for an import of results to store its batch; the next one waits until the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT])


def in_batches(connection: BaseDatabaseWrapper, step: str, behind: Behind, write: Write) -> None:
    """Calls `write` for one range after the other, each in a transaction that fits into `BATCH_SECONDS`.

    Raises OperationalError when the table stays locked for about a minute.
    """
    low, size = None, FIRST if connection.vendor == "postgresql" else ALONE
    while True:
        high = behind(low, size)
        started = time.monotonic()
        rows = _written(connection, partial(write, low, high))
        seconds = time.monotonic() - started
        if rows:
            report_progress(step, rows)
        if high is None:
            return
        low = high
        if connection.vendor == "postgresql":
            size = max(SMALLEST, min(LARGEST, round(size * min(2.0, BATCH_SECONDS / seconds))))


def come_back(connection: BaseDatabaseWrapper, step: str, left: Left, write: WriteKeys) -> None:
    """Writes what the batches passed by because others held it, each row as soon as it is free.

    Raises CommandError when none of them becomes free within `PATIENCE_SECONDS`.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while keys := left():
        if rows := _written(connection, partial(write, keys)):
            report_progress(step, rows)
            until = time.monotonic() + PATIENCE_SECONDS
        elif time.monotonic() > until:
            raise CommandError(
                f"{step}: others hold rows for more than {PATIENCE_SECONDS} s ({_oldest(connection)}). End those "
                "transactions, then run the same command again: it goes on from here."
            )
        else:
            time.sleep(LOOK_EVERY_SECONDS)


def _oldest(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT pid, now() - xact_start FROM pg_stat_activity WHERE datname = current_database()
            AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL
            AND pid <> ALL (ARRAY({HOLDERS})) ORDER BY xact_start LIMIT 5""",
            [ADVISORY],
        )
        return ", ".join(f"process {pid} since {age}" for pid, age in cursor.fetchall()) or "of no open transaction"


def by_key(connection: BaseDatabaseWrapper, table: str, key: str = "id") -> Behind:
    """Ranges of the table's keys, read from their index alone."""

    def behind(low: Any, size: int) -> Any:
        after, parameters = (f"WHERE {key} > %s", [low]) if low is not None else ("", [])
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {key} FROM {table} {after} ORDER BY {key} LIMIT 1 OFFSET {size - 1}", parameters)
            row = cursor.fetchone()
        return row[0] if row else None

    return behind


def by_page(connection: BaseDatabaseWrapper, table: str, rows_a_page: int) -> Behind:
    """Ranges of the pages PostgreSQL keeps the table in now: rows that lie together, whatever their keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s) / current_setting('block_size')::int", [table])
        pages = cursor.fetchone()[0]

    def behind(low: int | None, size: int) -> int | None:
        high = (low or 0) + max(1, size // rows_a_page)
        return high if high < pages else None

    return behind


def _written(connection: BaseDatabaseWrapper, write: Callable[[], int]) -> int:
    for tries_left in reversed(range(LOCK_TRIES)):
        try:
            with transaction.atomic(connection.alias):
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in SETTINGS.items()))
                return write()
        except (OperationalError, IntegrityError) as error:
            # What a row points at was deleted between the batch's look and its commit: the next look finds it gone.
            if not tries_left or not (passes(error) or sqlstate(error) == OTHER_END_GONE):
                raise
            time.sleep(LOCK_MS / 1000)
    raise AssertionError("the last try raises")
