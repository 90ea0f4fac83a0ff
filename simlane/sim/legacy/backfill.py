"""Every row of the old model gets its identifier, its link and its verification: by the plan's migration 0010.

First one reading statement finds the platform ids that several rows claim. Those rows are written first, then the
others in batches by the pages they lie in, each batch a transaction of its own. A row that is done has an identifier,
so that whatever ends a run, the next one goes on behind it. Rows that the old release writes meanwhile are
sim.legacy.dual_write's business.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import HELD_AT_ONCE, LAST_PAGE, Write, by_key, by_page, come_back, in_batches
from simlane.sim.legacy.identifier_sql import fallback_sql, platform_sql
from simlane.sim.legacy.progress import report_progress

TABLE, CONTESTED = "sim_simprofile", "sim_contestedidentifier"
STEP = "backfill"

#: Of a row `p`.
IS_CONTESTED = f"EXISTS (SELECT 1 FROM {CONTESTED} x WHERE x.profile_id = p.id)"
ROWS_A_PAGE = 50
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
    """Upgrades every row without an identifier. Raises CommandError when one stays locked for `PATIENCE_SECONDS`."""
    contest(connection)
    if connection.vendor != "postgresql":
        with transaction.atomic(connection.alias):
            rows = _write_at_once(connection, contested=True) + _write_at_once(connection, contested=False)
        report_progress(STEP, rows)
        return
    in_batches(connection, STEP, by_key(connection, CONTESTED), _by_note(connection))
    # Those that others hold come last, and are still no ordinary rows.
    ordinary = f"NOT {IS_CONTESTED}" if _left(connection, IS_CONTESTED) else "true"
    for part in range(PARTS):
        write = _by_page(connection, f"uuid_hash(p.id) & {PARTS - 1} = {part} AND {ordinary}")
        in_batches(connection, STEP, by_page(connection, TABLE, ROWS_A_PAGE // PARTS), write)

    def write_keys(keys: list[Any]) -> int:
        chosen = "p.id = ANY(%s)"
        return _write(connection, chosen, [keys], contested=True) + _write(
            connection, f"{chosen} AND NOT {IS_CONTESTED}", [keys]
        )

    come_back(connection, STEP, lambda: _left(connection, "true"), write_keys)


def contest(connection: BaseDatabaseWrapper) -> None:
    """Lists every row whose platform id another row claims too; nobody of those is verified.

    Of several new claims the oldest row keeps the id, unless a row had it before.
    """
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # To compile the expressions takes longer than to run them. Reading them is worth another core, which the
            # planner, who takes them for cheap, would not ask for.
            cursor.execute("SET LOCAL jit = off; SET LOCAL parallel_tuple_cost = 0; SET LOCAL parallel_setup_cost = 0")
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


def _write(connection: BaseDatabaseWrapper, where: str, parameters: list[Any], *, contested: bool = False) -> int:
    """One statement on PostgreSQL for the rows that `where` says and nobody else holds; returns how many.

    A row that somebody changed since the statement began is locked in its new version, which `ctid` and `xmin` are
    of then; the UPDATE does not see that one, and leaves it for `come_back`.
    """
    source = f"SELECT p.ctid AS place, p.xmin AS version, {_source(connection, contested=contested)} AND {where}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH batch AS MATERIALIZED ({source} FOR NO KEY UPDATE OF p SKIP LOCKED),
            written AS (
                {WRITE} FROM batch b WHERE {TABLE}.ctid = b.place AND {TABLE}.xmin = b.version
                RETURNING b.key, b.owner, b.was_verified, b.verified
            ), noted AS ({NOTE} FROM written WHERE owner IS NOT NULL)
            SELECT count(*) FROM written""",
            parameters,
        )
        return int(cursor.fetchone()[0])


def _by_note(connection: BaseDatabaseWrapper) -> Write:
    """The contested rows, by the keys of their notes."""

    def write(low: int | None, high: int | None) -> int:
        ends = {"c.id > %s": low, "c.id <= %s": high}
        given = {condition: key for condition, key in ends.items() if key is not None}
        return _write(connection, " AND ".join(["true", *given]), list(given.values()), contested=True)

    return write


def _by_page(connection: BaseDatabaseWrapper, which: str) -> Write:
    """The rows that lie in some pages."""

    def write(low: int | None, high: int | None) -> int:
        places = [f"({low or 0},0)", f"({LAST_PAGE if high is None else high},0)"]
        return _write(connection, f"p.ctid >= %s::tid AND p.ctid < %s::tid AND {which}", places)

    return write


def _left(connection: BaseDatabaseWrapper, which: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT p.id FROM {TABLE} p WHERE profile_identifier = '' AND {which} LIMIT {HELD_AT_ONCE}")
        return [key for (key,) in cursor.fetchall()]
