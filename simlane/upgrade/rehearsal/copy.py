"""The throwaway copy: a database of its own on the same server, gone afterwards."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.utils import ProgrammingError
from psycopg import pq

from simlane.upgrade.state import LEGACY

#: What a connection to PostgreSQL may be told; other options are Django's.
LIBPQ = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}


@dataclass(frozen=True, slots=True)
class Copy:
    """A database, and how a process is started that uses it."""

    url: str
    directory: Path

    @property
    def name(self) -> str:
        """Of the database."""
        return urlsplit(self.url).path.removeprefix("/")

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of its own, which commits each statement."""
        return psycopg.connect(self.url, autocommit=True)

    def start(
        self, *arguments: str, output: int | None = None, errors: int | None = None, role: str = ""
    ) -> subprocess.Popen[bytes]:
        """`python ARGUMENTS` with this database in its environment; `output` and `errors` as subprocess has them.

        With `role` its sessions have the rights of that role alone.
        """
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | {"DATABASE_URL": self.address(role), "VAR_DIR": str(self.directory)},
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=errors,
            # Ctrl-C reaches us, and we stop them in order.
            start_new_session=True,
        )

    def address(self, role: str = "") -> str:
        """Where the database is, for the rights of `role`."""
        if not role:
            return self.url
        parts = urlsplit(self.url)
        given = dict(parse_qsl(parts.query))
        given["options"] = f"{given.get('options', '')} -c role={role}".strip()
        return parts._replace(query=urlencode(given, quote_via=quote)).geturl()

    def manage(self, *arguments: str) -> None:
        """Runs `manage.py`; raises CommandError when it fails."""
        if code := self.start("manage.py", *arguments).wait():
            raise CommandError(f"manage.py {' '.join(arguments)} ended with status {code}, see above.")


def grant(copy: Copy, role: str) -> None:
    """Lets `role` do what a site does: read and write every row, and no more."""
    name = connection.ops.quote_name(role)
    with copy.connect() as server:
        server.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
        server.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")


def _address(database: str) -> str:
    """The address of another database of the server, which is reached in the same way."""
    given = connection.settings_dict
    server = f"{given['HOST'] or 'localhost'}:{given['PORT'] or 5432}"
    user = f"{quote(given['USER'], '')}:{quote(given['PASSWORD'], '')}"
    return f"postgresql://{user}@{server}/{database}?{urlencode(options(), quote_via=quote)}"


def options() -> dict[str, object]:
    """How the server is reached, of what the site's connection was told; the rest is Django's, or the pool's."""
    return {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name in LIBPQ}


@contextmanager
def throwaway(template: str | None, directory: Path) -> Iterator[Copy]:
    """Of the database `template`, or an empty one at `sim.0008`. Raises CommandError when it cannot be made."""
    name = f"simlane_rehearsal_{secrets.token_hex(4)}"
    q = connection.ops.quote_name
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"CREATE DATABASE {q(name)}" + (f" TEMPLATE {q(template)}" if template else ""))
        except (ProgrammingError, psycopg.Error) as error:
            raise CommandError(f"No copy to rehearse on: {error}".strip()) from error
    copy = Copy(_address(name), directory)
    try:
        if not template:
            copy.manage("migrate", "users", "0001_initial", "-v0")
            copy.manage("migrate", "sim", LEGACY, "-v0")
        yield copy
    finally:
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"DROP DATABASE IF EXISTS {q(name)} WITH (FORCE)")
            except ProgrammingError:
                # An ordinary role may not end a vacuum there; without FORCE the server itself does.
                cursor.execute(f"DROP DATABASE IF EXISTS {q(name)}")
