"""The real server in a process of its own, for the tests that ask what it bears."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests import databases

ROOT = Path(__file__).resolve().parents[2]
SERVED = re.compile(r"SimLane serves http://([^/:]+):(\d+)/")


def environment(directory: Path, **variables: str) -> dict[str, str]:
    """What a shell would pass on, and nothing of the tests' own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "VAR_DIR": str(directory / "var"), "HTTPS": "0", **variables}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Answer:
    status: int
    text: str
    seconds: float
    headers: dict[str, str]


@dataclass
class Served:
    """A running site; `log` is what it has written to standard error."""

    process: subprocess.Popen[str]
    host: str
    port: int
    log: Path

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        began = time.monotonic()
        connection = HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, text, time.monotonic() - began, found)
        finally:
            connection.close()

    def connect(self, first: bytes) -> socket.socket:
        """A connection on which so much was said."""
        made = socket.create_connection((self.host, self.port), timeout=30)
        made.sendall(first)
        return made


@contextlib.contextmanager
def served(directory: Path, *, before: str = "", workers: int = 1, **variables: str) -> Iterator[Served]:
    """`manage.py serve` on a migrated database, until the end of a `with`; `before` is a shell's command."""
    own = {"PORT": str(free_port()), "WEB_WORKERS": str(workers), "STATIC_DIR": str(databases.static_files())}
    given = environment(directory, **own, **variables)
    # A disk of its own is there only for the processes of one name space.
    names = ["unshare", "--mount"] if before else []
    if "DATABASE_URL" in variables:
        databases.fill_elsewhere(databases.NEWEST, variables["DATABASE_URL"])
    elif not before:
        (directory / "var").mkdir(exist_ok=True)
        databases.copy_file(databases.NEWEST, directory / "var" / "simlane.sqlite3")
    log = directory / "log"
    with log.open("w", encoding="utf-8") as written:
        process = subprocess.Popen(
            [*names, "sh", "-c", f"{before or 'true'} && exec $0 manage.py serve", sys.executable],
            env=given,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        said = SERVED.search(process.stdout.readline())
        assert said, log.read_text(encoding="utf-8")
        site = Served(process, said[1], int(said[2]), log)
        # The first answer comes when the worker is up.
        site.ask("/healthz")
        yield site
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.stdout is not None:
            process.stdout.close()
