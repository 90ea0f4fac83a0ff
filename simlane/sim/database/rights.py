"""Who may do what on PostgreSQL where one role owns the tables and the site speaks for another.

New tables get the grants of the ones that the old model had, by the owner's default privileges: in the same
transaction as the table itself, whichever migration makes it. Trigger functions: see sim.legacy.rights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.rights import schema_of


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that new tables or sequences of the schema will be made with; `role` is quoted where it must be."""

    role: str
    right: str
    #: `TABLES` or `SEQUENCES`, as ALTER DEFAULT PRIVILEGES says it.
    kind: str
    schema: str

    @property
    def sql(self) -> str:
        return f"ALTER DEFAULT PRIVILEGES IN SCHEMA {self.schema} GRANT {self.right} ON {self.kind} TO {self.role}"

    @property
    def undone(self) -> str:
        return f"ALTER DEFAULT PRIVILEGES IN SCHEMA {self.schema} REVOKE {self.right} ON {self.kind} FROM {self.role}"


def neighbours() -> list[str]:
    """The tables that a new one is shared like.

    A role gets what it has on each of them: one that reads only profiles is to read no accounts' secrets.
    """
    return ["sim_simprofile", "sim_simulator", get_user_model()._meta.db_table]


def missing(connection: BaseDatabaseWrapper, tables: Sequence[str] = ()) -> list[Grant]:
    """The grants that `share` would make; `tables` are the neighbours where they have other names."""
    names = [connection.ops.quote_name(name) for name in tables or neighbours()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) AS name", [names])
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(
            """WITH neighbour AS (
                SELECT oid, relowner, relnamespace, COALESCE(relacl, acldefault('r', relowner)) AS acl FROM pg_class
                WHERE oid = ANY (SELECT to_regclass(name) FROM unnest(%(names)s::text[]) AS name)
            ), shared AS (
                SELECT a.grantee, a.privilege_type AS privilege, 'TABLES' AS kind FROM neighbour, aclexplode(acl) a
                WHERE a.grantee <> relowner AND a.grantee <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
                GROUP BY 1, 2 HAVING count(DISTINCT neighbour.oid) = (SELECT count(*) FROM neighbour)
            ), wanted AS (
                SELECT * FROM shared
                UNION ALL SELECT grantee, 'USAGE', 'SEQUENCES' FROM shared WHERE privilege = 'INSERT'
            ), there AS (
                SELECT a.grantee, a.privilege_type AS privilege, CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' ELSE
                    'SEQUENCES' END AS kind FROM pg_default_acl d, aclexplode(d.defaclacl) a
                WHERE d.defaclrole = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                    AND d.defaclobjtype IN ('r', 'S')
                    AND d.defaclnamespace IN (0, (SELECT min(relnamespace) FROM neighbour))
            )
            SELECT CASE w.grantee WHEN 0 THEN 'PUBLIC' ELSE w.grantee::regrole::text END, w.privilege, w.kind
            FROM (SELECT * FROM wanted EXCEPT SELECT * FROM there) AS w
            ORDER BY 1, 3 DESC, 2""",
            {"names": names},
        )
        found = cursor.fetchall()
    schema = schema_of(connection, names[0]) if found else ""
    return [Grant(role, right, kind, schema) for role, right, kind in found]


def share(connection: BaseDatabaseWrapper) -> None:
    """From now on every table and sequence that this role makes in the schema has its neighbours' grants."""
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for grant in missing(connection):
            cursor.execute(grant.sql)
