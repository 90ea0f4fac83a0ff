"""Old partitions into compressed files, and back: `sim_lap-<first entry>-<end>.csv.gz`, its SHA-256 beside it."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.management.base import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.partitions.locks import Say, patiently
from simlane.sim.partitions.tables import (
    TABLE,
    TAKEN_OUT,
    columns,
    detached,
    is_partitioned,
    last_entry,
    name_of,
    partitions,
    share,
)

_FILE = re.compile(rf"{TABLE}-(\d+)-(\d+)\.csv\.gz")
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Archived:
    """A partition that is in a file now."""

    file: Path
    rows: int
    sha256: str


def due(
    connection: BaseDatabaseWrapper, before_entry: int | None, older_than: datetime | None
) -> list[tuple[int, int]]:
    """First entry and end of the partitions all of whose entries are before `before_entry`, or of older events.

    None that entries may still come to: a later one must be in.
    """
    last = last_entry(connection)
    until = last if before_entry is None else min(last, before_entry)
    closed = [(each.low, each.high) for each in partitions(connection) if each.high is not None and each.high <= until]
    if older_than is not None:
        newest = {bounds: _newest(connection, *bounds) for bounds in closed}
        closed = [bounds for bounds, at in newest.items() if at is None or at < older_than]
    return closed


def _newest(connection: BaseDatabaseWrapper, low: int, high: int) -> datetime | None:
    """When the latest event of these entries was; None when none of them is there any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT max(e.listed_at) FROM sim_entry n JOIN sim_session s ON s.id = n.session_id
            JOIN sim_event e ON e.id = s.event_id WHERE n.id >= %s AND n.id < %s""",
            [low, high],
        )
        found: datetime | None = cursor.fetchone()[0]
    return found


def file_of(directory: Path, low: int, high: int) -> Path:
    """Where the laps of these entries go."""
    return directory / f"{TABLE}-{low}-{high}.csv.gz"


def archive(connection: BaseDatabaseWrapper, low: int, high: int, directory: Path, say: Say) -> Archived:
    """Takes the partition out, writes it, reads the file again, and drops the table: interrupted, it goes on.

    Raises CommandError, before anything is changed, when the file cannot be written there or is there already.
    """
    name, file = name_of(low), file_of(directory, low, high)
    half = file.with_name(f"{file.name}.part")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if file.exists():
            raise CommandError(f"{file} is there already: move it elsewhere. Nothing was changed.")
        half.touch()
    except OSError as error:
        raise CommandError(f"{half} cannot be written ({error.strerror}). Nothing was changed.") from error

    def detach() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name}")
            # What an interrupted one is told by.
            cursor.execute(f"COMMENT ON TABLE {name} IS '{TAKEN_OUT.format(low=low, high=high)}'")

    def drop() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {name}")

    if any(each.name == name for each in partitions(connection)):
        patiently(connection, f"Detaching {name}", detach, say)
    try:
        rows = _write(connection, name, half)
        digest = _sha256(half)
        if (found := _lines(half) - 1) != rows:
            raise CommandError(f"{half} has {found:,} laps of {rows:,}: {name} stays. Run the same command again.")
    except OSError as error:
        raise CommandError(
            f"{half} could not be written ({error.strerror}): {name} stays as a table of its own. Run the same command "
            "again, or with another directory."
        ) from error
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")
    half.rename(file)
    patiently(connection, f"Dropping {name}", drop, say)
    return Archived(file, rows, digest)


def restore(connection: BaseDatabaseWrapper, file: Path, say: Say) -> tuple[int, int]:
    """Brings the laps of a file back; returns how many, and how many had no entry any more and were left out.

    As a partition, or into those that hold such entries now, or into the one table. Raises CommandError for a file
    that is not whole or of other columns; nothing was changed then.
    """
    match = _FILE.fullmatch(file.name)
    if not match or not file.is_file():
        raise CommandError(f"{file} is no file of an archive: {TABLE}-<first entry>-<end>.csv.gz.")
    low, high = int(match[1]), int(match[2])
    _check(file)
    name = name_of(low)
    attached = partitions(connection) if is_partitioned(connection) else []
    free = is_partitioned(connection) and not any(
        each.low < high and (each.high is None or each.high > low) for each in attached
    )
    loaded = name if free else f"{name}_back"

    def attach() -> None:
        with connection.cursor() as cursor:
            if free:
                cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {loaded} FOR VALUES FROM ({low}) TO ({high})")
                cursor.execute(f"ALTER TABLE {loaded} DROP CONSTRAINT {loaded}_bounds")
            else:
                names = ", ".join(columns(connection))
                cursor.execute(f"INSERT INTO {TABLE} ({names}) SELECT {names} FROM {loaded} ON CONFLICT DO NOTHING")
                cursor.execute(f"DROP TABLE {loaded}")

    if any(each == name for each, *_ in detached(connection)):
        raise CommandError(f"{name} is there as a table of its own: an archive was interrupted. Run that again first.")
    rows, left_out = _load(connection, file, loaded, low, high)
    patiently(connection, f"Attaching {loaded}", attach, say)
    return rows, left_out


def _load(connection: BaseDatabaseWrapper, file: Path, table: str, low: int, high: int) -> tuple[int, int]:
    with connection.cursor() as cursor, gzip.open(file, "rb") as content:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        names = content.readline().decode().strip().split(",")
        cursor.execute(f"CREATE TABLE {table} (LIKE {TABLE} INCLUDING ALL)")
        share(cursor, table)
        if unknown := set(names) - set(columns(connection)):
            cursor.execute(f"DROP TABLE {table}")
            raise CommandError(f"{file} has columns that laps have not: {', '.join(sorted(unknown))}.")
        with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT csv)") as copy:
            while piece := content.read(PIECE):
                copy.write(piece)
        cursor.execute(f"DELETE FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM sim_entry n WHERE n.id = t.entry_id)")
        left_out = int(cursor.rowcount)
        bounds = f"CHECK (entry_id >= {low} AND entry_id < {high})"
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_bounds {bounds}")
        cursor.execute(f"ANALYZE {table}")
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0]), left_out


def _check(file: Path) -> None:
    """Raises CommandError when the file is not the one whose checksum stands beside it."""
    beside = file.with_name(f"{file.name}.sha256")
    try:
        said = beside.read_text().split()[0]
    except (OSError, IndexError) as error:
        raise CommandError(f"{beside} is missing or empty: it says what {file.name} must be.") from error
    if said != _sha256(file):
        raise CommandError(f"{file} is damaged: its checksum is not that of {beside.name}. Nothing was changed.")


def _write(connection: BaseDatabaseWrapper, table: str, file: Path) -> int:
    names = ", ".join(columns(connection, table))
    query = f"SELECT {names} FROM {table} ORDER BY entry_id, number"
    with file.open("wb") as raw, connection.cursor() as cursor:
        with (
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6) as packed,
            cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as copy,
        ):
            for piece in copy:
                packed.write(piece)
        raw.flush()
        os.fsync(raw.fileno())
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def _lines(file: Path) -> int:
    with gzip.open(file, "rb") as content:
        return sum(piece.count(b"\n") for piece in iter(lambda: content.read(PIECE), b""))


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
