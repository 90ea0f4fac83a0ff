"""The move of the laps from one table into partitions, and back by the same way, while the site reads and writes them.

A second table is filled in batches while triggers write into it what is written into the first. Both are compared,
range by range, each range in one statement; then the names are changed in one short transaction. Interrupted anywhere,
the same command goes on; the opposite one ends what was begun.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.core.management.base import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import by_key, in_batches
from simlane.sim.legacy.progress import report_progress
from simlane.sim.legacy.rights import with_owners_rights
from simlane.sim.partitions.locks import Say, patiently
from simlane.sim.partitions.tables import (
    AHEAD,
    MOVE,
    NEW,
    OLD,
    TABLE,
    TAIL,
    columns,
    first_lap,
    kind,
    last_entry,
    make_partition,
    name_of,
    share,
)

COPY, COMPARE = "laps copied", "laps compared"
#: Rows that are compared in one statement, which holds a snapshot for about a second.
COMPARED_AT_ONCE = 200_000
MIRROR = "sim_lap_mirror"
#: With the rows of one statement at a time: an import writes thousands.
TRIGGERS = {
    f"{MIRROR}_insert": "INSERT ON {table} REFERENCING NEW TABLE AS written",
    f"{MIRROR}_update": "UPDATE ON {table} REFERENCING OLD TABLE AS gone NEW TABLE AS written",
    f"{MIRROR}_delete": "DELETE ON {table} REFERENCING OLD TABLE AS gone",
}


def move(connection: BaseDatabaseWrapper, wanted: str, size: int, say: Say) -> bool:
    """Makes the laps partitioned (`p`, by `size` entries) or one table (`r`); False when they are already.

    Raises CommandError when the laps were changed meanwhile in a way that the copy has not.
    """
    drop_old(connection, say)
    moving = bool(kind(connection, MOVE))
    if kind(connection) == wanted:
        if moving:
            abandon(connection, say)
            say("The unfinished way there is ended.")
        return moving
    if not moving:
        say("Making the new tables.")
        patiently(connection, "Making them", lambda: _make(connection, wanted, size), say)
    _check_columns(connection)
    patiently(connection, "Watching the laps", lambda: _mirror(connection), say)
    if not _state(connection)[1]:
        _copy(connection)
    _compare(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {NEW}")
    patiently(connection, "Changing the names", lambda: _swap(connection), say)
    drop_old(connection, say)
    return True


def drop_old(connection: BaseDatabaseWrapper, say: Say) -> None:
    """Drops the table of before the last move, whose rows were all found in the one that took its place."""

    def drop() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {OLD}")

    if kind(connection, OLD):
        patiently(connection, f"Dropping {OLD}", drop, say)


def abandon(connection: BaseDatabaseWrapper, say: Say) -> None:
    """Ends a move that was begun: the laps stay as they are."""

    def drop() -> None:
        with connection.cursor() as cursor:
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {TABLE}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {MIRROR}()")
            cursor.execute(f"DROP TABLE IF EXISTS {NEW}, {MOVE}")

    patiently(connection, "Ending the move", drop, say)


def progress(connection: BaseDatabaseWrapper) -> int | None:
    """The entry up to which a move has copied; None when there is no move."""
    return _state(connection)[0] if kind(connection, MOVE) else None


def boundaries(first: int, last: int, size: int) -> list[int]:
    """Where partitions of `size` entries begin, and behind the last of them where the open one does."""
    start = first - first % size
    return list(range(start, last - last % size + size * (AHEAD + 1) + 1, size))


def _make(connection: BaseDatabaseWrapper, wanted: str, size: int) -> None:
    last = last_entry(connection)
    first = first_lap(connection)
    with connection.cursor() as cursor:
        partitioned = "PARTITION BY RANGE (entry_id)" if wanted == "p" else ""
        cursor.execute(f"CREATE TABLE {NEW} (LIKE {TABLE} INCLUDING ALL) {partitioned}")
        share(cursor, NEW)
        if wanted == "p":
            lows = boundaries(last if first is None else first, last, size)
            for low, high in pairwise(lows):
                make_partition(cursor, NEW, name_of(low), low, high)
            make_partition(cursor, NEW, TAIL, lows[-1], None)
        cursor.execute(f"CREATE TABLE {MOVE} (copied_to bigint NOT NULL, finished boolean NOT NULL)")
        cursor.execute(f"INSERT INTO {MOVE} VALUES (-1, false)")


def _check_columns(connection: BaseDatabaseWrapper) -> None:
    if columns(connection) != columns(connection, NEW):
        raise CommandError(
            f"The columns of {TABLE} have changed since the move began, by a migration. End it by the opposite command "
            "(back for run, run for back), then begin anew."
        )


def _mirror(connection: BaseDatabaseWrapper) -> None:
    """From its commit on everything that is written is written into both: the lock waits for who writes already."""
    names = columns(connection)
    values = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE OR REPLACE FUNCTION {MIRROR}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP <> 'INSERT' THEN
                DELETE FROM {NEW} t USING gone WHERE t.entry_id = gone.entry_id AND t.number = gone.number;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO {NEW} ({", ".join(names)}) SELECT {", ".join(names)} FROM written
                ON CONFLICT (entry_id, number) DO UPDATE SET {values};
            END IF;
            RETURN NULL;
            END $$"""
        )
        with_owners_rights(connection, [f"{MIRROR}()"])
        for name, event in TRIGGERS.items():
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER {name} AFTER {event.format(table=TABLE)} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {MIRROR}()"
            )


def _state(connection: BaseDatabaseWrapper) -> tuple[int, bool]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT copied_to, finished FROM {MOVE}")
        copied_to, finished = cursor.fetchone()
    return copied_to, finished


def _copy(connection: BaseDatabaseWrapper) -> None:
    """Range by range. The rows are held meanwhile: one that goes at that moment waits, and goes from both."""
    names = ", ".join(columns(connection))
    start, next_key = _state(connection)[0], by_key(connection, TABLE, "entry_id")

    def behind(low: Any, size: int) -> Any:
        return next_key(start if low is None else low, size)

    def write(low: Any, high: Any) -> int:
        upper, parameters = ("AND entry_id <= %s", [high]) if high is not None else ("", [])
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {NEW} ({names}) SELECT {names} FROM {TABLE} WHERE entry_id > %s {upper} FOR KEY SHARE "
                "ON CONFLICT DO NOTHING",
                [start if low is None else low, *parameters],
            )
            rows = int(cursor.rowcount)
            cursor.execute(
                f"UPDATE {MOVE} SET copied_to = COALESCE(%s, copied_to), finished = %s", [high, high is None]
            )
            return rows

    in_batches(connection, COPY, behind, write)


def _compare(connection: BaseDatabaseWrapper) -> None:
    """Counts and a checksum of both, of each range in one statement: whoever writes meanwhile writes both at once."""
    names, next_key = ", ".join(columns(connection)), by_key(connection, TABLE, "entry_id")
    low: int | None = None
    while True:
        high = next_key(low, COMPARED_AT_ONCE)
        ends = {"entry_id > %s": low, "entry_id <= %s": high}
        given = {end: value for end, value in ends.items() if value is not None}
        where = " AND ".join(given) or "true"
        sums = [
            f"(SELECT count(*) AS rows, bit_xor(hash_record_extended(ROW({names}), 0)) AS sum FROM {table} "
            f"WHERE {where}) AS {alias}"
            for table, alias in ((TABLE, "before"), (NEW, "after"))
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT before.rows, before.sum, after.rows, after.sum FROM {', '.join(sums)}",
                [*given.values(), *given.values()],
            )
            rows, checksum, *after = cursor.fetchone()
        if after != [rows, checksum]:
            raise CommandError(
                f"The copy differs behind entry {low} up to {high}: {rows:,} laps, {after[0]:,} in the copy. Nothing "
                "was changed. End the move by the opposite command (back for run, run for back), then begin anew."
            )
        report_progress(COMPARE, rows)
        if high is None:
            return
        low = high


def _swap(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        _check_columns(connection)
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name} ON {TABLE}")
        cursor.execute(f"DROP FUNCTION {MIRROR}()")
        pairs = list(zip(_indexes(connection, TABLE), _indexes(connection, NEW), strict=True))
        cursor.execute(f"ALTER TABLE {TABLE} RENAME TO {OLD}")
        cursor.execute(f"ALTER TABLE {NEW} RENAME TO {TABLE}")
        q = connection.ops.quote_name
        for before, after in pairs:
            # Migrations know indexes by their names; that of the key is its constraint's, too.
            cursor.execute(f"ALTER INDEX {q(before)} RENAME TO {q(f'{before[:59]}_old')}")
            cursor.execute(f"ALTER INDEX {q(after)} RENAME TO {q(before)}")
        cursor.execute(f"DROP TABLE {MOVE}")


def _indexes(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """In the order they were made in: LIKE makes them in that of the table it copies."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = to_regclass(%s) ORDER BY c.oid""",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]
