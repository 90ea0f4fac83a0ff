"""What migrations 0010 to 0012 do to the rows of `sim_simprofile`, there and back: a few statements for all rows."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy.identifier_sql import fallback_sql, platform_sql
from simlane.sim.legacy.keeping import (
    check_now,
    columns_of,
    drop_if_empty,
    exists,
    keep,
    kept_table,
    restore_rows,
)

TABLE = "sim_simprofile"
KEPT = kept_table(TABLE)
#: `is_verified` as going back wrote it, to see later whether the old release changed it.
WRITTEN = "written_is_verified"


def forward(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Gives every row its identifier and its link; first puts back what an earlier way back kept aside."""
    if exists(editor, KEPT):
        _restore_profiles(editor)
    for name in ("LegacyProfile", "ContestedIdentifier"):
        restore_rows(editor, apps.get_model("sim", name))
    # What was noted of a row that stands for somebody else now.
    for table in ("sim_legacyprofile", "sim_contestedidentifier"):
        editor.execute(
            f"DELETE FROM {table} WHERE profile_id IN (SELECT id FROM {TABLE} WHERE profile_identifier = '')"
        )
    _upgrade(editor)


def catch_up(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """What the old release wrote since `forward`: rows of its own get theirs, notes on rows it deleted go."""
    if editor.connection.vendor == "postgresql":
        # Between this look and the change of the table that follows it, nobody writes.
        editor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
    _upgrade(editor)
    for table in ("sim_legacyprofile", "sim_contestedidentifier"):
        editor.execute(f"DELETE FROM {table} WHERE profile_id NOT IN (SELECT id FROM {TABLE})")
    check_now(editor)


def _upgrade(editor: BaseDatabaseSchemaEditor) -> None:
    connection = editor.connection
    # Tables of their own, with an index each: SQLite would look through all rows of a simulator for every row.
    editor.execute(
        f"""CREATE TEMPORARY TABLE upgrade_held AS
        SELECT id AS holder, simulator_id AS held_on, profile_identifier
        FROM {TABLE} WHERE profile_identifier <> ''"""
    )
    editor.execute("CREATE INDEX upgrade_held_key ON upgrade_held (profile_identifier, held_on)")
    editor.execute(
        f"""CREATE TEMPORARY TABLE upgrade_candidate AS
        SELECT id, simulator_id, platform_id, fallback,
            CASE WHEN platform_id IS NOT NULL THEN
                row_number() OVER (PARTITION BY simulator_id, platform_id ORDER BY created_at, id) END AS place,
            CASE WHEN platform_id IS NOT NULL THEN
                count(*) OVER (PARTITION BY simulator_id, platform_id) END AS claims,
            held.holder
        FROM (
            SELECT p.id, p.simulator_id, p.created_at,
                {platform_sql(connection, "s.slug", "p.profile_data")} AS platform_id,
                {fallback_sql(connection, "p.profile_name", "p.id")} AS fallback
            FROM {TABLE} p JOIN sim_simulator s ON s.id = p.simulator_id
            WHERE p.profile_identifier = ''
        ) found
        LEFT JOIN upgrade_held held ON held.held_on = simulator_id AND held.profile_identifier = platform_id"""
    )
    editor.execute("CREATE INDEX upgrade_candidate_key ON upgrade_candidate (id)")
    contested = "(c.claims > 1 OR (c.claims = 1 AND c.holder IS NOT NULL))"
    keeps = "(c.place = 1 AND c.holder IS NULL)"
    verified = f"({TABLE}.user_id IS NOT NULL AND COALESCE(NOT {contested}, true))"
    # Every row of the old model had an owner who made it: that is the "automatic verified" of the plan.
    editor.execute(
        f"""INSERT INTO sim_legacyprofile (profile_id, is_verified, upgraded_is_verified)
        SELECT {TABLE}.id, {TABLE}.is_verified, {verified}
        FROM upgrade_candidate c JOIN {TABLE} ON {TABLE}.id = c.id WHERE {TABLE}.user_id IS NOT NULL"""
    )
    editor.execute(
        f"""INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
        SELECT c.id, c.simulator_id, c.platform_id, {keeps} FROM upgrade_candidate c WHERE {contested}"""
    )
    editor.execute(
        """INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
        SELECT DISTINCT c.holder, c.simulator_id, c.platform_id, true FROM upgrade_candidate c
        WHERE c.holder IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM sim_contestedidentifier x WHERE x.profile_id = c.holder)"""
    )
    # Who held the id before loses the automatic "verified" too; hidden, it stays as its owner wanted it.
    editor.execute(
        f"""CREATE TEMPORARY TABLE upgrade_doubted AS
        SELECT DISTINCT p.id FROM upgrade_candidate c
        JOIN {TABLE} p ON p.id = c.holder
        JOIN sim_legacyprofile l ON l.profile_id = p.id
        WHERE p.is_verified AND l.upgraded_is_verified AND p.is_public AND p.linked_at = p.created_at"""
    )
    for table, column, key in (
        (TABLE, "is_verified", "id"),
        ("sim_legacyprofile", "upgraded_is_verified", "profile_id"),
    ):
        editor.execute(
            f"UPDATE {table} SET {column} = {_false(editor)} WHERE {key} IN (SELECT id FROM upgrade_doubted)"
        )
    editor.execute(
        f"""UPDATE {TABLE} SET
            profile_identifier = CASE WHEN {keeps} THEN c.platform_id ELSE c.fallback END,
            linked_user_id = user_id,
            linked_at = CASE WHEN user_id IS NOT NULL THEN created_at END,
            is_verified = {verified},
            is_public = (is_public OR NOT {verified})
        FROM upgrade_candidate c WHERE c.id = {TABLE}.id"""
    )
    for name in ("doubted", "candidate", "held"):
        editor.execute(f"DROP TABLE upgrade_{name}")


def _restore_profiles(editor: BaseDatabaseSchemaEditor) -> None:
    q = editor.quote_name
    columns = [name for name in columns_of(editor, KEPT) if name not in (WRITTEN, "user_id")]
    # A linked profile that is missing was deleted by the old release: with results it comes back, unlinked.
    raced = "kept_sim_entrydriver"
    results = f"SELECT profile_id FROM {raced} WHERE profile_id IS NOT NULL"
    has_results = f"k.id IN ({results})" if exists(editor, raced) else "1 = 0"
    unlinked = {
        "linked_user_id": "NULL",
        "linked_at": "NULL",
        "is_verified": _false(editor),
        "is_public": f"NOT {_false(editor)}",
    }
    editor.execute(
        f"""INSERT INTO {TABLE} ({", ".join(map(q, columns))})
        SELECT {", ".join(unlinked.get(name, f"k.{q(name)}") for name in columns)} FROM {KEPT} k
        WHERE NOT EXISTS (SELECT 1 FROM {TABLE} p WHERE p.id = k.id)
            AND EXISTS (SELECT 1 FROM sim_simulator s WHERE s.id = k.simulator_id)
            AND (k.linked_user_id IS NULL OR {has_results})"""
    )
    # What the old release said of a row's verification is what the next way back gives it.
    if exists(editor, legacy := kept_table("sim_legacyprofile")):
        editor.execute(
            f"""UPDATE {legacy} SET is_verified = p.is_verified, upgraded_is_verified = p.is_verified
            FROM {TABLE} p JOIN {KEPT} k ON k.id = p.id
            WHERE p.id = {legacy}.profile_id AND p.is_verified <> k.{WRITTEN}"""
        )
    same_owner = f"k.id = {TABLE}.id AND k.linked_user_id = {TABLE}.user_id AND k.simulator_id = {TABLE}.simulator_id"
    before, now = (platform_sql(editor.connection, "s.slug", f"{table}.profile_data") for table in ("k", TABLE))
    # The id is another one only when the old release changed it; results are the id's that they were driven under.
    same_driver = f"""k.profile_data = {TABLE}.profile_data OR COALESCE({before}, '') = COALESCE({now}, '')
        OR {has_results}"""
    still_verified = f"CASE WHEN {TABLE}.is_verified = k.{WRITTEN} THEN k.is_verified ELSE {TABLE}.is_verified END"
    # The same owner and the same driver: everything is as it was left, but for what the old release changed.
    editor.execute(
        f"""UPDATE {TABLE} SET
            profile_identifier = k.profile_identifier,
            linked_user_id = k.linked_user_id,
            linked_at = k.linked_at,
            is_verified = {still_verified},
            is_public = (k.is_public OR NOT ({still_verified}))
        FROM {KEPT} k JOIN sim_simulator s ON s.id = k.simulator_id
        WHERE {same_owner} AND ({same_driver})"""
    )
    # Under another id the row begins anew, but what its owner hid stays hidden where it can.
    editor.execute(
        f"""UPDATE {TABLE} SET is_public = k.is_public FROM {KEPT} k
        WHERE {same_owner} AND {TABLE}.profile_identifier = ''"""
    )
    editor.execute(
        f"""DELETE FROM {KEPT} WHERE id IN (SELECT id FROM {TABLE})
            OR (linked_user_id IS NOT NULL AND NOT {has_results.replace("k.id", "id")})"""
    )
    drop_if_empty(editor, KEPT)


def backward(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Gives every row its owner back and its `is_verified`; keeps aside the rows that have no owner."""
    # Unless somebody changed it since: then what they said stands.
    restored = f"""(SELECT l.is_verified FROM sim_legacyprofile l WHERE l.profile_id = {TABLE}.id
        AND l.upgraded_is_verified = {TABLE}.is_verified AND {TABLE}.linked_at = {TABLE}.created_at)"""
    keep(editor, TABLE, KEPT, columns_of(editor, TABLE), "id")
    # A row that the old release wrote since `forward` has nothing yet that it could lose.
    editor.execute(f"DELETE FROM {KEPT} WHERE linked_user_id IS NULL AND user_id IS NOT NULL")
    editor.execute(f"ALTER TABLE {KEPT} ADD COLUMN {WRITTEN} boolean")
    editor.execute(
        f"""UPDATE {TABLE} SET user_id = linked_user_id, is_verified = COALESCE({restored}, is_verified)
        WHERE linked_user_id IS NOT NULL"""
    )
    editor.execute(f"UPDATE {KEPT} SET {WRITTEN} = p.is_verified FROM {TABLE} p WHERE p.id = {KEPT}.id")
    for table in ("sim_legacyprofile", "sim_contestedidentifier"):
        keep(editor, table, kept_table(table), columns_of(editor, table), "profile_id")
        editor.execute(f"DELETE FROM {table}")
    editor.execute(f"DELETE FROM {TABLE} WHERE user_id IS NULL")
    editor.execute(
        f"""UPDATE {TABLE} SET profile_identifier = '', linked_user_id = NULL, linked_at = NULL,
            is_public = NOT {_false(editor)}"""
    )


def _false(editor: BaseDatabaseSchemaEditor) -> str:
    return "false" if editor.connection.vendor == "postgresql" else "0"


def fill_user(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Once the owner's column is back, the link says who the owner is."""
    editor.execute(f"UPDATE {TABLE} SET user_id = linked_user_id WHERE linked_user_id IS NOT NULL")
