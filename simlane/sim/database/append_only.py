"""Tables of other rooms whose rows are only added: SQLite's triggers (on PostgreSQL a migration makes them).

The history of links has its own (sim.database.triggers).
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

#: Each table, and what the database says when a row is to be changed or deleted.
_TABLES: dict[str, str] = {}


def register(table: str, message: str) -> None:
    """Add a table of another room; for an app's ready()."""
    _TABLES[table] = message


def install(cursor: CursorWrapper, existing: set[str]) -> None:
    """SQLite: make the triggers of those tables that exist."""
    for table, message in _TABLES.items():
        if table in existing:
            for act in ("UPDATE", "DELETE"):
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS sim_keep_{table}_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
                )
