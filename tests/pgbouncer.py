"""A PgBouncer in transaction mode on a free loopback port: before a database of this run's server, or all of them.

`SIMLANE_TEST_POOLER=1` runs tests on PostgreSQL through one, as a site may: `make test-pooler`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.postgres import PostgresError, as_server_user, free_port

START_SECONDS = 30
#: Clients share so many sessions of the server; the upgrade's own second connection needs one of them.
SESSIONS = 2


@contextlib.contextmanager
def pooled(url: str, *, every_database: bool = False, sessions: int = SESSIONS) -> Iterator[str]:
    """The address of the database at `url` behind the pooler; raises PostgresError when that does not start."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise PostgresError("PgBouncer is missing: apt-get install pgbouncer")
    given = urlsplit(url)
    name = given.path.lstrip("/")
    directory = Path(tempfile.mkdtemp(prefix="simlane-pgbouncer-"))
    directory.chmod(0o755)
    port = free_port()
    file = directory / "pgbouncer.ini"
    server = f"host={given.hostname} port={given.port} user={given.username} password={given.password}"
    file.write_text(
        f"""[databases]
{"*" if every_database else name} = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
"""
    )
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([*as_server_user(), program, str(file)], stdout=log, stderr=log, cwd="/")
    try:
        address = f"postgres://{given.username}:{given.password}@127.0.0.1:{port}/{name}"
        _wait(process, address, directory / "log")
        yield address
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(address.replace("postgres://", "postgresql://", 1), connect_timeout=2).close()
            return
        time.sleep(0.05)
    raise PostgresError(f"PgBouncer did not start: {log.read_text(errors='replace').strip()}")
