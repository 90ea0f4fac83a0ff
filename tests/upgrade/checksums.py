"""Two states compared row by row, but for what only says in which order rows were written; and two schemas."""

from __future__ import annotations

from typing import Any

import psycopg

COLUMNS = {
    "sim_simprofile": "id, simulator_id, profile_name, profile_identifier, profile_data, linked_user_id, linked_at, "
    "is_verified, is_public, created_at, name_key, last_active_at",
    "sim_profilename": "profile_id, name, folded, last_used_at",
    "sim_nameword": "word, letters",
    "sim_legacyprofile": "profile_id, is_verified, upgraded_is_verified",
    "sim_contestedidentifier": "profile_id, simulator_id, identifier, keeps_identifier",
    "users_user": "id, username, search_key",
}


def checksum(database: psycopg.Connection[Any]) -> dict[str, str]:
    """For each table how many rows it has, and a sum over all of them."""
    found = {}
    for table, columns in COLUMNS.items():
        row = database.execute(
            f"""SELECT count(*) || ' ' || coalesce(sum(hashtextextended(concat_ws('|', {columns}), 0)), 0)
            FROM {table}"""
        ).fetchone()
        assert row
        found[table] = row[0]
    return found


def schema(database: psycopg.Connection[Any]) -> set[tuple[str, ...]]:
    """Every column, constraint, index and trigger, as PostgreSQL writes it down."""
    rows = database.execute(
        """SELECT 'column', table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default)
            FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) || tgenabled::text
            FROM pg_trigger WHERE NOT tgisinternal"""
    )
    return set(rows.fetchall())
