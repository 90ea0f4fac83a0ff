"""Rows that must go with a deleted account, whoever deletes it.

On SQLite, after a way back, the old release deletes accounts without knowing these tables: a trigger deletes the
rows first. On PostgreSQL the upgrade has a function of its own for that (sim.legacy.dual_write).
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth import get_user_model
from django.db.backends.utils import CursorWrapper

#: Each table, and the SQL condition of the rows of the account OLD; children before the rows they point at.
_ROWS = {
    "sim_claimimage": "claim_id IN (SELECT id FROM sim_claim WHERE claimant_id = OLD.id)",
    "sim_claim": "claimant_id = OLD.id",
    "sim_ownershipcode": "user_id = OLD.id",
}


def register(rows: Mapping[str, str]) -> None:
    """Add tables of another room; for an app's ready()."""
    _ROWS.update(rows)


def install(cursor: CursorWrapper, existing: set[str]) -> None:
    """SQLite: make the trigger for those of the tables that exist."""
    accounts = get_user_model()._meta.db_table
    deletes = [f"DELETE FROM {table} WHERE {condition};" for table, condition in _ROWS.items() if table in existing]
    if deletes and accounts in existing:
        cursor.execute("DROP TRIGGER IF EXISTS sim_old_accounts")
        cursor.execute(f"CREATE TRIGGER sim_old_accounts BEFORE DELETE ON {accounts} BEGIN {' '.join(deletes)} END")
