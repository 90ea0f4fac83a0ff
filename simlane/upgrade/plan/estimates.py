"""How long the upgrade takes and how much room it needs, from the sizes of what is there."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path

from django.conf import settings
from django.db import connection

from simlane.upgrade import backup as backups
from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.plan.wording import size
from simlane.upgrade.state import TABLE, State

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
#: On SQLite what the file, its journal and the backup take, as a multiple of the file.
SQLITE_GROWTH = 15.0
#: What a profile adds to its table, indexes and names; what each byte of its name does, over again in identifier, keys,
#: search by three letters and words that nobody else has; both measured on 10,000 to 300,000 rows.
PROFILE, NAME_BYTE = 1000, 15.5
#: Accounts and events are written anew and get an index more, as multiples of their size now.
ACCOUNTS, EVENTS = 1.5, 2.0
#: Empty tables and indexes, and what the measured growth was above the sum of the rest at most.
FIXED, MARGIN = 6_000_000, 1.1
#: Log written for a byte of growth; beyond the first checkpoints every page that is touched is logged whole again.
WAL, WAL_LATER, CHECKPOINTED = 1.75, 1.0, 250_000_000
#: Rows of a table that are compressed to see how a backup of it would be, and what its size may be above that.
SAMPLE, BACKUP_MARGIN = 2000, 1.25


def durations(found: Facts) -> None:
    """Seconds and locks of each step."""
    steps = STEPS if connection.vendor == "postgresql" else SQLITE_STEPS
    found.seconds = {name: round(rate * found.rows / 1_000_000, 1) for name, _, rate in steps}
    found.locks = {name: locks for name, locks, _ in steps}


def room(found: Facts, *, backup: bool, directory: Path | None = None) -> None:
    """Room for the data, for the server's log and for the backup, and what is free where that can be seen.

    An upgrade that is under way has taken some of it already: then what is free is noted and stops nothing.
    """
    if connection.vendor == "postgresql":
        _postgresql(found, backup=backup)
        _server_disk(found)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            found.table_bytes = cursor.fetchone()[0]
        found.disk_needed = int(found.table_bytes * SQLITE_GROWTH)
        found.disk_free = shutil.disk_usage(settings.VAR_DIR).free
    if found.backup_bytes:
        _backup_disk(found, backups.folder(directory))
    if found.disk_free is not None and found.disk_needed > found.disk_free:
        free, needed = size(found.disk_free), size(found.disk_needed)
        if found.state == State.LEGACY:
            found.hindrances.append(f"The disk has {free} free, the upgrade may need {needed}: make room.")
        else:
            found.warnings.append(
                f"The disk has {free} free; from its beginning the upgrade may need {needed}, and it is under way."
            )


def _postgresql(found: Facts, *, backup: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT pg_total_relation_size(%(table)s), pg_relation_size(%(table)s), pg_indexes_size(%(table)s),
                pg_total_relation_size('users_user'), pg_total_relation_size('sim_event'),
                (SELECT COALESCE(sum(octet_length(profile_name)), 0) FROM {TABLE})""",
            {"table": TABLE},
        )
        found.table_bytes, heap, indexes, accounts, events, names = map(int, cursor.fetchone())
    grown = heap + indexes + PROFILE * found.rows + NAME_BYTE * names + ACCOUNTS * accounts + EVENTS * events + FIXED
    found.disk_needed = int(MARGIN * grown)
    found.wal_bytes = int(WAL * found.disk_needed + WAL_LATER * max(0, found.disk_needed - CHECKPOINTED))
    if backup:
        found.backup_bytes = int(BACKUP_MARGIN * _backup_bytes())


def _backup_bytes() -> float:
    """What pg_dump would write: some rows of each table compressed as it does it, for all of its rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
                AND pg_table_size(c.oid) > 65536 AND has_schema_privilege(n.oid, 'USAGE')
                AND has_table_privilege(c.oid, 'SELECT')""",
            [],
        )
        total = 0.0
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table}")
            (rows,) = cursor.fetchone()
            cursor.execute(f"SELECT t::text FROM {table} t LIMIT {SAMPLE}")
            sample = [text for (text,) in cursor.fetchall()]
            if sample:
                total += len(zlib.compress("\n".join(sample).encode())) / len(sample) * rows
    return total


def _server_disk(found: Facts) -> None:
    """Free room in the server's directory, when the server is on this machine and tells where it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN
                current_setting('data_directory', true) END,
                inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr()"""
        )
        directory, here = cursor.fetchone()
    if directory and here and Path(directory).exists():
        try:
            found.disk_free = shutil.disk_usage(directory).free
        except OSError:
            found.disk_free = None
    if found.disk_free is None:
        found.warnings.append(
            "The server's free disk space cannot be seen from here: look on the server yourself whether there are "
            f"{size(found.disk_needed + found.wal_bytes)}."
        )


def _backup_disk(found: Facts, folder: Path) -> None:
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if free < found.backup_bytes:
        found.hindrances.append(
            f"The backup may need {size(found.backup_bytes)}, {existing} has {size(free)} free: make room, choose "
            "another --directory, or use --no-backup."
        )
