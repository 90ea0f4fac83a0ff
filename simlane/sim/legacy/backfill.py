"""Every row of the old model gets its identifier, its link and its verification: by the plan's migration 0010.

First one reading statement finds the platform ids that several rows claim; then the rows follow in batches by the
pages they lie in, each batch a transaction of its own. A row that is done has an identifier, so that whatever ends a
run, the next one goes on behind it. Rows that the old release writes meanwhile are sim.legacy.window's business.
"""

from __future__ import annotations

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import Write, by_page, in_batches
from simlane.sim.legacy.identifier_sql import fallback_sql, platform_sql
from simlane.sim.legacy.pace import tick

TABLE = "sim_simprofile"
STEP = "backfill"

LAST_PAGE = 2**32 - 2
#: What the way back must know; every row of the old model has an owner who made it: the plan's "verified".
NOTE = """INSERT INTO sim_legacyprofile (profile_id, is_verified, upgraded_is_verified)
    SELECT key, was_verified, verified"""
WRITE = f"""UPDATE {TABLE} SET profile_identifier = b.identifier, linked_user_id = b.owner,
    linked_at = CASE WHEN b.owner IS NOT NULL THEN {TABLE}.created_at END,
    is_verified = b.verified, is_public = ({TABLE}.is_public OR NOT b.verified)"""


def run(connection: BaseDatabaseWrapper) -> None:
    """Upgrades every row without an identifier. Raises OperationalError when a row stays locked for a minute."""
    contest(connection)
    if connection.vendor == "postgresql":
        while not _is_done(connection):
            in_batches(connection, STEP, by_page(connection, TABLE), _write(connection))
    else:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE upgrade_batch AS SELECT {_source(connection)}")
            cursor.execute("CREATE INDEX upgrade_batch_key ON upgrade_batch (key)")
            cursor.execute(f"{NOTE} FROM upgrade_batch WHERE owner IS NOT NULL")
            cursor.execute(f"{WRITE} FROM upgrade_batch b WHERE {TABLE}.id = b.key")
            rows = cursor.rowcount
            cursor.execute("DROP TABLE upgrade_batch")
        tick(STEP, rows)


def contest(connection: BaseDatabaseWrapper) -> None:
    """Lists every row whose platform id another row claims too; nobody of those is verified.

    Of several new claims the oldest row keeps the id, unless a row had it before.
    """
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        # Tables of their own, with an index: SQLite would look through all rows of a simulator for every row.
        cursor.execute(
            f"""CREATE TEMPORARY TABLE upgrade_held AS SELECT id AS holder, simulator_id AS held_on, profile_identifier
            FROM {TABLE} WHERE profile_identifier <> ''"""
        )
        cursor.execute("CREATE INDEX upgrade_held_key ON upgrade_held (profile_identifier, held_on)")
        cursor.execute(
            f"""CREATE TEMPORARY TABLE upgrade_contested AS
            WITH found AS MATERIALIZED (
                SELECT * FROM (
                    SELECT p.id, p.simulator_id, p.created_at,
                        {platform_sql(connection, "s.slug", "p.profile_data")} AS platform_id
                    FROM {TABLE} p JOIN sim_simulator s ON s.id = p.simulator_id WHERE p.profile_identifier = ''
                ) AS every_row WHERE platform_id IS NOT NULL
            ), claimed AS (
                SELECT c.simulator_id, c.platform_id, h.holder
                FROM (SELECT simulator_id, platform_id, count(*) AS claims FROM found GROUP BY 1, 2) AS c
                LEFT JOIN upgrade_held h ON h.held_on = c.simulator_id AND h.profile_identifier = c.platform_id
                WHERE c.claims > 1 OR h.holder IS NOT NULL
            )
            SELECT f.id, f.simulator_id, f.platform_id, c.holder,
                row_number() OVER (PARTITION BY f.simulator_id, f.platform_id ORDER BY f.created_at, f.id) AS place
            FROM found f JOIN claimed c ON c.simulator_id = f.simulator_id AND c.platform_id = f.platform_id"""
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
        for name in ("doubted", "contested", "held"):
            cursor.execute(f"DROP TABLE upgrade_{name}")


def _source(connection: BaseDatabaseWrapper) -> str:
    """What a row becomes, of the rows that have no identifier yet."""
    platform = platform_sql(connection, "s.slug", "p.profile_data")
    fallback = fallback_sql(connection, "p.profile_name", "p.id")
    return f"""p.id AS key, p.user_id AS owner, p.is_verified AS was_verified,
            CASE WHEN c.keeps_identifier IS NULL OR c.keeps_identifier
                THEN COALESCE({platform}, {fallback}) ELSE {fallback} END AS identifier,
            p.user_id IS NOT NULL AND c.profile_id IS NULL AS verified
        FROM {TABLE} p JOIN sim_simulator s ON s.id = p.simulator_id
        LEFT JOIN sim_contestedidentifier c ON c.profile_id = p.id
        WHERE p.profile_identifier = ''"""


def _write(connection: BaseDatabaseWrapper) -> Write:
    """A batch on PostgreSQL: one statement, planned once.

    A row that somebody changed since the statement began is not at its place any more, and left for the next pass.
    """
    source = f"SELECT p.ctid AS place, {_source(connection)}"
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        cursor.execute(
            f"""PREPARE sim_upgrade_batch (tid, tid) AS
            WITH batch AS MATERIALIZED ({source} AND p.ctid >= $1 AND p.ctid < $2),
            written AS (
                {WRITE} FROM batch b WHERE {TABLE}.ctid = b.place
                RETURNING b.key, b.owner, b.was_verified, b.verified
            )
            {NOTE} FROM written WHERE owner IS NOT NULL"""
        )

    def write(low: int | None, high: int | None) -> int:
        with connection.cursor() as cursor:
            ends = [f"({page},0)" for page in (low or 0, LAST_PAGE if high is None else high)]
            cursor.execute("EXECUTE sim_upgrade_batch (%s, %s)", ends)
            return int(cursor.rowcount)

    return write


def _is_done(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {TABLE} WHERE profile_identifier = '')")
        return not cursor.fetchone()[0]
