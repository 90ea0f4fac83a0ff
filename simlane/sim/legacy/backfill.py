"""Every row of the old model gets its identifier, its link and its verification: by the plan's migration 0010.

First one reading statement finds the platform ids that several rows claim. Those rows are written first, then the
others in batches by the pages they lie in, each batch a transaction of its own. A row that is done has an identifier,
so that whatever ends a run, the next one goes on behind it. Rows that the old release writes meanwhile are
sim.legacy.window's business.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import Write, by_key, by_page, in_batches
from simlane.sim.legacy.identifier_sql import fallback_sql, platform_sql
from simlane.sim.legacy.pace import tick

TABLE, CONTESTED = "sim_simprofile", "sim_contestedidentifier"
STEP = "backfill"

LAST_PAGE, ROWS_A_PAGE = 2**32 - 2, 50
#: Every page is gone over so many times, a part of its rows each time: PostgreSQL puts the new versions of a part
#: into the room that the old ones of the part before leave, where the row's other indexes need not know of them.
PARTS = 4
#: What the way back must know; every row of the old model has an owner who made it: the plan's "verified".
NOTE = """INSERT INTO sim_legacyprofile (profile_id, is_verified, upgraded_is_verified)
    SELECT key, was_verified, verified"""
WRITE = f"""UPDATE {TABLE} SET profile_identifier = b.identifier, linked_user_id = b.owner,
    linked_at = CASE WHEN b.owner IS NOT NULL THEN {TABLE}.created_at END,
    is_verified = b.verified, is_public = ({TABLE}.is_public OR NOT b.verified)"""


def run(connection: BaseDatabaseWrapper) -> None:
    """Upgrades every row without an identifier. Raises OperationalError when a row stays locked for a minute."""
    contest(connection)
    if connection.vendor != "postgresql":
        with transaction.atomic(connection.alias):
            rows = _write_at_once(connection, contested=True) + _write_at_once(connection, contested=False)
        tick(STEP, rows)
        return
    write = _prepare(connection, "contested", "bigint", "c.id > COALESCE($1, 0) AND (c.id <= $2 OR $2 IS NULL)")
    while _is_left(connection, f"id IN (SELECT profile_id FROM {CONTESTED})"):
        in_batches(connection, STEP, by_key(connection, CONTESTED), write)
    while _is_left(connection, "true"):
        for part in range(PARTS):
            place = f"p.ctid >= $1 AND p.ctid < $2 AND uuid_hash(p.id) & {PARTS - 1} = {part}"
            write = _by_place(_prepare(connection, f"part_{part}", "tid", place))
            in_batches(connection, STEP, by_page(connection, TABLE, ROWS_A_PAGE // PARTS), write)


def contest(connection: BaseDatabaseWrapper) -> None:
    """Lists every row whose platform id another row claims too; nobody of those is verified.

    Of several new claims the oldest row keeps the id, unless a row had it before.
    """
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # To compile the expressions takes longer than to run them.
            cursor.execute("SET LOCAL jit = off")
        # Tables of their own, with an index: SQLite would look through all rows of a simulator for every row.
        cursor.execute(
            f"""CREATE TEMPORARY TABLE upgrade_held AS SELECT id AS holder, simulator_id AS held_on, profile_identifier
            FROM {TABLE} WHERE profile_identifier <> ''"""
        )
        cursor.execute("CREATE INDEX upgrade_held_key ON upgrade_held (profile_identifier, held_on)")
        cursor.execute(
            f"""CREATE TEMPORARY TABLE upgrade_found AS SELECT * FROM (
                SELECT p.id, p.simulator_id, p.created_at,
                    {platform_sql(connection, "s.slug", "p.profile_data")} AS platform_id
                FROM {TABLE} p JOIN sim_simulator s ON s.id = p.simulator_id WHERE p.profile_identifier = ''
            ) AS every_row WHERE platform_id IS NOT NULL"""
        )
        cursor.execute(
            """CREATE TEMPORARY TABLE upgrade_contested AS
            WITH claimed AS (
                SELECT c.simulator_id, c.platform_id, h.holder
                FROM (SELECT simulator_id, platform_id, count(*) AS claims FROM upgrade_found GROUP BY 1, 2) AS c
                LEFT JOIN upgrade_held h ON h.held_on = c.simulator_id AND h.profile_identifier = c.platform_id
                WHERE c.claims > 1 OR h.holder IS NOT NULL
            )
            SELECT f.id, f.simulator_id, f.platform_id, c.holder,
                row_number() OVER (PARTITION BY f.simulator_id, f.platform_id ORDER BY f.created_at, f.id) AS place
            FROM upgrade_found f JOIN claimed c ON c.simulator_id = f.simulator_id AND c.platform_id = f.platform_id"""
        )
        cursor.execute(
            """INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
            SELECT c.id, c.simulator_id, c.platform_id, c.place = 1 AND c.holder IS NULL FROM upgrade_contested c
            WHERE NOT EXISTS (SELECT 1 FROM sim_contestedidentifier x WHERE x.profile_id = c.id)"""
        )
        cursor.execute(
            """INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
            SELECT DISTINCT c.holder, c.simulator_id, c.platform_id, c.holder IS NOT NULL FROM upgrade_contested c
            WHERE c.holder IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM sim_contestedidentifier x WHERE x.profile_id = c.holder)"""
        )
        # Who held the id before loses the automatic "verified" too; hidden, it stays as its owner wanted it.
        cursor.execute(
            f"""CREATE TEMPORARY TABLE upgrade_doubted AS
            SELECT DISTINCT p.id FROM upgrade_contested c
            JOIN {TABLE} p ON p.id = c.holder
            JOIN sim_legacyprofile l ON l.profile_id = p.id
            WHERE p.is_verified AND l.upgraded_is_verified AND p.is_public AND p.linked_at = p.created_at"""
        )
        for table, column, key in (
            (TABLE, "is_verified", "id"),
            ("sim_legacyprofile", "upgraded_is_verified", "profile_id"),
        ):
            false = "false" if connection.vendor == "postgresql" else "0"
            cursor.execute(f"UPDATE {table} SET {column} = {false} WHERE {key} IN (SELECT id FROM upgrade_doubted)")
        for name in ("doubted", "contested", "found", "held"):
            cursor.execute(f"DROP TABLE upgrade_{name}")


def _source(connection: BaseDatabaseWrapper, *, contested: bool) -> str:
    """What a row becomes, of the rows that have no identifier yet; of the contested ones `c` is the note."""
    fallback = fallback_sql(connection, "p.profile_name", "p.id")
    identifier = f"COALESCE({platform_sql(connection, 's.slug', 'p.profile_data')}, {fallback})"
    verified, join = "p.user_id IS NOT NULL", ""
    if contested:
        identifier = f"CASE WHEN c.keeps_identifier THEN {identifier} ELSE {fallback} END"
        verified, join = "1 = 0", f"JOIN {CONTESTED} c ON c.profile_id = p.id"
    return f"""p.id AS key, p.user_id AS owner, p.is_verified AS was_verified,
            {identifier} AS identifier, {verified} AS verified
        FROM {TABLE} p JOIN sim_simulator s ON s.id = p.simulator_id {join}
        WHERE p.profile_identifier = ''"""


def _write_at_once(connection: BaseDatabaseWrapper, *, contested: bool) -> int:
    """All rows, on SQLite."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE upgrade_batch AS SELECT {_source(connection, contested=contested)}")
        cursor.execute("CREATE INDEX upgrade_batch_key ON upgrade_batch (key)")
        cursor.execute(f"{NOTE} FROM upgrade_batch WHERE owner IS NOT NULL")
        cursor.execute(f"{WRITE} FROM upgrade_batch b WHERE {TABLE}.id = b.key")
        rows = int(cursor.rowcount)
        cursor.execute("DROP TABLE upgrade_batch")
    return rows


def _prepare(connection: BaseDatabaseWrapper, kind: str, places: str, place: str) -> Write:
    """A batch on PostgreSQL: one statement, planned once, for the rows at `place`, a condition of $1 and $2.

    A row that somebody changed since the statement began is another version, and left for the next time. `ctid` alone
    would not tell: before its releases of autumn 2025 PostgreSQL did not look at it again after waiting for a row.
    """
    source = (
        f"SELECT p.ctid AS place, p.xmin AS version, {_source(connection, contested=kind == 'contested')} AND {place}"
    )
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        cursor.execute(
            f"""PREPARE sim_upgrade_{kind} ({places}, {places}) AS
            WITH batch AS MATERIALIZED ({source}),
            written AS (
                {WRITE} FROM batch b WHERE {TABLE}.ctid = b.place AND {TABLE}.xmin = b.version
                RETURNING b.key, b.owner, b.was_verified, b.verified
            ), noted AS ({NOTE} FROM written WHERE owner IS NOT NULL)
            SELECT count(*) FROM written"""
        )

    def write(low: Any, high: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"EXECUTE sim_upgrade_{kind} (%s, %s)", [low, high])
            return int(cursor.fetchone()[0])

    return write


def _by_place(write: Write) -> Write:
    """From page numbers to places of rows."""

    def by_page(low: int | None, high: int | None) -> int:
        return write(f"({low or 0},0)", f"({LAST_PAGE if high is None else high},0)")

    return by_page


def _is_left(connection: BaseDatabaseWrapper, which: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {TABLE} WHERE profile_identifier = '' AND {which})")
        return bool(cursor.fetchone()[0])
