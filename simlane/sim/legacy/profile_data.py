"""What migrations 0010 to 0012 do to the rows of `sim_simprofile`, there and back: a few statements for all rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps.registry import Apps
from django.db import transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy import backfill, own_objects
from simlane.sim.legacy.identifier_sql import platform_sql
from simlane.sim.legacy.preserving import (
    check_now,
    columns_of,
    exists,
    finish,
    in_parts,
    keep,
    kept_table,
    restore_rows,
    within,
)  # fmt: skip

TABLE = "sim_simprofile"
KEPT, RACED = kept_table(TABLE), kept_table("sim_entrydriver")
#: `is_verified` as going back wrote it, to see later whether the old release changed it.
WRITTEN = "written_is_verified"


def forward(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Gives every row its identifier and its link; first puts back what an earlier way back kept aside."""
    if exists(editor, KEPT):
        _restore_profiles(editor)
    own_objects.put_back_rows(editor)
    for name in ("LegacyProfile", "ContestedIdentifier"):
        restore_rows(editor, apps.get_model("sim", name))
    backfill.run(editor.connection)


def catch_up(_: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Notes on deleted rows go; without triggers (SQLite) rows the old release wrote since `forward` get theirs.

    On PostgreSQL a row may be deleted while `backfill.contest` is about to note it.
    """
    if editor.connection.vendor != "postgresql":
        backfill.run(editor.connection)
    for table in ("sim_legacyprofile", "sim_contestedidentifier"):
        # Not NOT IN: PostgreSQL would look through all profiles for each note.
        editor.execute(
            f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM {TABLE} p WHERE p.id = {table}.profile_id)"
        )


@contextmanager
def _own_statements(editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """One transaction that the triggers of sim.legacy.dual_write let pass."""
    with transaction.atomic(editor.connection.alias):
        if editor.connection.vendor == "postgresql":
            editor.execute("SET LOCAL simlane.upgrade = 'on'")
        yield
        check_now(editor)


def _restore_profiles(editor: BaseDatabaseSchemaEditor) -> None:
    """Puts kept profiles back, each in one transaction with what it decides of its notes."""
    columns = [name for name in columns_of(editor, KEPT) if name not in (WRITTEN, "user_id")]
    statements = _restoring(editor, columns)

    def write(low: Any, high: Any) -> int:
        with editor.connection.cursor() as cursor:
            for statement, key in statements:
                part, parameters = within(key, low, high)
                cursor.execute(f"{statement} AND {part}", parameters)
            return int(cursor.rowcount)

    in_parts(editor.connection, KEPT, "id", write)
    finish(editor, KEPT)


def _restoring(editor: BaseDatabaseSchemaEditor, columns: list[str]) -> list[tuple[str, str]]:
    """The statements, each ending in a condition, and how each calls the kept row's key; the last empties the copy."""
    q = editor.quote_name
    # A linked profile that is missing was deleted by the old release: with results it comes back, unlinked.
    has_results = "1 = 0"
    if exists(editor, RACED):
        has_results = f"EXISTS (SELECT 1 FROM {RACED} r WHERE r.profile_id = k.id)"
    unlinked = {
        "linked_user_id": "NULL",
        "linked_at": "NULL",
        "is_verified": _false(editor),
        "is_public": f"NOT {_false(editor)}",
    }
    missing = f"""INSERT INTO {TABLE} ({", ".join(map(q, columns))})
        SELECT {", ".join(unlinked.get(name, f"k.{q(name)}") for name in columns)} FROM {KEPT} k
        WHERE NOT EXISTS (SELECT 1 FROM {TABLE} p WHERE p.id = k.id)
            AND EXISTS (SELECT 1 FROM sim_simulator s WHERE s.id = k.simulator_id)
            AND (k.linked_user_id IS NULL OR {has_results})"""
    # Results stay on the simulator that they were driven on, whatever the old release said meanwhile.
    moved = f"""UPDATE {TABLE} SET simulator_id = k.simulator_id FROM {KEPT} k
        WHERE k.id = {TABLE}.id AND k.simulator_id <> {TABLE}.simulator_id AND {has_results}
            AND EXISTS (SELECT 1 FROM sim_simulator s WHERE s.id = k.simulator_id)"""
    same_owner = f"k.id = {TABLE}.id AND k.linked_user_id = {TABLE}.user_id AND k.simulator_id = {TABLE}.simulator_id"
    before, now = (platform_sql(editor.connection, "s.slug", f"{table}.profile_data") for table in ("k", TABLE))
    # The id is another one only when the old release changed it; results are the id's that they were driven under.
    same_driver = f"""k.profile_data = {TABLE}.profile_data OR COALESCE({before}, '') = COALESCE({now}, '')
        OR {has_results}"""
    still_verified = f"CASE WHEN {TABLE}.is_verified = k.{WRITTEN} THEN k.is_verified ELSE {TABLE}.is_verified END"
    # The same owner and the same driver: everything is as it was left, but for what the old release changed.
    same = f"""UPDATE {TABLE} SET
            profile_identifier = k.profile_identifier,
            linked_user_id = k.linked_user_id,
            linked_at = k.linked_at,
            is_verified = {still_verified},
            is_public = (k.is_public OR NOT ({still_verified}))
        FROM {KEPT} k JOIN sim_simulator s ON s.id = k.simulator_id
        WHERE {same_owner} AND ({same_driver})"""
    # What has results is the driver that they were driven by, whoever its owner is now.
    raced_anew = f"""k.id = {{table}}.id AND {{table}}.profile_identifier = '' AND {has_results}
        AND k.simulator_id = {{table}}.simulator_id"""
    noted_anew = f"""INSERT INTO sim_legacyprofile (profile_id, is_verified, upgraded_is_verified)
        SELECT p.id, p.is_verified, p.user_id IS NOT NULL FROM {TABLE} p JOIN {KEPT} k ON {raced_anew.format(table="p")}
        WHERE p.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sim_legacyprofile l WHERE l.profile_id = p.id)"""
    anew = f"""UPDATE {TABLE} SET profile_identifier = k.profile_identifier, linked_user_id = {TABLE}.user_id,
            linked_at = CASE WHEN {TABLE}.user_id IS NOT NULL THEN {TABLE}.created_at END,
            is_verified = {TABLE}.user_id IS NOT NULL
        FROM {KEPT} k WHERE {raced_anew.format(table=TABLE)}"""
    # Under another id the row begins anew, but what its owner hid stays hidden where it can.
    hidden = f"""UPDATE {TABLE} SET is_public = k.is_public FROM {KEPT} k
        WHERE {same_owner} AND {TABLE}.profile_identifier = ''"""
    done = f"""DELETE FROM {KEPT} AS k WHERE (EXISTS (SELECT 1 FROM {TABLE} p WHERE p.id = k.id)
        OR (k.linked_user_id IS NOT NULL AND NOT {has_results}))"""
    legacy = kept_table("sim_legacyprofile")
    # What the old release said of a row's verification is what the next way back gives it.
    said = f"""UPDATE {legacy} SET is_verified = p.is_verified, upgraded_is_verified = p.is_verified
        FROM {TABLE} p JOIN {KEPT} k ON k.id = p.id
        WHERE p.id = {legacy}.profile_id AND p.is_verified <> k.{WRITTEN}"""
    statements = [(each, "k.id") for each in (missing, moved, said, same, noted_anew, anew, hidden)]
    for kept in (legacy, kept_table("sim_contestedidentifier")):
        # What was noted of a row that is gone, or stands for somebody else now; then there may be a new note.
        stale = f"""DELETE FROM {kept}
            WHERE (EXISTS (SELECT 1 FROM sim_legacyprofile l WHERE l.profile_id = {kept}.profile_id)
                OR EXISTS (SELECT 1 FROM sim_contestedidentifier c WHERE c.profile_id = {kept}.profile_id)
                OR NOT EXISTS (
                    SELECT 1 FROM {TABLE} p WHERE p.id = {kept}.profile_id AND p.profile_identifier <> ''))"""
        statements.append((stale, f"{kept}.profile_id"))
    return [*statements, (done, "k.id")]


def backward(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Gives every row its owner back and its `is_verified`; keeps aside the rows that have no owner."""
    if "profile_identifier" not in columns_of(editor, TABLE):
        return
    with _own_statements(editor):
        if editor.connection.vendor == "postgresql":
            editor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
        if not _has_identifiers(editor):
            # Done, or not begun.
            return
        _index_what_is_asked_for(editor)
        # Unless somebody changed it since: then what they said stands.
        restored = f"""(SELECT l.is_verified FROM sim_legacyprofile l WHERE l.profile_id = {TABLE}.id
            AND l.upgraded_is_verified = {TABLE}.is_verified AND {TABLE}.linked_at = {TABLE}.created_at)"""
        # A row without identifier waits for the way forward that was interrupted: its copy still counts.
        keep(editor, TABLE, KEPT, columns_of(editor, TABLE), "id", still_kept="t.profile_identifier = ''")
        if WRITTEN not in columns_of(editor, KEPT):
            editor.execute(f"ALTER TABLE {KEPT} ADD COLUMN {WRITTEN} boolean")
        # A row that the old release wrote since `forward` has nothing yet that it could lose.
        editor.execute(f"DELETE FROM {KEPT} WHERE linked_user_id IS NULL AND user_id IS NOT NULL")
        editor.execute(
            f"""UPDATE {TABLE} SET user_id = linked_user_id, is_verified = COALESCE({restored}, is_verified)
            WHERE linked_user_id IS NOT NULL"""
        )
        editor.execute(
            f"UPDATE {KEPT} SET {WRITTEN} = p.is_verified FROM {TABLE} p WHERE p.id = {KEPT}.id AND {WRITTEN} IS NULL"
        )
        for table in ("sim_legacyprofile", "sim_contestedidentifier"):
            keep(editor, table, kept_table(table), columns_of(editor, table), "profile_id")
            editor.execute(f"DELETE FROM {table}")
        own_objects.keep_rows(editor, {model._meta.db_table for model in apps.get_models()}, TABLE, "user_id IS NULL")
        editor.execute(f"DELETE FROM {TABLE} WHERE user_id IS NULL")
        editor.execute(
            f"""UPDATE {TABLE} SET profile_identifier = '', linked_user_id = NULL, linked_at = NULL,
                is_public = NOT {_false(editor)}"""
        )


def _index_what_is_asked_for(editor: BaseDatabaseSchemaEditor) -> None:
    """The next way forward, and its triggers, ask of each profile whether it has results or a history."""
    for table in (RACED, kept_table("sim_historyentry")):
        if exists(editor, table):
            editor.execute(f"DROP INDEX IF EXISTS {table}_profile")
            editor.execute(f"CREATE INDEX {table}_profile ON {table} (profile_id)")


def _has_identifiers(editor: BaseDatabaseSchemaEditor) -> bool:
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {TABLE} WHERE profile_identifier <> '')")
        return bool(cursor.fetchone()[0])


def _false(editor: BaseDatabaseSchemaEditor) -> str:
    return "false" if editor.connection.vendor == "postgresql" else "0"


def fill_user(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Once the owner's column is back, the link says who the owner is."""
    with _own_statements(editor):
        editor.execute(
            f"""UPDATE {TABLE} SET user_id = linked_user_id
            WHERE linked_user_id IS NOT NULL AND (user_id IS NULL OR user_id <> linked_user_id)"""
        )
        own_objects.make_on_owner(editor)
