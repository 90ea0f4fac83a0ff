"""New partitions before they are needed. Where none was made in time the open one at the end takes the laps."""

from __future__ import annotations

import logging
from itertools import pairwise

from django.db import connection as default
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.partitions.locks import Say, patiently
from simlane.sim.partitions.tables import (
    AHEAD,
    MOVE,
    SIZE,
    TABLE,
    TAIL,
    Partition,
    is_partitioned,
    kind,
    last_entry,
    make_partition,
    name_of,
    owner_may,
    partitions,
)

END = "sim_lap_tail_end"
#: The daily work asks again tomorrow.
DAILY_PATIENCE_SECONDS = 20.0
logger = logging.getLogger("simlane.partitions")


def extend_daily() -> None:
    """The daily work: nothing where laps are one table, a line in the log where this database user may not."""
    if not is_partitioned(default) or kind(default, MOVE):
        return
    found = partitions(default)
    if not wanted(default, found):
        return
    if not owner_may(default):
        logger.warning(
            "partitions: the laps need new ones, and belong to another role: run manage.py partition_laps extend as it"
        )
        return
    extend(default, logger.info, DAILY_PATIENCE_SECONDS)


def size_of_one(found: list[Partition]) -> int:
    """How many entries the newest closed partition holds: new ones are alike."""
    return next((each.high - each.low for each in reversed(found) if each.high is not None), SIZE)


def wanted(connection: BaseDatabaseWrapper, found: list[Partition]) -> list[int]:
    """Where missing partitions begin, and behind them the open one does; empty when enough of them stand ready."""
    size, last, tail = size_of_one(found), last_entry(connection), found[-1]
    until = last - last % size + size * (AHEAD + 1)
    return list(range(tail.low, until + 1, size)) if tail.low < until else []


def extend(connection: BaseDatabaseWrapper, say: Say, patience: float) -> int:
    """Makes the partitions that are missing; returns how many. A last partition that has laps is closed first.

    Raises CommandError when the laps stay locked for longer than `patience` (seconds).
    """
    if not (lows := wanted(connection, partitions(connection))):
        return 0
    if not patiently(connection, "Making partitions", lambda: _before_tail(connection, lows), say, patience):
        _close_tail(connection, say, patience)
    return len(lows) - 1


def _before_tail(connection: BaseDatabaseWrapper, lows: list[int]) -> bool:
    """Where the last one is empty, which no lock has to prove for long; False where it is not."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TAIL} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {TAIL})")
        if cursor.fetchone()[0]:
            return False
        cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {TAIL}")
        for low, high in pairwise(lows):
            make_partition(cursor, TABLE, name_of(low), low, high)
        cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {TAIL} FOR VALUES FROM ({lows[-1]}) TO (MAXVALUE)")
    return True


def _close_tail(connection: BaseDatabaseWrapper, say: Say, patience: float) -> None:
    """Gives the last one, which has laps, an end. A check proves it beforehand, so nothing is looked at under a lock.

    From then on the check refuses later entries, so the end is behind all partitions that would stand ready, and the
    check goes again whatever happens.
    """
    lows = wanted(connection, partitions(connection))
    low, high = lows[0], lows[-1]

    def check() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TAIL} DROP CONSTRAINT IF EXISTS {END}")
            cursor.execute(f"ALTER TABLE {TAIL} ADD CONSTRAINT {END} CHECK (entry_id < {high}) NOT VALID")

    def drop(table: str = TAIL) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {END}")

    def close() -> None:
        with connection.cursor() as cursor:
            name = name_of(low)
            cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
            cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {TAIL}")
            cursor.execute(f"ALTER TABLE {TAIL} RENAME TO {name}")
            cursor.execute(f"ALTER INDEX {TAIL}_pkey RENAME TO {name}_pkey")
            cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})")
            drop(name)
            make_partition(cursor, TABLE, TAIL, high, None)

    say(f"{TAIL} has laps: it gets an end.")
    try:
        patiently(connection, "Closing it", check, say, patience)
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TAIL} VALIDATE CONSTRAINT {END}")
        patiently(connection, "Closing it", close, say, patience)
    except BaseException:
        patiently(connection, "Opening it again", drop, say, patience)
        raise
