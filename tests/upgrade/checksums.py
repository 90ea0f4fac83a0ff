"""Two states compared row by row, but for what only says in which order rows were written."""

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
