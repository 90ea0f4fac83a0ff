"""`make cluster-test`: plays failures in a cluster of its own, and prints what each cost (CASE="name name": those).

A failure's time is from its beginning until the cluster is whole again. The exit status is 1 if an acknowledged write
was lost, or something is in twice.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import psycopg

from bench.cluster.clients import Clients, Journal, Seen, events, make_journal, twice, written
from bench.cluster.failures import FAILURES, Failure, small_disk
from bench.cluster.programs import ClusterError, wait_until
from bench.cluster.running import Cluster, cluster, interrupted, run, say, site_environment
from tests.postgres import PostgresError

#: Before a failure and after it, so that what is normal is seen too.
CALM = 5.0
#: Jobs whose worker died, or lost its database, are begun again after two minutes.
FILES = 300.0
NEEDS_DISK = "replica-full"
HEAD = (
    "failure",
    "s without writes",
    "s without reads",
    "errors: writes",
    "pages",
    "files",
    "acknowledged",
    "of them lost",
    "jobs twice",
)
#: Set once this runs where it may mount.
IN_NAMESPACE = "SIMLANE_CLUSTER_MOUNTS"


@dataclass
class Row:
    """Of one failure."""

    failure: Failure
    clients: Clients
    seconds: float
    without_writes: float
    without_reads: float
    acknowledged: int
    lost: int
    twice: int = 0

    def words(self) -> str:
        errors = (_words(seen) for seen in (self.clients.writes, self.clients.reads, self.clients.sent))
        times = (f"{self.without_writes:.1f}", f"{self.without_reads:.1f}")
        kept = (f"{self.acknowledged:,}", str(self.lost), str(self.twice))
        return f"| {' | '.join([self.failure.what, *times, *errors, *kept])} |"


def _words(seen: Seen) -> str:
    """How many errors of how many acts."""
    failed = seen.errors.total()
    return f"{failed:,} of {failed + len(seen.moments):,}"


def play(made: Cluster, journal: Journal, failure: Failure) -> Row:
    """One failure, with clients before, during and after it."""
    made.wait_until_whole()
    failure.prepare(made)
    before = set(journal.acknowledged)
    say(f"{failure.name}: {failure.what}")
    with Clients(made.site, made.pooled, journal, failure.name) as clients:
        time.sleep(CALM)
        began = time.monotonic()
        failure.play(made, clients)
        made.wait_until_whole()
        ended = time.monotonic()
        time.sleep(CALM)
        last = time.monotonic()
    mine = journal.acknowledged - before
    with made.administrator() as session:
        lost = len(mine - written(session).keys())
    row = Row(
        failure,
        clients,
        ended - began,
        clients.writes.longest_without(began, last),
        clients.reads.longest_without(began, last),
        len(mine),
        lost,
    )
    say(f"{failure.name}: whole again after {row.seconds:.0f} s. {row.words()}")
    for kind, seen in (("writes", clients.writes), ("pages", clients.reads), ("files", clients.sent)):
        if seen.errors:
            say(f"{failure.name}: {kind}: {dict(seen.errors)}")
    return row


def check(made: Cluster, journal: Journal, rows: list[Row]) -> list[str]:
    """What is broken, in words: looked at when the jobs of all files are done, or should be."""
    say(f"waits for the jobs of {len(journal.files):,} files")
    with made.administrator() as session:
        with contextlib.suppress(ClusterError):
            wait_until(lambda: journal.files <= events(session).keys(), "files are not imported", FILES)
        found = events(session)
        for row in rows:
            row.twice = sum(name.startswith(f"File {row.failure.name} ") for name in twice(found))
        return journal.broken(written(session), found)


def table(rows: list[Row]) -> str:
    """As docs/operations.md has it."""
    return "\n".join([f"| {' | '.join(HEAD)} |", f"|{' --- |' * len(HEAD)}", *(row.words() for row in rows)])


def play_all(made: Cluster, chosen: list[Failure]) -> list[str]:
    """One after the other, with the table; what is broken at the end."""
    settings = {"DJANGO_SETTINGS_MODULE": "simlane.config.settings"}
    tokens = run(["-m", "bench.cluster.organiser"], site_environment(made, "commands") | settings).split()
    with made.administrator() as session:
        make_journal(session)
    journal, rows, broken = Journal(tokens), list[Row](), list[str]()
    try:
        for failure in chosen:
            rows.append(play(made, journal, failure))
    except (ClusterError, psycopg.Error, OSError, subprocess.SubprocessError) as error:
        broken.append(f"{failure.name}: {error}")
    try:
        broken += check(made, journal, rows)
    except psycopg.Error as error:
        broken.append(f"the journal cannot be read: {error}")
    print(table(rows), flush=True)
    return broken


def run_all(chosen: list[Failure]) -> int:
    disk = small_disk if any(failure.name == NEEDS_DISK for failure in chosen) else None
    with cluster(disk=disk) as made:
        broken = play_all(made, chosen)
    for words in broken:
        print(f"cluster: BROKEN: {words}", file=sys.stderr)
    return 1 if broken else 0


def can_mount() -> bool:
    """Root may not everywhere: containers keep it from that."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [failure.name for failure in FAILURES]
    parser.add_argument("cases", nargs="*", metavar="case", help=f"of {', '.join(names)} (default: all)")
    cases = parser.parse_args().cases or names
    if unknown := set(cases) - set(names):
        parser.error(f"{', '.join(sorted(unknown))}: none of {', '.join(names)}")
    chosen = [failure for failure in FAILURES if failure.name in cases]
    if any(failure.name == NEEDS_DISK for failure in chosen):
        if not can_mount():
            say(f"{NEEDS_DISK} is left out: it needs root, who makes a small disk")
            chosen = [failure for failure in chosen if failure.name != NEEDS_DISK]
        elif IN_NAMESPACE not in os.environ:
            # The disk is seen by what is started here alone, and goes with it.
            again = ["unshare", "--mount", sys.executable, "-m", "bench.cluster.playing", *cases]
            os.execvpe(again[0], again, os.environ | {IN_NAMESPACE: "1"})
    if not chosen:
        return 0
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return run_all(chosen)
    except (ClusterError, PostgresError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
