"""`make bench-load`: the site's server with one, two and four processes, PgBouncer, replicas, beside a constant view.

PostgreSQL, its replicas, PgBouncer, the site and the visitors are on one machine: with more processes than it has cores
the figures say what they cost each other, not what a machine each would give. What counts is the ratio to the constant
view, measured before and after in the same server. `--soak MINUTES` plays 200 visitors that long instead, looks at the
memory of the processes each minute, and fails when a visitor saw an error or memory grew.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import wrk
from bench.databases import SETTINGS
from bench.serving import served
from tests import postgres
from tests.pgbouncer import pooled

SECONDS = 10.0
#: Sessions of the server behind PgBouncer: what two cores can keep busy, and some that wait.
SESSIONS = 8
SOAKED = 200
#: One page of five is made anew in the soak.
SOAK = wrk.Visit(cold=5)
#: Memory may grow by this share after the first minutes, in which caches fill.
GROWTH, CALM_AFTER = 0.10, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    parser.add_argument("--soak", type=int, metavar="MINUTES", help="200 visitors for so long, instead")
    arguments = parser.parse_args()
    if arguments.soak is not None and arguments.soak <= CALM_AFTER:
        parser.error(f"--soak: memory is compared with that of minute {CALM_AFTER}, so give {CALM_AFTER + 1} or more.")
    with tempfile.TemporaryDirectory(prefix="simlane-bench-") as directory, postgres.cluster(*SETTINGS) as primary:
        if arguments.soak:
            with site(directory, primary.url, 2) as (server, url):
                sys.exit(soak(server.pid, url, directory, arguments.soak))
        for workers in (1, 2, 4):
            measure(f"{workers} web", directory, primary.url, workers, arguments.seconds)
        with pooled(primary.url, sessions=SESSIONS) as address:
            for workers in (1, 2, 4):
                measure(f"{workers} web, PgBouncer", directory, address, workers, arguments.seconds)
        with postgres.replica(primary) as first:
            measure("2 web, 1 replica", directory, primary.url, 2, arguments.seconds, first.url)
            with postgres.replica(primary) as second:
                replicas = f"{first.url},{second.url}"
                measure("2 web, 2 replicas", directory, primary.url, 2, arguments.seconds, replicas)


@contextlib.contextmanager
def site(directory: str, url: str, workers: int, replicas: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The site on this database, with so many processes; its own process and its address."""
    variables = {"DATABASE_URL": url, "WEB_WORKERS": str(workers), "PORT": str(postgres.free_port())}
    if replicas:
        variables["DATABASE_REPLICA_URLS"] = replicas
    server, address = served(directory, DJANGO_SETTINGS_MODULE="bench.settings", **variables)
    try:
        wrk.wait(address)
        yield server, address
    finally:
        server.terminate()
        server.wait(30)


def measure(name: str, directory: str, url: str, workers: int, seconds: float, replicas: str = "") -> None:
    rounds = {
        "constant": wrk.Visit([wrk.CONSTANT]),
        "made": wrk.Visit(cold=1),
        "kept": wrk.Visit(),
        "constant again": wrk.Visit([wrk.CONSTANT]),
    }
    with site(directory, url, workers, replicas) as (_, address):
        constant = 0.0
        for what, visit in rounds.items():
            found = wrk.run(address, visit, directory, seconds)
            constant = constant or found.rate
            share = f"{found.rate / constant:6.1%} of the constant view"
            print(f"{name:18} {what:15} {found.words()}   {share}   load {os.getloadavg()[0]:.1f}", flush=True)


def soak(server: int, url: str, directory: str, minutes: int) -> int:
    """Plays the visitors, prints memory each minute; the status to end with."""
    visitors = wrk.start(url, SOAK, directory, 60 * minutes, SOAKED)
    began, calm, last = time.monotonic(), 0, 0
    for minute in range(1, minutes + 1):
        # The last look is just before the visitors go.
        time.sleep(max(0.0, began + 60 * minute - time.monotonic() - 1))
        memory = resident(server)
        last = sum(memory.values())
        calm = last if minute == CALM_AFTER else calm
        each = ", ".join(f"{pid}: {kib / 1024:.1f}" for pid, kib in sorted(memory.items()))
        print(f"minute {minute:3}: {last / 1024:7.1f} MiB ({each})   load {os.getloadavg()[0]:.1f}", flush=True)
    found = wrk.parsed(visitors.communicate()[0])
    grown = last / calm - 1
    print(f"{SOAKED} visitors, {minutes} minutes: {found.words()}   memory {grown:+.1%} since minute {CALM_AFTER}")
    return int(found.errors > 0 or grown > GROWTH)


def resident(parent: int) -> dict[int, int]:
    """KiB in memory of each process that `parent` started."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:
            continue
        if int(lines["PPid"]) == parent and "VmRSS" in lines:
            found[int(lines["Pid"])] = int(lines["VmRSS"].split()[0])
    return found


if __name__ == "__main__":
    main()
