"""The tables of the laps as they are in the database: one table or partitions, and a move from one to the other.

The parent is always called `sim_lap`. A partition is called for the first entry it may hold, the last one is open: an
import finds room whatever the daily work has not done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

TABLE, TAIL = "sim_lap", "sim_lap_tail"
#: The other table during a move, the one of before after it, and how far the move is.
NEW, OLD, MOVE = "sim_lap_new", "sim_lap_old", "sim_lap_move"
#: Entries of a partition: about 20 million laps, 2 GB with their key. A hundred of them cost a query's planning little.
SIZE = 1_000_000
#: How many partitions stand ready behind the one that is being filled.
AHEAD = 4
#: A table and its partitions; of one that has none pg_partition_tree() says nothing.
TREE = "SELECT to_regclass(%(table)s) UNION SELECT relid FROM pg_partition_tree(%(table)s)"
_BOUNDS = re.compile(r"FROM \('?(-?\d+)'?\) TO \((?:'?(-?\d+)'?|MAXVALUE)\)")
#: The comment on a partition that an archive has taken out.
TAKEN_OUT = "entries {low}-{high}"
_TAKEN_OUT = re.compile(r"entries (\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Partition:
    """Holds the laps of entries from `low` on and before `high`, which is None for the last one."""

    name: str
    low: int
    high: int | None
    #: As the server estimates them; what they take on disk with their key.
    rows: int
    bytes: int


def name_of(low: int) -> str:
    """What the partition from that entry on is called."""
    return f"{TABLE}_p{low}"


def kind(connection: BaseDatabaseWrapper, table: str = TABLE) -> str:
    """`r` for one table, `p` for a partitioned one, empty when it is not there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", [table])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def is_partitioned(connection: BaseDatabaseWrapper) -> bool:
    """Whether the laps are in partitions now; never on SQLite."""
    return connection.vendor == "postgresql" and kind(connection) == "p"


def partitions(connection: BaseDatabaseWrapper, parent: str = TABLE) -> list[Partition]:
    """Those of a partitioned table, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), greatest(c.reltuples, 0)::bigint,
                pg_total_relation_size(c.oid)
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s)""",
            [parent],
        )
        found = []
        for name, bounds, rows, size in cursor.fetchall():
            if match := _BOUNDS.search(bounds):
                found.append(Partition(name, int(match[1]), int(match[2]) if match[2] else None, rows, size))
    return sorted(found, key=lambda partition: partition.low)


def detached(connection: BaseDatabaseWrapper) -> list[tuple[str, int, int]]:
    """Tables that an interrupted `archive` has taken out and not yet dropped, each with its first entry and its end."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname, obj_description(oid, 'pg_class') FROM pg_class
            WHERE relname LIKE %s AND NOT relispartition AND pg_table_is_visible(oid) ORDER BY oid""",
            [f"{TABLE}\\_p%"],
        )
        found = [(name, _TAKEN_OUT.fullmatch(comment or "")) for name, comment in cursor.fetchall()]
    return [(name, int(match[1]), int(match[2])) for name, match in found if match]


def columns(connection: BaseDatabaseWrapper, table: str = TABLE) -> list[str]:
    """Its columns, quoted where they must be, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT quote_ident(attname) FROM pg_attribute
            WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def size_of(connection: BaseDatabaseWrapper, table: str = TABLE) -> tuple[int, int]:
    """About how many rows it has, and the bytes it takes with its keys and partitions."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT sum(greatest(reltuples, 0))::bigint, sum(pg_total_relation_size(oid))::bigint
            FROM pg_class WHERE relkind = 'r' AND oid IN ({TREE})""",
            {"table": table},
        )
        rows, size = cursor.fetchone()
    return rows or 0, size or 0


def last_entry(connection: BaseDatabaseWrapper) -> int:
    """The newest entry that is committed, 0 without one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM sim_entry")
        return int(cursor.fetchone()[0])


def first_lap(connection: BaseDatabaseWrapper) -> int | None:
    """The first entry that has laps."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(entry_id) FROM {TABLE}")
        found: int | None = cursor.fetchone()[0]
    return found


def owner_may(connection: BaseDatabaseWrapper) -> bool:
    """Whether this database user has the rights of the owner of the laps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)", [TABLE])
        return bool(cursor.fetchone()[0])


def make_partition(cursor: CursorWrapper, parent: str, name: str, low: int, high: int | None) -> None:
    """Makes an empty one, with the grants of the laps."""
    upper = "MAXVALUE" if high is None else str(high)
    cursor.execute(f"CREATE TABLE {name} PARTITION OF {parent} FOR VALUES FROM ({low}) TO ({upper})")
    share(cursor, name)


def share(cursor: CursorWrapper, table: str) -> None:
    """Gives a new table exactly the grants that `sim_lap` has: `pg_dump` reads each partition by its own name."""
    cursor.execute(
        """SELECT DISTINCT format('REVOKE ALL ON %%s FROM %%s', c.oid::regclass,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
        FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass(%(new)s) AND a.grantee <> c.relowner
        UNION ALL
        SELECT format('GRANT %%s ON %%s TO %%s', a.privilege_type, to_regclass(%(new)s),
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
        FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass(%(like)s) AND a.grantee <> c.relowner""",
        {"new": table, "like": TABLE},
    )
    # A UNION ALL keeps its order: what is taken away comes first.
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)
