"""While the old and the new release both write, triggers keep the two models of a profile in step (PostgreSQL).

It lasts from migration 0009 until the owner's column goes. The two releases are told apart by the columns
a statement names: a save of the old one names `user_id`, which the new one does not know, and every UPDATE of a profile
or an event by the new one names a column that the old one does not know. What the upgrade itself writes passes by, with
`SET LOCAL simlane.upgrade = 'on'`.
"""

from __future__ import annotations

from collections.abc import Iterable
from string import Template

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.dual_write_functions import FUNCTIONS
from simlane.sim.legacy.folding_sql import fold_sql
from simlane.sim.legacy.identifier_sql import fallback_sql, platform_sql
from simlane.sim.legacy.rights import schema_of, with_owners_rights

#: What the new release writes; it cannot serve before the backfill, which a trigger on these columns would slow down.
OF_BOTH = ("sim_upgrade_3_link", "sim_upgrade_5_verified")
TRIGGERS = {
    # A BEFORE trigger per kind of statement, in the order of their names; then one that settles the identifier.
    "sim_upgrade_1_insert": "BEFORE INSERT",
    "sim_upgrade_2_save": "BEFORE UPDATE OF user_id",
    "sim_upgrade_3_link": "BEFORE UPDATE OF linked_user_id",
    "sim_upgrade_4_data": "BEFORE UPDATE OF profile_data, simulator_id",
    "sim_upgrade_5_verified": "BEFORE UPDATE OF is_verified, user_id",
    "sim_upgrade_6_delete": "BEFORE DELETE",
    "sim_upgrade_7_claim": "AFTER INSERT OR UPDATE OF profile_data, simulator_id",
    "sim_upgrade_8_name": "AFTER INSERT OR UPDATE OF profile_name",
}
#: The columns of the old model, by table; an UPDATE that names none but these is the old release's.
OLD_COLUMNS = {
    "sim_simprofile": (
        "id",
        "user_id",
        "simulator_id",
        "profile_name",
        "profile_data",
        "is_verified",
        "created_at",
    ),
    "sim_event": ("id", "name", "simulator_id", "starts_at", "event_source", "created_at"),
}
#: In the order of their names, which is the order they fire in.
TELLING = ("sim_upgrade_0_new", "sim_upgrade_0_old")
SETTLED_AT_ONCE = 50
#: All of them, on profiles, accounts and events.
ALL_TRIGGERS = (*TRIGGERS, *TELLING, "sim_upgrade_account", "sim_upgrade_member", "sim_upgrade_event")

#: Fire for everybody but the upgrade's own statements.
GUARD = "WHEN (current_setting('simlane.upgrade', true) IS DISTINCT FROM 'on')"


def make_functions(connection: BaseDatabaseWrapper) -> None:
    """What the triggers call; takes a moment to put together, and no lock."""
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS sim_upgrade_waiting (profile_id uuid PRIMARY KEY)")
        for signature, expression in (
            ("sim_upgrade_platform_id(slug text, data jsonb)", platform_sql(connection, "slug", "data")),
            ("sim_upgrade_fallback(name text, key uuid)", fallback_sql(connection, "name", "key")),
            ("sim_upgrade_fold(name text)", fold_sql("name")),
        ):
            cursor.execute(
                f"""CREATE OR REPLACE FUNCTION {signature} RETURNS text LANGUAGE sql IMMUTABLE
                AS $$ SELECT {expression} $$"""
            )
        # With the schema: a function with its owner's rights is not to take somebody's temporary table for the site's.
        schema = schema_of(connection).replace("'", "''")
        for signature, (returns, body) in FUNCTIONS.items():
            text = Template(body).safe_substitute(schema=schema)
            cursor.execute(f"CREATE OR REPLACE FUNCTION {signature} RETURNS {returns} LANGUAGE plpgsql AS $$ {text} $$")
        with_owners_rights(connection, [name for name, (returns, _) in FUNCTIONS.items() if returns == "trigger"])


def _create_triggers(connection: BaseDatabaseWrapper, names: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(
                f"""CREATE OR REPLACE TRIGGER {name} {TRIGGERS[name]} ON sim_simprofile
                FOR EACH ROW {GUARD} EXECUTE FUNCTION {name}()"""
            )


def open_to_both(connection: BaseDatabaseWrapper) -> None:
    """Installs the triggers for what the new release writes: before it serves, after the backfill."""
    if connection.vendor == "postgresql":
        _create_triggers(connection, OF_BOTH)


def start(connection: BaseDatabaseWrapper) -> None:
    """Installs the triggers for what the old release writes, after `make_functions`; again does no harm."""
    if connection.vendor != "postgresql":
        return
    _create_triggers(connection, [name for name in TRIGGERS if name not in OF_BOTH])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE OR REPLACE TRIGGER sim_upgrade_account BEFORE DELETE ON users_user
            FOR EACH ROW {GUARD} EXECUTE FUNCTION sim_upgrade_account()"""
        )


def tell_releases_apart(connection: BaseDatabaseWrapper) -> None:
    """Installs what notices the statements of the old release that name no owner, once all new columns are there."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table, old in OLD_COLUMNS.items():
            columns = connection.introspection.get_table_description(cursor, table)
            new = ", ".join(connection.ops.quote_name(each.name) for each in columns if each.name not in old)
            for name, event in zip(TELLING, (f"UPDATE OF {new}", "UPDATE"), strict=True):
                cursor.execute(
                    f"""CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table}
                    FOR EACH STATEMENT {GUARD} EXECUTE FUNCTION {name}()"""
                )
        cursor.execute(
            f"""CREATE OR REPLACE TRIGGER sim_upgrade_member
            BEFORE INSERT OR UPDATE OF username, first_name, last_name ON users_user
            FOR EACH ROW {GUARD} EXECUTE FUNCTION sim_upgrade_member()"""
        )


def tell_releases_apart_no_more(connection: BaseDatabaseWrapper) -> None:
    """Removes it."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in OLD_COLUMNS:
            for name in TELLING:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        cursor.execute("DROP TRIGGER IF EXISTS sim_upgrade_member ON users_user")


def open_events(connection: BaseDatabaseWrapper) -> None:
    """Installs the trigger for events that the old release writes, once there is a column to list them by."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE OR REPLACE TRIGGER sim_upgrade_event BEFORE INSERT OR DELETE OR UPDATE OF starts_at, simulator_id
            ON sim_event FOR EACH ROW {GUARD} EXECUTE FUNCTION sim_upgrade_event()"""
        )


def close_events(connection: BaseDatabaseWrapper) -> None:
    """Removes it."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS sim_upgrade_event ON sim_event")


def stop(connection: BaseDatabaseWrapper, *, for_good: bool) -> None:
    """Removes them; without them the old release must not write at this schema any more.

    After a way back it still meets tables it does not know: what helps it delete an account stays, if not `for_good`.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON sim_simprofile")
        if for_good:
            cursor.execute("DROP TRIGGER IF EXISTS sim_upgrade_account ON users_user")
        cursor.execute(
            """SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'sim\\_upgrade\\_%%'
            AND (%s OR proname <> 'sim_upgrade_account') AND pg_function_is_visible(oid)""",
            [for_good],
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {function} CASCADE")
        cursor.execute("DROP TABLE IF EXISTS sim_upgrade_waiting")


def hold(connection: BaseDatabaseWrapper) -> None:
    """From now on the migrations leave the owner's column: the old release still needs it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS sim_upgrade_hold ()")


def release(connection: BaseDatabaseWrapper) -> None:
    """Ends `hold`."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sim_upgrade_hold")


def is_held(connection: BaseDatabaseWrapper) -> bool:
    """Whether `hold` is in force."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('sim_upgrade_hold') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def settle(connection: BaseDatabaseWrapper) -> None:
    """Rows that the old release wrote before the unique constraint was there get their platform's own id."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS sim_upgrade_waiting (profile_id uuid PRIMARY KEY)")
        waiting = "sim_upgrade_waiting w LEFT JOIN sim_simprofile p ON p.id = w.profile_id ORDER BY p.created_at, p.id"
        while True:
            # A few at a time: each is a row that somebody may want to write.
            cursor.execute(f"SELECT w.profile_id FROM {waiting} LIMIT {SETTLED_AT_ONCE}")
            if not (keys := [key for (key,) in cursor.fetchall()]):
                return
            with transaction.atomic(connection.alias):
                cursor.execute(
                    """SELECT sim_upgrade_claim(p.id) FROM sim_simprofile p WHERE p.id = ANY(%s)
                    ORDER BY p.created_at, p.id""",
                    [keys],
                )
                cursor.execute("DELETE FROM sim_upgrade_waiting WHERE profile_id = ANY(%s)", [keys])
