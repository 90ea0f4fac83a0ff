"""A Redis for one test: in a temporary directory, on a free loopback port, gone afterwards."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.postgres import free_port

START_SECONDS = 10


class RedisError(RuntimeError):
    """Redis is not installed, or did not start."""


@dataclass
class Redis:
    """A server that a test may stop and start again on its port."""

    directory: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise RedisError("Redis is missing: apt-get install redis-server")
        given = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(self.directory)]
        self.process = subprocess.Popen([program, *given], stdout=subprocess.DEVNULL)
        until = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                if line.recv(7) == b"+PONG\r\n":
                    return
            time.sleep(0.01)
        raise RedisError("Redis did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def server() -> Iterator[Redis]:
    """Started; raises RedisError when it is not installed or does not start."""
    with TemporaryDirectory(prefix="simlane-redis-") as directory:
        redis = Redis(Path(directory))
        try:
            redis.start()
            yield redis
        finally:
            redis.stop()
