"""What `upgrade_profiles plan` finds out, by reading: what is there, what it will take, and what would stop it."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.identifier_sql import NAME_LENGTH, platform_sql
from simlane.upgrade import grants
from simlane.upgrade.backup import pg_dump_program
from simlane.upgrade.state import TABLE, State, pending, position

SHOWN = 10
#: A transaction as old as this (seconds) would make every index build wait.
LONG_TRANSACTION = 60

#: Each step, what it locks and for how long, and its seconds per million profiles, as `make bench-upgrade` measured
#: on two cores.
STEPS = (
    ("backup", "reads only", 6.0),
    ("expand", "profiles exclusively for some milliseconds", 1.5),
    ("backfill", "a batch of rows at a time, for about 60 ms", 20.0),
    ("unique", "indexes concurrently; then profiles exclusively for some milliseconds", 3.0),
    ("names and indexes", "a batch of rows at a time, for about 60 ms; indexes concurrently", 130.0),
    ("verify", "reads only", 5.0),
    ("contract", "profiles exclusively for some milliseconds", 0.1),
)
SQLITE_STEPS = (
    ("backup", "reads only", 3.0),
    ("migrate", "the whole file", 333.0),
    ("verify", "reads only", 3.0),
)
#: What the table and its indexes grow by while old row versions wait for a vacuum, as a multiple of their size; on
#: SQLite what the file, its journal and the backup take, as a multiple of the file.
GROWTH, SQLITE_GROWTH = 4.0, 15.0


@dataclass(slots=True)
class Facts:
    """What was found; times in seconds, sizes in bytes."""

    state: str
    sentence: str
    pending: list[str]
    rows: int = 0
    accounts: int = 0
    with_platform_id: int = 0
    with_fallback: int = 0
    contested_ids: int = 0
    contested_profiles: int = 0
    contested: list[dict[str, Any]] = field(default_factory=list)
    names_cut: int = 0
    table_bytes: int = 0
    disk_needed: int = 0
    disk_free: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)
    grants: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    hindrances: list[str] = field(default_factory=list)


def collect() -> Facts:
    """Reads everything; changes nothing."""
    where = position()
    found = Facts(where.state.value, where.state.sentence, [f"{app}.{name}" for app, name in pending()])
    if where.state is State.EMPTY:
        return found
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")
        found.rows = cursor.fetchone()[0]
        cursor.execute("SELECT COUNT(*) FROM users_user")
        found.accounts = cursor.fetchone()[0]
    if where.state is State.LEGACY:
        _identifiers(connection, found)
    steps = STEPS if connection.vendor == "postgresql" else SQLITE_STEPS
    found.seconds = {name: round(rate * found.rows / 1_000_000, 1) for name, _, rate in steps}
    found.locks = {name: locks for name, locks, _ in steps}
    upgrading = where.state in {State.LEGACY, State.UPGRADING}
    if connection.vendor == "postgresql":
        _postgresql(found, upgrading=upgrading)
    else:
        found.warnings.append("SQLite has one writer: stop the site, run the upgrade, start the new release.")
        _sqlite(found, upgrading=upgrading)
    if found.disk_free is not None and found.disk_needed > found.disk_free:
        found.hindrances.append(
            f"The disk has {_size(found.disk_free)} free, the upgrade may need {_size(found.disk_needed)}: make room."
        )
    return found


def _identifiers(database: BaseDatabaseWrapper, found: Facts) -> None:
    """Who has a platform's id, who shares one, whose name will be cut in the fallback."""
    platform = platform_sql(database, "s.slug", "p.profile_data")
    ids = f"""SELECT p.id, p.user_id, s.slug, p.profile_name, p.created_at, {platform} AS platform_id
        FROM {TABLE} p JOIN sim_simulator s ON s.id = p.simulator_id"""
    groups = f"""SELECT slug, platform_id, COUNT(*) AS claims FROM ({ids}) AS found WHERE platform_id IS NOT NULL
        GROUP BY slug, platform_id"""
    with transaction.atomic(database.alias), database.cursor() as cursor:
        if database.vendor == "postgresql":
            # To compile the expressions takes longer than to run them.
            cursor.execute("SET LOCAL jit = off")
        cursor.execute(
            f"""SELECT COALESCE(SUM(claims), 0), COUNT(CASE WHEN claims > 1 THEN 1 END),
            COALESCE(SUM(CASE WHEN claims > 1 THEN claims END), 0) FROM ({groups}) AS grouped"""
        )
        with_id, contested_ids, contested_profiles = map(int, cursor.fetchone())
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE} WHERE length(profile_name) > {NAME_LENGTH}")
        found.names_cut = cursor.fetchone()[0]
        if contested_ids:
            cursor.execute(
                f"""SELECT g.slug, g.platform_id, f.id, f.profile_name, u.username FROM
                (SELECT * FROM ({groups}) AS all_groups WHERE claims > 1 ORDER BY slug, platform_id LIMIT {SHOWN}) AS g
                JOIN ({ids}) AS f ON f.slug = g.slug AND f.platform_id = g.platform_id
                JOIN users_user u ON u.id = f.user_id ORDER BY g.slug, g.platform_id, f.created_at, f.id"""
            )
            found.contested = [
                {"simulator": slug, "identifier": identifier, "profile": str(key), "name": name, "owner": owner}
                for slug, identifier, key, name, owner in cursor.fetchall()
            ]
    found.with_platform_id, found.with_fallback = with_id, found.rows - with_id
    found.contested_ids, found.contested_profiles = contested_ids, contested_profiles


def _sqlite(found: Facts, *, upgrading: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        found.table_bytes = cursor.fetchone()[0]
    if upgrading:
        found.disk_needed = int(found.table_bytes * SQLITE_GROWTH)
    found.disk_free = shutil.disk_usage(settings.VAR_DIR).free


def _postgresql(found: Facts, *, upgrading: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, pg_total_relation_size(%s)", [TABLE])
        version, found.table_bytes = cursor.fetchone()
        if version < 150000:
            found.hindrances.append("PostgreSQL is older than 15: upgrade the server first.")
        cursor.execute(
            """SELECT pid, EXTRACT(EPOCH FROM now() - xact_start), state, application_name FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database()
                AND now() - xact_start > make_interval(secs => %s) ORDER BY xact_start""",
            [LONG_TRANSACTION],
        )
        found.warnings += [
            f"Process {pid} ({name or 'unnamed'}, {state}) has a transaction open for {age:.0f} s: indexes wait for it."
            for pid, age, state, name in cursor.fetchall()
        ]
        cursor.execute("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")
        found.hindrances += [
            f"The prepared transaction {gid} keeps its locks for ever: commit it or roll it back."
            for (gid,) in cursor.fetchall()
        ]
        cursor.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)", [TABLE])
        if not cursor.fetchone()[0]:
            found.hindrances.append(f"This database user does not own {TABLE}: only its owner can alter it.")
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'),
            EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm')"""
        )
        installed, available = cursor.fetchone()
        if not installed and not available:
            found.hindrances.append("The server lacks the extension pg_trgm: install its contrib package.")
        cursor.execute(
            "SELECT current_setting('data_directory', true) WHERE pg_has_role('pg_read_all_settings', 'USAGE')"
        )
        directory = cursor.fetchone()
    if upgrading:
        found.disk_needed = int(found.table_bytes * GROWTH)
        found.grants = grants.granted(connection)
        of_roles, stopping = grants.notes(connection)
        found.warnings += of_roles
        found.hindrances += stopping
    if directory and directory[0]:
        try:
            found.disk_free = shutil.disk_usage(directory[0]).free
        except OSError:
            found.warnings.append(
                f"The server's disk cannot be seen from here: look for {_size(found.disk_needed)} free."
            )
    if found.state == State.LEGACY and pg_dump_program() is None:
        found.warnings.append("pg_dump is missing here: install postgresql-client, or run with --no-backup.")


def as_json(found: Facts) -> dict[str, Any]:
    """All of it."""
    return asdict(found)


def lines(found: Facts) -> list[str]:
    """The same for a person."""
    text = [
        found.sentence,
        f"{found.rows:,} profiles, {found.accounts:,} accounts, {len(found.pending)} migrations to apply",
    ]
    if found.state == State.LEGACY:
        text += [
            f"  {found.with_platform_id:,} have their platform's id, {found.with_fallback:,} get one of their name",
            f"  {found.contested_ids:,} ids are claimed by {found.contested_profiles:,} profiles: none is verified",
        ]
        text += [
            f"    {each['simulator']} {each['identifier']}: {each['name']!r} of {each['owner']} ({each['profile']})"
            for each in found.contested
        ]
        text.append(
            f"  {found.names_cut:,} names are longer than {NAME_LENGTH} letters: cut in the identifier, kept as names"
        )
    if found.state in {State.LEGACY, State.UPGRADING}:
        text.append(f"{'step':<18} {'about':>8}  what it locks")
        text += [f"{name:<18} {found.seconds[name]:>6.1f} s  {found.locks[name]}" for name in found.seconds]
        free = f", {_size(found.disk_free)} free" if found.disk_free is not None else ""
        text.append(f"Disk: up to {_size(found.disk_needed)} more, at times{free}.")
    text += [f"Will grant {each}" for each in found.grants]
    text += [f"Note: {each}" for each in found.warnings]
    text += [f"STOP: {each}" for each in found.hindrances]
    return text


def _size(size: int | None) -> str:
    return f"{(size or 0) / 1e6:,.0f} MB"
