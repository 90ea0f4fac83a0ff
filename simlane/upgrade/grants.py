"""What `plan` says of roles: what the upgrade will grant to whom, and what it leaves to the operator."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.database.rights import missing, neighbours

_OWN = "(SELECT oid FROM pg_roles WHERE rolname = current_user)"
_NAME = "CASE {0} WHEN 0 THEN 'PUBLIC' ELSE {0}::regrole::text END"

_PARTLY = f"""SELECT {_NAME.format("a.grantee")}, a.privilege_type, string_agg(c.relname, ', ' ORDER BY c.relname)
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = ANY (SELECT to_regclass(name) FROM unnest(%(neighbours)s::text[]) AS name)
        AND a.grantee NOT IN (c.relowner, {_OWN})
    GROUP BY a.grantee, a.privilege_type HAVING count(DISTINCT c.oid) < %(count)s ORDER BY 1, 2"""
_COLUMNS = f"""SELECT DISTINCT {_NAME.format("a.grantee")}, c.relname
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
    WHERE c.oid = ANY (SELECT to_regclass(name) FROM unnest(%(tables)s::text[]) AS name) ORDER BY 1, 2"""
_ROW_LEVEL = f"""SELECT c.relname, c.relforcerowsecurity OR NOT pg_has_role(c.relowner, 'USAGE'),
        (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE oid = {_OWN})
    FROM pg_class c WHERE c.relrowsecurity
        AND c.oid = ANY (SELECT to_regclass(name) FROM unnest(%(tables)s::text[]) AS name) ORDER BY 1"""
_MAY_CREATE = f"""SELECT {_NAME.format("a.grantee")}, n.nspname
    FROM pg_namespace n, aclexplode(n.nspacl) a
    WHERE n.oid = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('sim_simprofile'))
        AND a.privilege_type = 'CREATE'
        AND a.grantee NOT IN (n.nspowner, {_OWN}) AND (a.grantee = 0 OR NOT pg_has_role(a.grantee, 'MEMBER'))
    ORDER BY 1"""
_ANOTHER_OWNER = f"""SELECT c.relname, c.relowner::regrole::text, current_user::text FROM pg_class c
    WHERE c.oid = to_regclass('sim_simprofile') AND c.relowner <> {_OWN}"""


def granted(connection: BaseDatabaseWrapper) -> list[str]:
    """A line for each role that new tables and sequences will be shared with, and what was not done for it yet."""
    rights: dict[str, dict[str, list[str]]] = {}
    for grant in missing(connection):
        rights.setdefault(grant.role, {}).setdefault(grant.kind, []).append(grant.right)
    return [
        f"to {role}: " + "; ".join(f"{', '.join(of_kind)} on new {kind.lower()}" for kind, of_kind in kinds.items())
        for role, kinds in rights.items()
    ]


def notes(connection: BaseDatabaseWrapper) -> tuple[list[str], list[str]]:
    """What is left to the operator, and what would stop the upgrade; changes nothing."""
    alike = neighbours()
    given: dict[str, Any] = {"neighbours": alike, "count": len(alike), "tables": [*alike, "sim_event"]}

    def rows(sql: str) -> list[tuple[str, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            return list(cursor.fetchall())

    warnings = [
        f"{role} has {right} on {tables} only, not on all of {', '.join(alike)}: new tables are not shared so."
        for role, right, tables in rows(_PARTLY)
    ]
    warnings += [
        f"{role} has rights on single columns of {table}: new columns are not among them, GRANT them if it needs them."
        for role, table in rows(_COLUMNS)
    ]
    warnings += [
        f"{role} may create objects in the schema {schema}, where functions with the owner's rights look for theirs: "
        f"REVOKE CREATE ON SCHEMA {schema} FROM {role}."
        for role, schema in rows(_MAY_CREATE)
    ]
    warnings += [
        f"{table} belongs to {owner}, and new tables will belong to {own}: run the upgrade as {owner}."
        for table, owner, own in rows(_ANOTHER_OWNER)
    ]
    hindrances = []
    for table, hidden, bypassed in rows(_ROW_LEVEL):
        if hidden and not bypassed:
            hindrances.append(
                f"Row-level security of {table} applies to this database user too, and would hide rows from it: "
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, or give the user BYPASSRLS."
            )
        else:
            warnings.append(f"{table} has row-level security: new tables have none.")
    return warnings, hindrances
