"""A running cluster: what is started in which order, when it is whole, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg

from bench.cluster import configurations
from bench.cluster.configurations import KEEPERS, NODES, WEBS, Ports
from bench.cluster.postgresql import Node, Session
from bench.cluster.programs import ROOT, ClusterError, Program, fetch, give_to_server, is_open, wait_until
from tests.postgres import binaries

WORKERS = ("worker1", "worker2")
PROGRAMS = {
    "patroni": "patroni",
    "etcd": "etcd-server",
    "haproxy": "haproxy",
    "pgbouncer": "pgbouncer",
    "redis-server": "redis-server",
}
START_SECONDS = 120.0
WHOLE_SECONDS = 180.0
_STREAMING = """
    SELECT count(*) FILTER (WHERE state = 'streaming'), count(*) FILTER (WHERE sync_state = 'sync')
    FROM pg_stat_replication WHERE application_name = ANY(%s)
"""


@dataclass
class Cluster:
    """All of it, by name."""

    directory: Path
    ports: Ports
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    nodes: dict[str, Node] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """Where visitors come in: HAProxy before both web processes."""
        return f"http://127.0.0.1:{self.ports.site}"

    @property
    def pooled(self) -> str:
        """What the site has as DATABASE_URL."""
        return f"postgresql://simlane:{self.password}@127.0.0.1:{self.ports.pgbouncer}/simlane"

    @property
    def replicas(self) -> list[str]:
        """Each by itself, so that the site knows how far it is."""
        return [f"postgresql://simlane:{self.password}@127.0.0.1:{p}/simlane" for p in self.ports.replicas.values()]

    def primary_url(self, user: str, database: str = "simlane") -> str:
        """HAProxy's port, past PgBouncer: a session of one's own."""
        return f"postgresql://{user}:{self.password}@127.0.0.1:{self.ports.primary}/{database}"

    def administrator(self, database: str = "simlane") -> Session:
        """A superuser's session at whoever is primary, which commits each statement."""
        return psycopg.connect(self.primary_url("postgres", database), autocommit=True, connect_timeout=3)

    def members(self) -> dict[str, str]:
        """The role of each PostgreSQL that runs, as the first Patroni that answers has it."""
        for node in self.nodes.values():
            if said := node.says():
                return {
                    each["name"]: each["role"] for each in said["members"] if each["state"] in ("running", "streaming")
                }
        return {}

    def with_role(self, role: str) -> Node | None:
        """`leader`, `sync_standby` or `replica`."""
        return next((self.nodes[name] for name, its in self.members().items() if its == role), None)

    def needed(self, role: str) -> Node:
        found = self.with_role(role)
        if found is None:
            raise ClusterError(f"No PostgreSQL is {role}: {self.members()}")
        return found

    def primary_answers(self) -> str | None:
        """The name of the node that HAProxy's port leads to, if it takes writes."""
        with contextlib.suppress(psycopg.Error), self.administrator("postgres") as session:
            row = session.execute("SELECT current_setting('port')::int WHERE NOT pg_is_in_recovery()").fetchone()
            return next((node.name for node in self.nodes.values() if row and node.port == row[0]), None)
        return None

    def is_whole(self) -> bool:
        """One primary, two replicas that stream from it, one of them synchronous, and Patroni sees the same."""
        if sorted(self.members().values()) != ["leader", "replica", "sync_standby"]:
            return False
        with contextlib.suppress(psycopg.Error), self.administrator("postgres") as session:
            return session.execute(_STREAMING, [list(NODES)]).fetchone() == (2, 1)
        return False

    def serves(self) -> bool:
        """Both web processes are ready."""
        return all(fetch(f"http://127.0.0.1:{port}/readyz", 2) for port in self.ports.web.values())

    def wait_until_whole(self) -> float:
        """Seconds that it took."""
        return wait_until(lambda: self.is_whole() and self.serves(), "the cluster is not whole", WHOLE_SECONDS)

    def end(self) -> None:
        """Everything that was started, by its id, the site first."""
        keepers = [self.programs[name] for name in KEEPERS if name in self.programs]
        others = [each for each in self.programs.values() if each not in keepers]
        for program in reversed(others):
            program.ask_to_end()
        for program in reversed(others):
            program.end()
        for node in self.nodes.values():
            node.end()
        for program in keepers:
            program.kill()


def say(words: str) -> None:
    """A line of progress."""
    print(f"cluster: {words}", flush=True)


def interrupted(*_: object) -> None:
    """SIGTERM is Ctrl-C."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def cluster(*, disk: Callable[[Path], None] | None = None) -> Iterator[Cluster]:
    """A whole one for the length of a `with`. `disk` makes a file system of its own of the last node's directory.

    Raises ClusterError, or PostgresError, when something is missing or does not start.
    """
    check_programs()
    directory = Path(tempfile.mkdtemp(prefix="simlane-cluster-"))
    directory.chmod(0o755)
    (directory / "logs").mkdir()
    made = Cluster(directory, Ports.free())
    try:
        _start_database(made, disk)
        _prepare(made)
        _start_site(made)
        made.wait_until_whole()
        yield made
    finally:
        # A second Ctrl-C is not to leave anything behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("ends what it started")
        made.end()
        if disk:
            subprocess.run(["umount", directory / NODES[-1]], check=False)
        shutil.rmtree(directory, ignore_errors=True)


def check_programs() -> None:
    """Each program is there. Raises ClusterError with Debian's packages of those that are not."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None]
    if missing:
        raise ClusterError(f"Missing: apt-get install {' '.join(missing)}")


def _log(made: Cluster, name: str) -> Path:
    return made.directory / "logs" / f"{name}.log"


def _add(made: Cluster, name: str, command: list[str], *, as_server: bool = False, **environment: str) -> Program:
    program = Program(name, command, _log(made, name), environment, as_server=as_server)
    made.programs[name] = program
    program.start()
    return program


def _folder(made: Cluster, name: str) -> Path:
    folder = made.directory / name
    folder.mkdir()
    folder.chmod(0o700)
    give_to_server(folder)
    return folder


def _file(path: Path, text: str) -> Path:
    """That only the servers' account reads: it may hold a password."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    give_to_server(path)
    return path


def _start_database(made: Cluster, disk: Callable[[Path], None] | None) -> None:
    ports, directory = made.ports, made.directory
    say("three etcd")
    for name in KEEPERS:
        _folder(made, name)
        _add(made, name, ["etcd"], as_server=True, **configurations.etcd(name, ports, directory))
    etcds = [made.programs[name] for name in KEEPERS]
    wait_until(
        lambda: all(_is_healthy(port) for port in ports.etcd.values()), "etcd has no leader", START_SECONDS, among=etcds
    )
    say("three PostgreSQL under Patroni: the first is made, the others copy it")
    for name in NODES:
        folder = _folder(made, name)
        if disk and name == NODES[-1]:
            disk(folder)
        file = _file(folder / "patroni.yml", configurations.patroni(name, ports, directory, binaries(), made.password))
        program = Program(name, ["patroni", str(file)], _log(made, name), {}, as_server=True)
        made.nodes[name] = Node(name, folder, ports.postgresql[name], ports.patroni[name], made.password, program)
        program.start()
    say("HAProxy and PgBouncer")
    folder = _folder(made, "ways")
    ways = _file(folder / "haproxy.cfg", configurations.haproxy(ports))
    _add(made, "haproxy", ["haproxy", "-db", "-f", str(ways)], as_server=True)
    patronis = [node.program for node in made.nodes.values()]
    wait_until(made.is_whole, "PostgreSQL is not whole", WHOLE_SECONDS, among=[*etcds, *patronis])
    users = _file(folder / "userlist.txt", f'"simlane" "{made.password}"\n')
    pooler = _file(folder / "pgbouncer.ini", configurations.pgbouncer(ports, users))
    _add(made, "pgbouncer", ["pgbouncer", str(pooler)], as_server=True)
    say("Redis")
    _add(made, "redis", configurations.redis(ports, _folder(made, "redis")), as_server=True)
    for name, port in (("pgbouncer", ports.pgbouncer), ("redis", ports.redis)):
        wait_until(partial(is_open, port), f"{name} does not answer", START_SECONDS, among=[made.programs[name]])


def _is_healthy(port: int) -> bool:
    answer = fetch(f"http://127.0.0.1:{port}/health", 1)
    return answer is not None and json.loads(answer)["health"] == "true"


def _prepare(made: Cluster) -> None:
    """The database of the site, with the demo results; it is migrated past PgBouncer, as docs/operations.md says."""
    say("the site's database: migrations and the demo results, a minute or two")
    with made.administrator("postgres") as session:
        session.execute(f"CREATE ROLE simlane LOGIN PASSWORD '{made.password}'")
        session.execute("CREATE DATABASE simlane OWNER simlane")
    environment = site_environment(made, "commands") | {"DATABASE_URL": made.primary_url("simlane")}
    for command in (["migrate", "--verbosity=0"], ["collectstatic", "--noinput", "--verbosity=0"]):
        run(["manage.py", *command], environment)
    # Some of the demo's files show what is refused.
    run(["manage.py", "import_results", "demo"], environment, may_fail=True)


def _start_site(made: Cluster) -> None:
    say("two web processes and two workers")
    for name in (*WEBS, *WORKERS):
        environment = site_environment(made, name)
        command = "worker" if name in WORKERS else "serve"
        if name in WEBS:
            environment["PORT"] = str(made.ports.web[name])
        _add(made, name, [sys.executable, "manage.py", command], **environment)
    site = [made.programs[name] for name in (*WEBS, *WORKERS)]
    wait_until(made.serves, "the site is not ready", START_SECONDS, among=site)
    wait_until(lambda: bool(fetch(f"{made.site}/help/", 5)), "HAProxy does not lead to the site", START_SECONDS)


def site_environment(made: Cluster, name: str) -> dict[str, str]:
    """Of one process of the site: its own VAR_DIR, as on a machine of its own, and what all of them share."""
    shared = made.directory / "shared"
    for folder in (made.directory / name, shared, shared / "uploads", shared / "results"):
        folder.mkdir(exist_ok=True)
    return {
        "PATH": f"{binaries()}:{os.environ.get('PATH', os.defpath)}",
        "DATABASE_URL": made.pooled,
        "DATABASE_REPLICA_URLS": ",".join(made.replicas),
        "CACHE_URL": f"redis://127.0.0.1:{made.ports.redis}/0",
        "SECRET_KEY": made.password * 2,
        "HTTPS": "0",
        "SITE_URL": made.site,
        "TRUSTED_PROXIES": "127.0.0.1",
        "JOBS": "database",
        "VAR_DIR": str(made.directory / name),
        "STATIC_DIR": str(shared / "static"),
        "UPLOADS_DIR": str(shared / "uploads"),
        "RESULTS_STORAGE": str(shared / "results"),
    }


def run(command: list[str], environment: dict[str, str], *, may_fail: bool = False) -> str:
    """A command of the site that ends; what it wrote. Raises ClusterError when it fails."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )
    if done.returncode and not may_fail:
        raise ClusterError(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout
