"""`make restore-test`: a table is dropped, and the database is restored to a second before, as docs/operations.md says.

A PostgreSQL that archives by `deploy/cluster/patroni.yml`, a streaming replica, and pgBackRest by
`deploy/cluster/pgbackrest.conf`, with a folder for the bucket. The commands are those of docs/operations.md. A client
writes all the time; every row that was acknowledged by the second before must be there, and none that was begun later.
All other tables are compared by count and checksum. The exit status is 1 when something differs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.cluster.configurations import DEPLOY, fitted
from bench.cluster.programs import ROOT, ClusterError, wait_until
from bench.partitioning import FILL, LAPS
from tests import postgres
from tests.postgres import Cluster

ENTRIES = 50_000
SECONDS = 60.0
DROPPED = "sim_lap"
_DATA = "/var/lib/postgresql/15/simlane"
_BUCKET = """repo1-type=s3
repo1-s3-bucket=simlane-backups
repo1-s3-endpoint=s3.example.org
repo1-s3-region=eu-central-1
repo1-s3-key=CHANGE-ME
repo1-s3-key-secret=CHANGE-ME
repo1-path=/simlane
"""
_OTHERS = f"pg2-host=pg2\npg2-path={_DATA}\npg3-host=pg3\npg3-path={_DATA}\n"


@dataclass
class Writer:
    """Writes numbers until it is told to end; each with the times at which it was sent and acknowledged."""

    url: str
    written: list[tuple[float, float]] = field(default_factory=list)
    failure: Exception | None = None
    _end: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Writer:
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _write(self) -> None:
        try:
            with _session(self.url) as session:
                while not self._end.wait(0.005):
                    began = time.time()
                    session.execute("INSERT INTO bench_journal VALUES (%s)", [len(self.written)])
                    self.written.append((began, time.time()))
        except psycopg.Error as failure:
            self.failure = failure

    def broken(self, found: set[int], target: float) -> list[str]:
        """What is wrong with the numbers that were found after a restore to the moment."""
        lost = [n for n, (_, ended) in enumerate(self.written) if ended <= target and n not in found]
        late = [n for n, (began, _) in enumerate(self.written) if began > target and n in found]
        said = [] if self.failure is None else [f"the writer failed: {self.failure}"]
        said += [f"acknowledged numbers are lost: {lost}"] if lost else []
        return said + ([f"numbers are from after the moment: {late}"] if late else [])


def told(kind: str) -> list[str]:
    """The command of docs/operations.md for a backup or a restore. Raises ClusterError when it has none."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(rf"pgbackrest --stanza=simlane --type={kind} .*", text)
    if found is None:
        raise ClusterError(f"docs/operations.md says no `pgbackrest --type={kind}` any more.")
    return [part.strip('"') for part in re.findall(r'(?:"[^"]*"|[^\s"])+', found[0])]


def archive_command() -> str:
    found = re.search(r"archive_command: (.+)", (DEPLOY / "cluster" / "patroni.yml").read_text(encoding="utf-8"))
    if found is None:
        raise ClusterError("deploy/cluster/patroni.yml archives nothing any more.")
    return found[1]


class BackedUp:
    """A server whose log pgBackRest archives, with the folder that stands for its machine and its bucket."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("bucket", "spool", "log", "lock"):
            (directory / name).mkdir()

    def environment(self, configuration: str, password: str = "") -> dict[str, str]:
        given = {"CONFIG": configuration, "LOG_PATH": "log", "LOCK_PATH": "lock"}
        # By the socket it asks for a password here, where a machine of its own trusts the account `postgres`.
        return {f"PGBACKREST_{name}": str(self.directory / value) for name, value in given.items()} | (
            {"PGPASSWORD": password} if password else {}
        )

    def before(self, configuration: str) -> list[str]:
        """What to put before a server's command line."""
        return ["env", *(f"{name}={value}" for name, value in self.environment(configuration).items())]

    def configure(self, name: str, data: Path, *servers: Cluster) -> None:
        """Write a configuration as shipped, but for the bucket, the paths, and the servers of this machine."""
        others = "".join(
            f"pg{n}-path={server.directory / 'data'}\npg{n}-port={server.port}\n"
            f"pg{n}-socket-path={server.directory}\npg{n}-user=postgres\n"
            for n, server in enumerate(servers, start=1)
        )
        changes = {
            _BUCKET: f"repo1-path={self.directory / 'bucket'}\n",
            "CHANGE-ME": "secret",
            "/var/spool/pgbackrest": str(self.directory / "spool"),
            f"pg1-path={_DATA}\n{_OTHERS}": others or f"pg1-path={data}\n",
        }
        text = fitted((DEPLOY / "cluster" / "pgbackrest.conf").read_text(encoding="utf-8"), changes)
        (self.directory / name).write_text(text, encoding="utf-8")

    def run(self, configuration: str, *arguments: str, password: str = "") -> float:
        """Run pgBackRest; the seconds it took. Raises ClusterError with what it said."""
        began = time.monotonic()
        done = subprocess.run(
            [*postgres.as_server_user(), *arguments],
            cwd="/",
            env=os.environ | self.environment(configuration, password),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ClusterError(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
        return time.monotonic() - began

    def size(self) -> float:
        """MB in the bucket."""
        return sum(path.stat().st_size for path in (self.directory / "bucket").rglob("*") if path.is_file()) / 1e6


def rehearse(entries: int, say: Any = lambda text: None) -> dict[str, Any]:
    """Figures, and under `broken` what was not as it should be."""
    if shutil.which("pgbackrest") is None:
        raise ClusterError("pgBackRest is missing: apt-get install pgbackrest")
    with tempfile.TemporaryDirectory(prefix="simlane-restore-") as name:
        backed_up = BackedUp(Path(name))
        _give_away(Path(name))
        settings = [
            "archive_mode=on",
            f"archive_command={archive_command()}",
            "full_page_writes=on",
            "synchronous_commit=on",
        ]
        with (
            postgres.cluster(*settings, before=backed_up.before("cluster.conf")) as server,
            postgres.replica(server) as replica,
        ):
            backed_up.configure("cluster.conf", server.directory, server, replica)
            return _rehearsed(backed_up, server, entries, say)


def _rehearsed(backed_up: BackedUp, server: Cluster, entries: int, say: Any) -> dict[str, Any]:
    manage(server, "migrate", "--verbosity", "0")
    with _session(server.admin_url) as session:
        # In its files as Patroni writes them, so that a restore brings them along.
        session.execute("ALTER SYSTEM SET archive_mode = 'on'")
        session.execute(f"ALTER SYSTEM SET archive_command = '{archive_command()}'")
    with _session(server.url) as session:
        session.execute("CREATE TABLE bench_journal (number integer PRIMARY KEY)")
        session.execute(FILL, [entries // 2])
        backed_up.run("cluster.conf", "pgbackrest", "--stanza=simlane", "stanza-create", password=server.password)
        with Writer(server.url) as writer:
            say(f"a full backup from the replica, while {entries // 2 * LAPS:,} laps come in")
            filling = threading.Thread(target=_fill, args=(server.url, entries - entries // 2))
            filling.start()
            backup = backed_up.run("cluster.conf", *told("full"), password=server.password)
            filling.join()
            noted = checksums(session)
            size = _one(session, "SELECT pg_database_size(current_database())")
            time.sleep(1.5)
            dropped = time.time()
            session.execute(f"DROP TABLE {DROPPED}")
            say(f"{DROPPED} is dropped; a second before it is what is asked for")
            time.sleep(0.5)
    with _session(server.admin_url) as session:
        last = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        asked = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
        wait_until(lambda: bool((session.execute(asked, last).fetchone() or [False])[0]), "no archive", SECONDS)
    data = backed_up.directory / "restored" / "data"
    data.parent.mkdir()
    _give_away(data.parent)
    backed_up.configure("alone.conf", data)
    target = dropped - 1
    moment = datetime.fromtimestamp(target, UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
    command = [f"--target={moment}" if part.startswith("--target=") else part for part in told("time")]
    restore = backed_up.run("alone.conf", *command)
    began = time.monotonic()
    with postgres.restored(server, data.parent, before=backed_up.before("alone.conf")) as other:
        with _session(other.admin_url) as session:
            wait_until(lambda: _one(session, "SELECT NOT pg_is_in_recovery()"), "recovery has no end", SECONDS)
            recovery = time.monotonic() - began
            say(f"restored to {moment}")
            found = checksums(session)
            archives = _one(session, "SHOW archive_mode")
            numbers = {row[0] for row in session.execute("SELECT number FROM bench_journal")}
        manage(other, "verify_profiles")
    broken = writer.broken(numbers, target)
    broken += [
        f"{table}: {noted.get(table)} became {found.get(table)}"
        for table in sorted(noted.keys() | found.keys())
        if noted.get(table) != found.get(table)
    ]
    broken += [] if archives == "off" else ["the restored server archives into the site's own repository"]
    return {
        "database_mb": size / 1e6,
        "bucket_mb": backed_up.size(),
        "backup_s": backup,
        "restore_s": restore,
        "recovery_s": recovery,
        "tables": len(noted),
        "rows": sum(int(each.split()[0]) for each in noted.values()),
        "laps": int(noted[DROPPED].split()[0]),
        "acknowledged_before": sum(ended <= target for _, ended in writer.written),
        "written_after": sum(began > target for began, _ in writer.written),
        "broken": broken,
    }


def checksums(session: psycopg.Connection[Any]) -> dict[str, str]:
    """For each table how many rows it has, and a sum over all of them; without the journal, which goes on."""
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'bench_journal'"
    return {
        name: _one(
            session,
            f"SELECT count(*) || ' ' || coalesce(sum(hashtextextended(one::text, 0)), 0) FROM \"{name}\" AS one",
        )
        for (name,) in session.execute(names).fetchall()
    }


def manage(server: Cluster, *command: str) -> None:
    kept = os.environ | {"DATABASE_URL": server.url, "HTTPS": "0", "DJANGO_SETTINGS_MODULE": "bench.settings"}
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=kept, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ClusterError(f"manage.py {' '.join(command)}: {done.stdout}{done.stderr}")


def _session(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True)


def _one(session: psycopg.Connection[Any], statement: str) -> Any:
    row = session.execute(statement).fetchone()
    return row and row[0]


def _fill(url: str, entries: int) -> None:
    with _session(url) as session:
        session.execute(FILL, [entries])


def _give_away(directory: Path) -> None:
    """To the account that runs servers, with all that is in it."""
    owner = next((part for part in postgres.as_server_user() if part.startswith("--reuid=")), None)
    for path in (directory, *directory.rglob("*")) if owner else ():
        os.chown(path, int(str(owner).partition("=")[2]), -1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES, help=f"of {LAPS} laps each")
    parser.add_argument("--json", help="write the figures to this file as well")
    arguments = parser.parse_args()
    try:
        found = rehearse(arguments.entries, lambda text: print(f"restore-test: {text}", flush=True))
    except (ClusterError, postgres.PostgresError) as error:
        print(f"simlane: {error}", file=sys.stderr)
        return 1
    for name, value in found.items():
        print(f"  {name:20} {f'{value:,.1f}' if isinstance(value, float) else value}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1))
    return 1 if found["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
