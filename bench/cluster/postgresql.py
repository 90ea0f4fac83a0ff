"""One PostgreSQL of the three, with the Patroni that starts it and says what it is."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.cluster.programs import Program, fetch, send, tree

Session = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Node:
    """A machine of the database: what happens to it happens to all that runs there."""

    name: str
    directory: Path
    port: int
    patroni_port: int
    password: str
    program: Program

    def url(self, database: str = "simlane") -> str:
        """Of the superuser, past HAProxy and PgBouncer."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "simlane") -> Session:
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=3)

    def start(self) -> None:
        self.program.start()

    def kill(self) -> None:
        """As a machine that loses its power: Patroni, and every process of PostgreSQL."""
        send(self._ids(), signal.SIGKILL)
        self.program.kill()

    def freeze(self) -> None:
        """As a machine that is cut off: nothing that runs there answers, and its connections stay open."""
        send(self._ids(), signal.SIGSTOP)
        # One that was made meanwhile.
        send(self._ids(), signal.SIGSTOP)

    def thaw(self) -> None:
        send(self._ids(), signal.SIGCONT)

    def says(self) -> dict[str, Any]:
        """What Patroni knows of the cluster; nothing where it does not answer."""
        answer = fetch(f"http://127.0.0.1:{self.patroni_port}/cluster", 1)
        said: dict[str, Any] = json.loads(answer) if answer else {}
        return said

    def end(self) -> None:
        """At once: its directory goes as well. Its memory goes with the last process."""
        self.thaw()
        ids = self._ids()
        self.program.kill()
        postmaster = self._postmaster()
        send([postmaster] if postmaster else [], signal.SIGQUIT)
        # Its children end with it; those that do not are known by their ids.
        for each in ids:
            _wait_for_end(each)

    def _ids(self) -> list[int]:
        found = self.program.ids()
        postmaster = self._postmaster()
        if postmaster is not None and postmaster not in found:
            # Its Patroni was killed, and it lives on.
            found += tree(postmaster)
        return found

    def _postmaster(self) -> int | None:
        """The process that runs on this data directory, if one does: a file of a killed one may name any process."""
        data = self.directory / "data"
        with contextlib.suppress(OSError, ValueError, IndexError):
            number = int((data / "postmaster.pid").read_text().split()[0])
            if Path(os.readlink(f"/proc/{number}/cwd")) == data.resolve():
                return number
        return None


def _wait_for_end(number: int) -> None:
    """Until it is gone; killed when it does not go by itself."""
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(number)
        try:
            if not select.select([descriptor], [], [], 5)[0]:
                send([number], signal.SIGKILL)
        finally:
            os.close(descriptor)
