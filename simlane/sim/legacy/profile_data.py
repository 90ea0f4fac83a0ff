"""What migration 0010 does to the rows of `sim_simprofile`, forward and backward: a few statements for all rows."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy.identifier_sql import fallback_sql, platform_sql
from simlane.sim.legacy.keeping import columns_of, drop_if_empty, exists, keep, kept_table, restore_rows

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
    _upgrade(editor)


def _upgrade(editor: BaseDatabaseSchemaEditor) -> None:
    connection = editor.connection
    # Tables of their own, with an index each: SQLite would look through all rows of a simulator for every row.
    editor.execute(
        f"""CREATE TEMPORARY TABLE upgrade_held AS
        SELECT simulator_id AS held_on, profile_identifier FROM {TABLE} WHERE profile_identifier <> ''"""
    )
    editor.execute("CREATE INDEX upgrade_held_key ON upgrade_held (profile_identifier, held_on)")
    editor.execute(
        f"""CREATE TEMPORARY TABLE upgrade_candidate AS
        SELECT id, simulator_id, platform_id, fallback,
            CASE WHEN platform_id IS NOT NULL THEN
                row_number() OVER (PARTITION BY simulator_id, platform_id ORDER BY created_at, id) END AS place,
            CASE WHEN platform_id IS NOT NULL THEN
                count(*) OVER (PARTITION BY simulator_id, platform_id) END AS claims,
            held.profile_identifier IS NOT NULL AS taken
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
    contested = "(c.claims > 1 OR (c.claims = 1 AND c.taken))"
    keeps = "(c.place = 1 AND NOT c.taken)"
    # Every row of the old model had an owner who made it: that is the "automatic verified" of the plan.
    editor.execute(
        f"""INSERT INTO sim_legacyprofile (profile_id, is_verified, upgraded_is_verified)
        SELECT c.id, p.is_verified, COALESCE(NOT {contested}, true)
        FROM upgrade_candidate c JOIN {TABLE} p ON p.id = c.id
        WHERE p.user_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM sim_legacyprofile l WHERE l.profile_id = c.id)"""
    )
    editor.execute(
        f"""INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
        SELECT c.id, c.simulator_id, c.platform_id, {keeps} FROM upgrade_candidate c
        WHERE {contested}
            AND NOT EXISTS (SELECT 1 FROM sim_contestedidentifier x WHERE x.profile_id = c.id)"""
    )
    editor.execute(
        f"""INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
        SELECT DISTINCT p.id, p.simulator_id, p.profile_identifier, true
        FROM upgrade_candidate c JOIN {TABLE} p
            ON p.simulator_id = c.simulator_id AND p.profile_identifier = c.platform_id
        WHERE c.taken AND NOT EXISTS (SELECT 1 FROM sim_contestedidentifier x WHERE x.profile_id = p.id)"""
    )
    editor.execute(
        f"""UPDATE {TABLE} SET
            profile_identifier = CASE WHEN {keeps} THEN c.platform_id ELSE c.fallback END,
            linked_user_id = user_id,
            linked_at = CASE WHEN user_id IS NOT NULL THEN created_at END,
            is_verified = (user_id IS NOT NULL AND COALESCE(NOT {contested}, true))
        FROM upgrade_candidate c WHERE c.id = {TABLE}.id"""
    )
    editor.execute("DROP TABLE upgrade_candidate")
    editor.execute("DROP TABLE upgrade_held")


def _restore_profiles(editor: BaseDatabaseSchemaEditor) -> None:
    q = editor.quote_name
    columns = [name for name in columns_of(editor, KEPT) if name not in (WRITTEN, "user_id")]
    # A linked profile that is missing was deleted by the old release: with results it comes back, unlinked.
    raced = "kept_sim_entrydriver"
    has_results = f"EXISTS (SELECT 1 FROM {raced} d WHERE d.profile_id = k.id)" if exists(editor, raced) else "1 = 0"
    false, true = ("false", "true") if editor.connection.vendor == "postgresql" else ("0", "1")
    unlinked = {"linked_user_id": "NULL", "linked_at": "NULL", "is_verified": false, "is_public": true}
    editor.execute(
        f"""INSERT INTO {TABLE} ({", ".join(map(q, columns))})
        SELECT {", ".join(unlinked.get(name, f"k.{q(name)}") for name in columns)} FROM {KEPT} k
        WHERE NOT EXISTS (SELECT 1 FROM {TABLE} p WHERE p.id = k.id)
            AND EXISTS (SELECT 1 FROM sim_simulator s WHERE s.id = k.simulator_id)
            AND (k.linked_user_id IS NULL OR {has_results})"""
    )
    still_verified = f"CASE WHEN {TABLE}.is_verified = k.{WRITTEN} THEN k.is_verified ELSE {TABLE}.is_verified END"
    # The same owner and the same data: everything is as it was left, but for what the old release changed.
    editor.execute(
        f"""UPDATE {TABLE} SET
            profile_identifier = k.profile_identifier,
            linked_user_id = k.linked_user_id,
            linked_at = k.linked_at,
            is_verified = {still_verified},
            is_public = (k.is_public OR NOT ({still_verified}))
        FROM {KEPT} k
        WHERE k.id = {TABLE}.id AND k.linked_user_id = {TABLE}.user_id
            AND k.simulator_id = {TABLE}.simulator_id AND k.profile_data = {TABLE}.profile_data"""
    )
    editor.execute(
        f"""DELETE FROM {KEPT} WHERE id IN (SELECT id FROM {TABLE})
            OR (linked_user_id IS NOT NULL AND NOT {has_results.replace("k.id", f"{KEPT}.id")})"""
    )
    drop_if_empty(editor, KEPT)


def backward(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Gives every row its owner back and its `is_verified`; keeps aside the rows that have no owner."""
    # Unless somebody changed it since: then what they said stands.
    restored = f"""(SELECT l.is_verified FROM sim_legacyprofile l WHERE l.profile_id = {TABLE}.id
        AND l.upgraded_is_verified = {TABLE}.is_verified AND {TABLE}.linked_at = {TABLE}.created_at)"""
    keep(editor, TABLE, KEPT, columns_of(editor, TABLE), "id")
    editor.execute(f"ALTER TABLE {KEPT} ADD COLUMN {WRITTEN} boolean")
    editor.execute(
        f"""UPDATE {TABLE} SET user_id = linked_user_id, is_verified = COALESCE({restored}, is_verified)
        WHERE linked_user_id IS NOT NULL"""
    )
    editor.execute(f"UPDATE {KEPT} SET {WRITTEN} = p.is_verified FROM {TABLE} p WHERE p.id = {KEPT}.id")
    for table in ("sim_legacyprofile", "sim_contestedidentifier"):
        keep(editor, table, kept_table(table), columns_of(editor, table), "profile_id")
        editor.execute(f"DELETE FROM {table}")
    editor.execute(f"DELETE FROM {TABLE} WHERE linked_user_id IS NULL")
    editor.execute(f"""UPDATE {TABLE} SET profile_identifier = '', linked_user_id = NULL, linked_at = NULL""")


def fill_user(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Before the owner's column goes there is nothing to do; once it is back, the link says who the owner is."""
    editor.execute(f"UPDATE {TABLE} SET user_id = linked_user_id WHERE linked_user_id IS NOT NULL")
