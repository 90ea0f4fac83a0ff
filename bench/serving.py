"""`make bench-serving`: pages a second for 200 visitors who keep their connections, and what 500 slow ones do to one.

The site is served by `manage.py serve` with the demo results on SQLite; `--url` measures a server that runs already.
The visitors take part of the same machine: read the figures beside those of another server in the same minute.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.databases import percentile

ROOT = Path(__file__).resolve().parents[1]
#: No search: there is a limit on them.
PAGES = ("/", "/profiles/", "/profiles/iracing/", "/events/", "/accounts/login/")
EVERY = 2.0
CALM = 10.0


@dataclass
class Answers:
    """Seconds of each answer, and how many were none."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def words(self, taken: float) -> str:
        times = sorted(self.seconds) or [0.0]
        return (
            f"{len(self.seconds) / taken:7.1f} requests/s   p50 {percentile(times, 0.5) * 1000:6.0f} ms   "
            f"p95 {percentile(times, 0.95) * 1000:6.0f} ms   p99 {percentile(times, 0.99) * 1000:6.0f} ms   "
            f"slowest {times[-1] * 1000:6.0f} ms   failed {self.failed}"
        )


class Visitor:
    """One connection, kept as long as the server keeps it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, header: str = "") -> int:
        """The status; raises OSError or EOFError without an answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n{header}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if " 304 " in head.split("\r\n", 1)[0]:
            length = True
        elif length := re.search(r"content-length: *(\d+)", head):
            await reader.readexactly(int(length[1]))
        elif "transfer-encoding: chunked" in head:
            await reader.readuntil(b"\r\n0\r\n\r\n")
        if not length or "connection: close" in head:
            self.close()
        return int(head.split(" ", 2)[1])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def visit(
    host: str,
    port: int,
    until: float,
    found: Answers,
    start: int,
    pause: float = 0.0,
    done: asyncio.Event | None = None,
) -> None:
    """Page after page until then, or until it is done."""
    visitor, number = Visitor(host, port), start
    while time.monotonic() < until and not (done and done.is_set()):
        began = time.monotonic()
        try:
            status = await asyncio.wait_for(visitor.ask(PAGES[number % len(PAGES)]), 30)
            if status != 200:
                found.failed += 1
            found.seconds.append(time.monotonic() - began)
        except (OSError, EOFError, TimeoutError):
            found.failed += 1
            visitor.close()
            await asyncio.sleep(0.1)
        number += 1
        await asyncio.sleep(pause)
    visitor.close()


async def dawdle(host: str, port: int, until: float, body: bool, kept: list[float]) -> None:
    """A header or a body, a byte every two seconds, for as long as the server bears it."""
    began = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection(host, port)
        head = f"Host: {host}:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        # With the cookie the form's token is looked for in the body, which has to be read for it.
        head += f"Cookie: csrftoken={'c' * 32}\r\n"
        writer.write(
            f"POST /accounts/login/ HTTP/1.1\r\n{head}Content-Length: 9999\r\n\r\n".encode()
            if body
            else f"GET / HTTP/1.1\r\n{head}X-Slow: ".encode()
        )
        while time.monotonic() < until:
            writer.write(b"a")
            try:
                if await asyncio.wait_for(reader.read(1), EVERY):
                    break
                break
            except TimeoutError:
                continue
        writer.close()
    except OSError:
        pass
    kept.append(time.monotonic() - began)


async def throughput(host: str, port: int, clients: int, seconds: float, server: int | None) -> None:
    await visit(host, port, time.monotonic() + 1, Answers(), 0)
    found, began, used = Answers(), time.monotonic(), cpu_seconds(server)
    await asyncio.gather(*(visit(host, port, began + seconds, found, n) for n in range(clients)))
    taken = time.monotonic() - began
    each = (cpu_seconds(server) - used) / max(len(found.seconds), 1) * 1000
    print(f"{clients:4} clients            {found.words(taken)}   server's CPU {each:.1f} ms/request", flush=True)


def cpu_seconds(parent: int | None) -> float:
    """What the processes that `parent` started have used: a figure that other work on the machine changes little."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat") if parent else ():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def slow(host: str, port: int, count: int, seconds: float, *, body: bool) -> None:
    kept: list[float] = []
    began = time.monotonic()
    slow_ones = [asyncio.create_task(dawdle(host, port, began + seconds, body, kept)) for _ in range(count)]
    await asyncio.sleep(1)
    found, start = Answers(), time.monotonic()
    await asyncio.gather(*(visit(host, port, began + seconds, found, n, 0.2) for n in range(2)))
    taken = time.monotonic() - start
    await asyncio.gather(*slow_ones)
    closed = sum(each < seconds - EVERY for each in kept)
    what = "bodies" if body else "headers"
    print(f"{count:4} slow {what:8}      {found.words(taken)}   {closed} of {count} closed by the server", flush=True)


async def run(host: str, port: int, arguments: argparse.Namespace, server: int | None) -> None:
    for clients in (1, arguments.clients):
        await throughput(host, port, clients, arguments.seconds, server)
    for body in (False, True):
        await slow(host, port, arguments.slow, arguments.slow_seconds, body=body)


def served(directory: str, **variables: str) -> tuple[subprocess.Popen[str], str]:
    """The real command on a fresh database with the demo results; the process and its address."""
    environment = {"HTTPS": "0", "LOG_LEVEL": "WARNING", "VAR_DIR": directory, "PORT": "8765"} | os.environ | variables
    server = subprocess.Popen(
        [sys.executable, "manage.py", "quickstart"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"serves (http://\S+)", line):
            return server, found[1]
    raise SystemExit("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a server that runs already")
    parser.add_argument("--pid", type=int, help="the process that started its workers, to count their CPU time")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=CALM)
    parser.add_argument("--slow", type=int, default=500)
    parser.add_argument("--slow-seconds", type=float, default=40.0)
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    if arguments.url:
        parts = urlsplit(arguments.url)
        asyncio.run(run(parts.hostname or "127.0.0.1", parts.port or 80, arguments, arguments.pid))
        return
    with tempfile.TemporaryDirectory(prefix="simlane-bench-") as directory:
        server, url = served(directory)
        try:
            parts = urlsplit(url)
            asyncio.run(run(parts.hostname or "127.0.0.1", parts.port or 80, arguments, server.pid))
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
