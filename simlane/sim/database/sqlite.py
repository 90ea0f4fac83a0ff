"""SQLite changes a table by rebuilding it, which drops its triggers and fails when another table's trigger names it.

So all triggers go before migrations and come back after them (see sim.apps); on PostgreSQL migrations make them.
"""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.database import append_only, deleted_accounts, full_text
from simlane.sim.database.triggers import HISTORY, UNLINK


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    """Before migrations: drop every trigger of ours and the full-text tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'sim\\_%' ESCAPE '\\'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        full_text.drop(cursor)


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """After migrations: make the full-text tables and the triggers, once all tables that they name exist."""
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        deleted_accounts.install(cursor, existing)
        append_only.install(cursor, existing)
        needed = {get_user_model()._meta.db_table, "sim_simprofile", "sim_personalbest"}
        if not existing >= needed | {each.table for each in full_text.tables()}:
            return
        full_text.install(connection, cursor, existing)
        profiles = {each.name for each in connection.introspection.get_table_description(cursor, "sim_simprofile")}
        if "sim_historyentry" not in existing or "last_change" not in profiles:
            return
        for trigger in (*HISTORY, UNLINK.format(accounts=get_user_model()._meta.db_table)):
            cursor.execute(trigger)
