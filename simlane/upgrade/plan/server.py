"""What stops the upgrade, or should be known before it, on the server and in this role's rights (PostgreSQL)."""

from __future__ import annotations

from typing import Any

from django.db import connection

from simlane.sim.legacy.recorded import ADVISORY, HOLDERS
from simlane.upgrade import pooler, runner
from simlane.upgrade.backup import major_version, pg_dump_program
from simlane.upgrade.plan.facts import Facts

OLDEST = 150000
#: A transaction as old as this (seconds) would make every index build wait.
LONG_TRANSACTION = 60
#: Rows of these tables are written, or keys to them are made, though the tables themselves stay as they are.
USED = {
    "django_migrations": ("SELECT", "INSERT", "DELETE"),
    "django_content_type": ("SELECT", "INSERT", "REFERENCES"),
    "auth_permission": ("SELECT", "INSERT"),
    "auth_group": ("REFERENCES",),
}
SHOWN = 5


def look(found: Facts, changed: list[str], *, backup: bool) -> None:
    """Adds to `found` what is in the way of changing the tables `changed`, and of a backup when there is to be one."""
    version = _server(found)
    _settings(found)
    _rights(found, changed)
    _extension(found)
    _others(found)
    if backup:
        _backup(found, version)


def _one(sql: str, parameters: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _all(sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _server(found: Facts) -> int:
    if pooled := pooler.hindrance():
        found.hindrances.append(pooled)
    version, standby, encoding, read_only = _one(
        """SELECT current_setting('server_version_num')::int, pg_is_in_recovery(),
            current_setting('server_encoding'), current_setting('default_transaction_read_only')::bool"""
    )
    if version < OLDEST:
        found.hindrances.append("PostgreSQL is older than 15: upgrade the server first.")
    if standby:
        found.hindrances.append("This server is a standby and cannot be written: put the primary into DATABASE_URL.")
    elif read_only:
        found.hindrances.append("default_transaction_read_only is on for this role or database: set it to off.")
    if encoding != "UTF8":
        found.hindrances.append(
            f"The database's encoding is {encoding}, names need UTF8: dump it, create it WITH ENCODING 'UTF8', restore."
        )
    return int(version)


def _settings(found: Facts) -> None:
    rows = _all(
        # What a session begins with: this one's are set aside already.
        """SELECT name, reset_val || COALESCE(unit, '') FROM pg_settings
        WHERE name = ANY(%s) AND reset_val <> '0' ORDER BY name""",
        [["lock_timeout", *runner.SET_ASIDE]],
    )
    found.warnings += [
        f"{name} is {value} for this role, database or server: the upgrade sets it aside for its own statements."
        for name, value in rows
    ]


def _rights(found: Facts, changed: list[str]) -> None:
    role, schema, may_create = _one(
        """SELECT current_user, current_schema(),
            CASE WHEN current_schema() IS NOT NULL THEN has_schema_privilege(current_schema(), 'CREATE') END"""
    )
    if schema is None:
        found.hindrances.append(f"No schema of the search_path of {role} is there, or it may not use them.")
    elif not may_create:
        found.hindrances.append(f"{role} may not create tables: GRANT CREATE ON SCHEMA {schema} TO {role}.")
    why = {False: "only its owner can alter it", True: "the triggers would have a superuser's rights"}
    rows = _all(
        """SELECT c.relname, pg_get_userbyid(c.relowner), r.rolsuper FROM pg_class c
        JOIN pg_roles r ON r.rolname = current_user
        WHERE c.oid IN (SELECT to_regclass(quote_ident(name)) FROM unnest(%s::text[]) AS name)
            AND NOT (CASE WHEN r.rolsuper THEN c.relowner = r.oid ELSE pg_has_role(c.relowner, 'USAGE') END)
        ORDER BY c.relname""",
        [changed],
    )
    found.hindrances += [
        f"{role} does not own {table}: {why[superuser]}, so run the upgrade as {owner}."
        for table, owner, superuser in rows
    ]
    refused = {table for table, *_ in rows}
    for table, privileges in USED.items():
        if table in refused:
            continue
        for (privilege,) in _all(
            """SELECT privilege FROM unnest(%s::text[]) AS privilege WHERE to_regclass(%s) IS NOT NULL
            AND NOT has_table_privilege(to_regclass(%s), privilege)""",
            [list(privileges), table, table],
        ):
            found.hindrances.append(f"{role} lacks a right: GRANT {privilege} ON {table} TO {role}.")


def _extension(found: Facts) -> None:
    schema, visible, role, database, may_create, superuser = _one(
        """SELECT e.extnamespace::regnamespace::text,
            e.extnamespace = ANY (SELECT nspname::regnamespace::oid FROM unnest(current_schemas(true)) AS nspname),
            current_user, current_database(), has_database_privilege(current_database(), 'CREATE'),
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        FROM (VALUES (1)) AS one LEFT JOIN pg_extension e ON e.extname = 'pg_trgm'"""
    )
    if schema is not None:
        if not visible:
            found.hindrances.append(
                f"The extension pg_trgm is in the schema {schema}, which is not on the search_path of {role}: "
                f"ALTER ROLE {role} SET search_path = public, {schema}."
            )
        return
    versions = _all(
        """SELECT v.trusted, v.superuser FROM pg_available_extensions e
        JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
        WHERE e.name = 'pg_trgm'"""
    )
    if not versions:
        found.hindrances.append("The server lacks the extension pg_trgm: install its contrib package.")
        return
    trusted, needs_superuser = versions[0]
    if superuser:
        return
    if needs_superuser and not trusted:
        found.hindrances.append(
            f"Only a superuser may create pg_trgm here: have one run CREATE EXTENSION pg_trgm in {database}."
        )
    elif not may_create:
        found.hindrances.append(
            f"{role} may not create the extension pg_trgm: GRANT CREATE ON DATABASE {database} TO {role}, "
            "or have its owner run CREATE EXTENSION pg_trgm."
        )


def _others(found: Facts) -> None:
    """Other sessions that would make the upgrade wait."""
    found.warnings += [
        f"Process {pid} ({name or 'unnamed'}, {state}) has a transaction open for {age:.0f} s: indexes wait for it."
        for pid, age, state, name in _all(
            # A command of ours has a transaction open all the time, and holds nothing in it.
            f"""SELECT pid, EXTRACT(EPOCH FROM now() - xact_start), state, application_name FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database()
                AND now() - xact_start > make_interval(secs => %s)
                AND pid <> ALL (ARRAY({HOLDERS})) ORDER BY xact_start""",
            [LONG_TRANSACTION, ADVISORY],
        )
    ]
    found.hindrances += [
        f"The prepared transaction {gid} keeps its locks for ever: commit it or roll it back."
        for (gid,) in _all("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")
    ]


def _backup(found: Facts, version: int) -> None:
    program = pg_dump_program()
    if program is None:
        found.hindrances.append("pg_dump is missing here: install postgresql-client, or use --no-backup.")
    elif (major := major_version(program)) is not None and major < version // 10000:
        found.hindrances.append(
            f"pg_dump is of version {major} and refuses a server of version {version // 10000}: install "
            f"postgresql-client-{version // 10000}, or use --no-backup."
        )
    unreadable = _all(
        """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'S') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
            AND NOT (has_schema_privilege(n.oid, 'USAGE') AND CASE c.relkind
                WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END)
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.deptype = 'e')
        ORDER BY 1""",
        [],
    )
    if unreadable:
        names = ", ".join(name for (name,) in unreadable[:SHOWN])
        found.hindrances.append(
            f"pg_dump cannot read {len(unreadable)} tables or sequences ({names}): grant SELECT, or use --no-backup."
        )
