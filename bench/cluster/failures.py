"""What fails, one after the other: each breaks something, waits for what follows, and mends it."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.cluster.clients import Clients, Seen
from bench.cluster.configurations import NODES
from bench.cluster.postgresql import Node
from bench.cluster.programs import ClusterError, give_to_server, wait_until
from bench.cluster.running import WORKERS, Cluster, say

#: So long something is away that nothing waits for.
AWAY = 15.0
#: As systemd waits before it starts a service again (deploy/systemd).
RESTART = 2.0
FOLLOWS = 90.0
#: A job whose worker died is begun again after two minutes, by whichever worker looks next.
JOB = 240.0
DISK_MB = 1024


@dataclass(frozen=True)
class Failure:
    """`name` chooses it (CASE=…), `what` stands in the table; what `prepare` does is not measured."""

    name: str
    what: str
    play: Callable[[Cluster, Clients], None]
    prepare: Callable[[Cluster], None] = lambda _: None


def primary_killed(made: Cluster, clients: Clients) -> None:
    """The machine comes back when another is primary, and follows it."""
    old = made.needed("leader")
    old.kill()
    _wait_for_another(made, old)
    time.sleep(RESTART)
    old.start()


def primary_cut_off(made: Cluster, clients: Clients) -> None:
    """It is frozen, as if no line led there, with somebody connected past HAProxy; and wakes believing it is primary.

    What it is told then must not be acknowledged: it would be on no other machine.
    """
    old = made.needed("leader")
    clients.write_to(old.url(), Seen())
    time.sleep(1)
    old.freeze()
    try:
        _wait_for_another(made, old)
        time.sleep(AWAY)
    finally:
        old.thaw()


def replica_stopped(made: Cluster, clients: Clients) -> None:
    """The one that commits wait for is killed."""
    old = made.needed("sync_standby")
    old.kill()
    time.sleep(AWAY)
    old.start()


def replica_cut_off(made: Cluster, clients: Clients) -> None:
    """The one that commits wait for is frozen: its connections stay open, and nothing comes."""
    old = made.needed("sync_standby")
    old.freeze()
    try:
        _wait_for_sync(made, other_than=old)
        time.sleep(AWAY)
    finally:
        old.thaw()


def replica_lagging(made: Cluster, clients: Clients) -> None:
    """It receives and replays nothing, as when something on it takes long."""
    with made.needed("replica").connect() as session:
        session.execute("SELECT pg_wal_replay_pause()")
        try:
            time.sleep(AWAY)
        finally:
            session.execute("SELECT pg_wal_replay_resume()")


def pgbouncer_restarted(made: Cluster, clients: Clients) -> None:
    """As `systemctl restart` does it."""
    pgbouncer = made.programs["pgbouncer"]
    pgbouncer.end()
    pgbouncer.start()
    time.sleep(AWAY)


def redis_gone(made: Cluster, clients: Clients) -> None:
    """Killed, and started again empty."""
    redis = made.programs["redis"]
    redis.kill()
    time.sleep(AWAY)
    redis.start()
    time.sleep(RESTART)


def worker_killed(made: Cluster, clients: Clients) -> None:
    """In a job, twice: before its results are stored, and when they are stored and the job does not know it yet."""
    names = [f"File {clients.case} before", f"File {clients.case} after"]
    for name, table in zip(names, ("sim_event", "leagues_uploadedfile"), strict=True):
        _kill_at(made, clients, name, table)
    wait_until(lambda: _are_done(made, names), "the jobs of killed workers are not done", JOB)


def _kill_at(made: Cluster, clients: Clients, name: str, table: str) -> None:
    victim, other = (made.programs[each] for each in WORKERS)
    with made.administrator() as session:
        session.autocommit = False
        # What is written there waits, and nothing that is read does.
        session.execute(f"LOCK TABLE {table} IN SHARE MODE")
        # Of two workers that look for jobs, nobody knows which one takes it.
        other.freeze()
        try:
            before = _waiting(made, table)
            if not clients.send(name):
                raise ClusterError(f"{name} was not taken")
            wait_until(lambda: _waiting(made, table) > before, f"no job came to {table}", FOLLOWS, among=[victim])
            victim.kill()
            session.rollback()
        finally:
            other.thaw()
    time.sleep(RESTART)
    victim.start()


def replica_full(made: Cluster, clients: Clients) -> None:
    """The disk of the one that commits wait for takes nothing more, and then does again."""
    node = made.nodes[NODES[-1]]
    full = node.directory / "full"
    _fill(full)
    try:
        # Room for a few segments of the log is there already: what is written in minutes is too little to use them up.
        wait_until(lambda: _switched_log(made) and _is_sync(made, node), "the full disk was not noticed", FOLLOWS)
        time.sleep(AWAY)
    finally:
        full.unlink()


def small_disk(directory: Path) -> None:
    """A file system of its own, which is gone with the last process that sees it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "tmpfs", directory], check=True)
    give_to_server(directory)


def make_last_synchronous(made: Cluster) -> None:
    """Makes the one with the small disk the one that commits wait for, whatever it is now."""
    node = made.nodes[NODES[-1]]
    if made.needed("leader") is node:
        say(f"{node.name} hands over first")
        _hand_over(made, node)
    if (sync := made.needed("sync_standby")) is not node:
        say(f"{node.name} is made the synchronous one first")
        # Patroni keeps the one it has while that is there.
        sync.kill()
        _wait_for_sync(made, other_than=sync)
        sync.start()
        made.wait_until_whole()


def _hand_over(made: Cluster, node: Node) -> None:
    config = node.directory / "patroni.yml"
    candidate = made.needed("sync_standby").name
    # Its options have other names in later versions; these two are in all.
    command = ["patronictl", "-c", str(config), "switchover", "--candidate", candidate, "--force"]
    subprocess.run(command, check=True, capture_output=True, timeout=FOLLOWS)
    _wait_for_another(made, node)
    made.wait_until_whole()


def _wait_for_another(made: Cluster, old: Node) -> None:
    taken = wait_until(
        lambda: made.primary_answers() not in (None, old.name), "no other PostgreSQL became primary", FOLLOWS
    )
    say(f"another is primary after {taken:.1f} s")


def _wait_for_sync(made: Cluster, other_than: Node) -> None:
    taken = wait_until(lambda: _is_sync(made, other_than), "no other replica became synchronous", FOLLOWS)
    say(f"another replica is synchronous after {taken:.1f} s")


def _is_sync(made: Cluster, other_than: Node) -> bool:
    found = made.with_role("sync_standby")
    return found is not None and found is not other_than


def _waiting(made: Cluster, table: str) -> int:
    """How many wait for a lock on it."""
    with made.administrator() as session:
        row = session.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table]
        ).fetchone()
    return int(row[0]) if row else 0


def _are_done(made: Cluster, names: list[str]) -> bool:
    with made.administrator() as session:
        rows = session.execute(
            "SELECT file.name FROM leagues_uploadedfile file JOIN leagues_upload upload ON upload.id = file.upload_id"
            " WHERE upload.state = 'done' AND file.name = ANY(%s)",
            [[f"{name.replace(' ', '-')}.csv" for name in names]],
        ).fetchall()
    return len(rows) == len(names)


def _fill(path: Path) -> None:
    """Until nothing more goes in, while others write there as well."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


def _switched_log(made: Cluster) -> bool:
    """The primary begins another segment of its log, which the replicas need room for."""
    with made.administrator() as session:
        session.execute("SELECT pg_switch_wal()")
    return True


FAILURES = (
    Failure("primary-killed", "primary killed (-9)", primary_killed),
    Failure("primary-cut-off", "primary cut off (frozen), and back", primary_cut_off),
    Failure("replica-stopped", "synchronous replica killed (-9)", replica_stopped),
    Failure("replica-cut-off", "synchronous replica cut off (frozen)", replica_cut_off),
    Failure("replica-lagging", "replica replays nothing", replica_lagging),
    Failure("replica-full", "disk of the synchronous replica full", replica_full, make_last_synchronous),
    Failure("pgbouncer-restarted", "PgBouncer restarted", pgbouncer_restarted),
    Failure("redis-gone", "Redis gone", redis_gone),
    Failure("worker-killed", "worker killed in a job, twice", worker_killed),
)
