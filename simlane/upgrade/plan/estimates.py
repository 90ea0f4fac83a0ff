"""How long the upgrade takes and how much room it needs, from the sizes of what is there."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection

from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.plan.wording import size
from simlane.upgrade.state import TABLE

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


def durations(found: Facts) -> None:
    """Seconds and locks of each step."""
    steps = STEPS if connection.vendor == "postgresql" else SQLITE_STEPS
    found.seconds = {name: round(rate * found.rows / 1_000_000, 1) for name, _, rate in steps}
    found.locks = {name: locks for name, locks, _ in steps}


def room(found: Facts, *, backup: bool) -> None:
    """Room for the data, for the server's log and for the backup, and what is free where that can be seen."""
    if connection.vendor == "postgresql":
        _postgresql(found)
        _server_disk(found)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            found.table_bytes = cursor.fetchone()[0]
        found.disk_needed = int(found.table_bytes * SQLITE_GROWTH)
        found.disk_free = shutil.disk_usage(settings.VAR_DIR).free
    if found.disk_free is not None and found.disk_needed > found.disk_free:
        found.hindrances.append(
            f"The disk has {size(found.disk_free)} free, the upgrade may need {size(found.disk_needed)}: make room."
        )


def _postgresql(found: Facts) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [TABLE])
        found.table_bytes = cursor.fetchone()[0]
    found.disk_needed = int(found.table_bytes * GROWTH)


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
