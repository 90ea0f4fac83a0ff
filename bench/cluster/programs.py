"""Programs that are started, killed, frozen and ended here, each by its own id and those of its children."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from tests.postgres import as_server_user

#: An empty environment but for these: no setting of the shell that starts a cluster is one of the cluster's.
KEPT = ("HOME", "LANG", "PATH")
END_SECONDS = 20.0
ROOT = Path(__file__).resolve().parents[2]
#: Everything is on this machine, whatever proxy its shell names.
_opener = build_opener(ProxyHandler({}))


class ClusterError(RuntimeError):
    """A program is missing, did not start, or did not become what was waited for."""


@dataclass
class Program:
    """One program with its log; `as_server` is for those that refuse to run as root."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    as_server: bool = False
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        kept["PATH"] = f"{kept.get('PATH', os.defpath)}:/usr/sbin"
        before = as_server_user() if self.as_server else []
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C reaches us, and we end them in order.
            self.process = subprocess.Popen(
                [*before, *self.command],
                cwd="/" if self.as_server else ROOT,
                env={**kept, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ids(self) -> list[int]:
        """Of the process and of all that it has started, parents first."""
        return tree(self.process.pid) if self.process is not None and self.is_running else []

    def kill(self) -> None:
        """As a machine that loses its power: all at once."""
        send(self.ids(), signal.SIGKILL)
        self._reap()

    def freeze(self) -> None:
        send(self.ids(), signal.SIGSTOP)

    def thaw(self) -> None:
        send(self.ids(), signal.SIGCONT)

    def ask_to_end(self) -> None:
        self.thaw()
        if self.process is not None and self.is_running:
            self.process.terminate()

    def end(self) -> None:
        """In order where it ends in time."""
        self.ask_to_end()
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(END_SECONDS)
        self.kill()

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-10:])

    def _reap(self) -> None:
        if self.process is not None:
            self.process.wait(END_SECONDS)


def tree(root: int) -> list[int]:
    """A process and its children and theirs, parents first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = [root]
    for each in found:
        found += children.get(each, [])
    return found


def send(ids: Sequence[int], number: signal.Signals) -> None:
    """A signal to each that is still there."""
    for each in ids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, number)


def free_ports(count: int) -> list[int]:
    """Different ones on loopback, below those that clients are given: a server that is down keeps its port."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    among = range(15_000, lowest) if lowest >= 20_000 else range(20_000, 60_000)
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        for port in random.sample(among, len(among)):
            held = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                held.bind(("127.0.0.1", port))
                found.append(port)
            if len(found) == count:
                break
    return found


def wait_until(is_so: Callable[[], bool], what: str, seconds: float, *, among: Sequence[Program] = ()) -> float:
    """Seconds that it took. Raises ClusterError when it takes longer, or when one of the programs has ended."""
    began = time.monotonic()
    while not is_so():
        for program in among:
            if not program.is_running:
                raise ClusterError(f"{program.name} has ended:\n{program.last_words()}")
        if time.monotonic() - began > seconds:
            words = "\n".join(f"{program.name}: {program.last_words()}" for program in among)
            raise ClusterError(f"After {seconds:.0f} s: {what}.\n{words}")
        time.sleep(0.1)
    return time.monotonic() - began


def give_to_server(*paths: Path) -> None:
    """Makes the account the owner that the servers run as."""
    if os.geteuid() == 0:
        owner = next(part for part in as_server_user() if part.startswith("--reuid=")).partition("=")[2]
        for path in paths:
            os.chown(path, int(owner), pwd.getpwuid(int(owner)).pw_gid)


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def fetch(url: str, seconds: float) -> bytes | None:
    """What is answered; None without an answer, or for one that says no."""
    try:
        with _opener.open(url, timeout=seconds) as answer:
            return bytes(answer.read())
    except (OSError, HTTPException):
        return None
