"""A PostgreSQL server for one run: in a temporary directory, on a free loopback port, gone afterwards.

    with cluster() as server:
        connect(server.url)

or `python -m tests.postgres COMMAND...`, which runs the command with `DATABASE_URL`, `SIMLANE_TEST_POSTGRESQL_URL`
and, for tests that must prepare something as the server's administrator, `SIMLANE_TEST_POSTGRESQL_ADMIN_URL` set.
The site's own role is an ordinary one, as on an operator's server: it may sign in, make databases, and owns its own.
It is fast because it does not survive a power cut: keep nothing in it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

START_SECONDS = 30
#: The ordinary role, and the database it owns.
ROLE = DATABASE = "simlane"
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB")


class PostgresError(RuntimeError):
    """PostgreSQL is not installed, or did not start."""


@dataclass(frozen=True)
class Cluster:
    """A running server: where its files are and how to reach it."""

    directory: Path
    port: int
    password: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The address of the ordinary role's database."""
        return self.database(DATABASE)

    def database(self, name: str) -> str:
        """The address of one of its databases, for the ordinary role."""
        return f"postgres://{ROLE}:{self.password}@127.0.0.1:{self.port}/{name}"

    @property
    def admin_url(self) -> str:
        """The address of the same database for the superuser."""
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def environment(self) -> dict[str, str]:
        """What a command beside it reads; programs of its version, such as pg_dump, come first."""
        return {
            "PATH": search_path(),
            "DATABASE_URL": self.url,
            "SIMLANE_TEST_POSTGRESQL_URL": self.url,
            "SIMLANE_TEST_POSTGRESQL_ADMIN_URL": self.admin_url,
        }


def administrator(database: str) -> psycopg.Connection[tuple[object, ...]]:
    """A superuser's connection, which commits each statement, to a database of this run's server.

    A server that `SIMLANE_TEST_POSTGRESQL_URL` alone names has no other address: its role must be a superuser then.
    """
    url = os.environ.get("SIMLANE_TEST_POSTGRESQL_ADMIN_URL") or os.environ["SIMLANE_TEST_POSTGRESQL_URL"]
    parts = urlsplit(url)
    return psycopg.connect(urlunsplit(parts._replace(scheme="postgresql", path=f"/{database}")), autocommit=True)


def binaries() -> Path:
    """The directory of the server's programs: the one that `SIMLANE_POSTGRESQL_BIN` names, or the newest installed.

    Raises PostgresError when there is none of version 15 or later.
    """
    if given := os.environ.get("SIMLANE_POSTGRESQL_BIN"):
        return _chosen(Path(given))
    found: list[tuple[int, Path]] = []
    for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        version = initdb.parent.parent.name
        if version.isdigit() and int(version) >= 15:
            found.append((int(version), initdb.parent))
    on_path = shutil.which("initdb")
    if on_path and not found and (version := _version(on_path)) >= 15:
        found.append((version, Path(on_path).resolve().parent))
    if not found:
        raise PostgresError("PostgreSQL 15 or later is missing: apt-get install postgresql")
    return max(found)[1]


def _version(program: str | Path) -> int:
    """The major version a program of PostgreSQL says it is of."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)", answer)
    return int(match[1]) if match else 0


def _chosen(directory: Path) -> Path:
    programs = [directory / name for name in ("initdb", "postgres")]
    if not all(program.is_file() for program in programs):
        raise PostgresError(f"SIMLANE_POSTGRESQL_BIN: {directory} has no initdb and postgres.")
    if _version(programs[1]) < 15:
        raise PostgresError(f"SIMLANE_POSTGRESQL_BIN: {directory} is older than PostgreSQL 15.")
    return directory.resolve()


def search_path() -> str:
    """PATH with the server's own programs first: its pg_dump and psql are of its version."""
    return os.pathsep.join([str(binaries()), os.environ.get("PATH", os.defpath)])


def as_server_user() -> list[str]:
    """What to put before a server program: it refuses to run as root, and dies with us either way."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig", "QUIT"] if setpriv else []
    if not setpriv:
        raise PostgresError("setpriv is missing: apt-get install util-linux")
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--pdeathsig",
        "QUIT",
    ]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def cluster(*settings: str, before: Sequence[str] = ()) -> Iterator[Cluster]:
    """A server for the length of a `with`; `settings` are `name=value` lines of postgresql.conf.

    `before` is put before the server's own command line: what sets up where it runs, and executes it.

    Raises PostgresError when the server is not installed or does not start.
    """
    programs = binaries()
    user = as_server_user()
    directory = Path(tempfile.mkdtemp(prefix="simlane-postgres-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        password = secrets.token_urlsafe(24)
        (directory / "password").write_text(password, encoding="utf-8")
        if os.geteuid() == 0:
            owner = next(part for part in user if part.startswith("--reuid=")).partition("=")[2]
            for path in (directory, directory / "password"):
                os.chown(path, int(owner), -1)
        _init(programs, user, directory)
        port, process = _start(programs, [*before, *user], directory, password, settings)
        _make_role(port, password)
        yield Cluster(directory, port, password, process)
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def standby(primary: Cluster) -> Iterator[Cluster]:
    """The same server for the length of a `with` as a standby that has lost its primary: it can be read only."""
    primary.process.send_signal(signal.SIGINT)
    primary.process.wait(START_SECONDS)
    (primary.directory / "data" / "standby.signal").touch()
    port, process = _start(binaries(), as_server_user(), primary.directory, primary.password, ())
    try:
        yield replace(primary, port=port, process=process)
    finally:
        _stop(process)


@contextlib.contextmanager
def replica(primary: Cluster) -> Iterator[Cluster]:
    """A streaming replica of the server, for the length of a `with`: it follows what is written there."""
    programs, user = binaries(), as_server_user()
    directory = Path(tempfile.mkdtemp(prefix="simlane-replica-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        if os.geteuid() == 0:
            os.chown(directory, primary.directory.stat().st_uid, -1)
        address = f"host=127.0.0.1 port={primary.port} user=postgres password={primary.password}"
        given = ["--pgdata", str(directory / "data"), "--dbname", address, "--write-recovery-conf", "--checkpoint=fast"]
        command = [*user, str(programs / "pg_basebackup"), *given, "--no-sync"]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode:
            raise PostgresError(f"pg_basebackup failed: {done.stderr.strip()}")
        port, process = _start(programs, user, directory, primary.password, ())
        yield replace(primary, directory=directory, port=port, process=process)
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def restored(source: Cluster, directory: Path, before: Sequence[str] = ()) -> Iterator[Cluster]:
    """The source as restored from a backup, its `data` in the directory, for the length of a `with`."""
    port, process = _start(binaries(), [*before, *as_server_user()], directory, source.password, ())
    try:
        yield replace(source, directory=directory, port=port, process=process)
    finally:
        _stop(process)


@contextlib.contextmanager
def kept(directory: Path, *settings: str) -> Iterator[Cluster]:
    """A cluster whose `data` and `password` are in the directory and stay there, for the length of a `with`."""
    password = (directory / "password").read_text(encoding="utf-8")
    port, process = _start(binaries(), as_server_user(), directory, password, settings)
    try:
        yield Cluster(directory, port, password, process)
    finally:
        _stop(process)


def _init(programs: Path, before: list[str], directory: Path) -> None:
    done = subprocess.run(
        [
            *before,
            str(programs / "initdb"),
            f"--pgdata={directory / 'data'}",
            "--username=postgres",
            f"--pwfile={directory / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PostgresError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def _start(
    programs: Path, before: list[str], directory: Path, password: str, settings: tuple[str, ...]
) -> tuple[int, subprocess.Popen[bytes]]:
    """Start on a free port; another process may take it between the look and the bind, so look again."""
    log = directory / "log"
    for _ in range(3):
        port = free_port()
        options = [
            f"port={port}",
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={directory}",
            *SPEED,
            *settings,
        ]
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches us, and we stop it in order.
            process = subprocess.Popen(
                [
                    *before,
                    str(programs / "postgres"),
                    "-D",
                    str(directory / "data"),
                    *[part for option in options for part in ("-c", option)],
                ],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            if _answers(process, port, password):
                return port, process
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    raise PostgresError(f"PostgreSQL did not start: {log.read_text(encoding='utf-8', errors='replace').strip()}")


def _answers(process: subprocess.Popen[bytes], port: int, password: str) -> bool:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(
                host="127.0.0.1",
                port=port,
                user="postgres",
                password=password,
                dbname="postgres",
                connect_timeout=2,
            ).close()
            return True
        time.sleep(0.05)
    return False


def _make_role(port: int, password: str) -> None:
    with psycopg.connect(
        host="127.0.0.1", port=port, user="postgres", password=password, dbname="postgres", autocommit=True
    ) as admin:
        # The password holds letters, digits, "-" and "_" only.
        admin.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER PASSWORD '{password}'")
        admin.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    # SIGQUIT is PostgreSQL's immediate shutdown: nothing in here is worth a checkpoint.
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(command: list[str]) -> int:
    """Run the command beside a server, or without one show the address until Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with cluster() as server:
            if not command:
                print(server.url, flush=True)
                signal.pause()
            child = subprocess.Popen(command, env=os.environ | server.environment)
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:
                    # From a terminal it has reached the child as well; after SIGTERM it has not.
                    child.terminate()
    except PostgresError as error:
        print(f"simlane: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
