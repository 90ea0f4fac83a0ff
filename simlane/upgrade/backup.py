"""A copy by the database's own tool, with a checksum to find damage by.

Of the whole database: the tables the upgrade changes could not be put back alone while others point at them.
How to put it back is in docs/upgrade.md; a test runs those very commands.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup; `<file>.sha256` stands beside it, in the form `sha256sum --check` reads."""

    file: Path
    bytes: int
    sha256: str


def folder(directory: Path | None) -> Path:
    """Where backups are written, when `directory` does not say it."""
    return directory or Path(settings.VAR_DIR) / "backups"


def make(directory: Path | None) -> Backup:
    """Writes one into `directory`; raises CommandError, and leaves no half of one, when that fails."""
    into = folder(directory)
    try:
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CommandError(
            f"No backup: {into} cannot be made ({error.strerror}). Choose another --directory."
        ) from error
    suffix = "dump" if connection.vendor == "postgresql" else "sqlite3"
    file = into / f"simlane-{timezone.now():%Y%m%d-%H%M%S}.{suffix}"
    half = file.with_suffix(f".{suffix}.part")
    try:
        (_pg_dump if connection.vendor == "postgresql" else _copy)(half)
        # Accounts are in it.
        half.chmod(0o600)
        with half.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        half.rename(file)
    except OSError as error:
        raise CommandError(f"No backup in {into}: {error.strerror}.") from error
    finally:
        half.unlink(missing_ok=True)
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")
    return Backup(file, file.stat().st_size, digest)


def pg_dump_program() -> str | None:
    """The pg_dump to use: of the server's version, else the next newer one, else the newest; None without any.

    An older one refuses a newer server; a newer one writes what an older pg_restore may not read.
    """
    found = {version: program for program in _pg_dumps() if (version := major_version(program))}
    if not found:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        server = cursor.fetchone()[0]
    return found[min((version for version in found if version >= server), default=max(found))]


def _pg_dumps() -> Iterator[str]:
    yield from map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))
    # Of one version the first on the path counts.
    for directory in reversed(os.get_exec_path()):
        if program := shutil.which("pg_dump", path=directory):
            yield program


def major_version(program: str) -> int | None:
    """The first number of what a program says of its version; None when it says none."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"(\d+)", answer)
    return int(match[1]) if match else None


def _pg_dump(file: Path) -> None:
    program = pg_dump_program()
    if program is None:
        raise CommandError("No backup: pg_dump is missing. Install postgresql-client, or run with --no-backup.")
    # As Django starts psql: pg_dump is told a server in the same way. Of a session's own settings it knows nothing.
    (_, *arguments), environment = connection.client.settings_to_cmd_args_env(
        connection.settings_dict, ["--format=custom", f"--file={file}"]
    )
    if options := connection.settings_dict["OPTIONS"].get("options"):
        environment = {**(environment or {}), "PGOPTIONS": options}
    done = subprocess.run(
        [program, *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"No backup: pg_dump said: {done.stderr.strip()}")


def _copy(file: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as target:
        connection.connection.backup(target)
