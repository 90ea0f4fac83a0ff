"""The rights of trigger functions on PostgreSQL, where one role owns the tables and the site speaks for another.

Who may write a profile need not be able to write what the database notes of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.management.base import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper


def schema_of(connection: BaseDatabaseWrapper, table: str = "sim_simprofile") -> str:
    """The schema, quoted where it must be, of the table that is in use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass(%s)", [table])
        row = cursor.fetchone()
        if row is None:
            cursor.execute("SELECT quote_ident(current_schema())")
            row = cursor.fetchone()
    return str(row[0])


def with_owners_rights(connection: BaseDatabaseWrapper, functions: Iterable[str]) -> None:
    """Lets trigger functions work with the rights of their owner, whoever's statement fires them.

    They look for everything in the schema in use and never first among somebody's temporary tables. Nobody else may
    execute them: firing a trigger asks for no right, but a trigger of somebody's own would call them with made-up rows.

    Raises CommandError for a superuser to whom the profiles do not belong.
    """
    _refuse_superuser(connection)
    path = f"{schema_of(connection)}, pg_temp"
    with connection.cursor() as cursor:
        for function in functions:
            cursor.execute(f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = {path}")
            cursor.execute(
                """SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                FROM pg_proc p, aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a
                WHERE p.oid = to_regprocedure(%s) AND a.grantee <> p.proowner""",
                [function],
            )
            for (role,) in cursor.fetchall():
                cursor.execute(f"REVOKE ALL ON FUNCTION {function} FROM {role}")


def _refuse_superuser(connection: BaseDatabaseWrapper, table: str = "sim_simprofile") -> None:
    """Or else every statement of the site would fire functions with all rights on the server."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_user, pg_get_userbyid(c.relowner) FROM pg_class c
            WHERE c.oid = to_regclass(%s) AND pg_get_userbyid(c.relowner) <> current_user
                AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)""",
            [table],
        )
        if row := cursor.fetchone():
            raise CommandError(
                f"{row[0]} is a superuser, whose rights the site would get by its triggers: migrate as {row[1]}, "
                f"who owns {table}."
            )
