"""`make cluster` runs what `deploy/` ships: the programs take those files, and its journal sees a loss."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bench.cluster import configurations
from bench.cluster.clients import Journal, Seen, result_file
from bench.cluster.configurations import KEEPERS, NODES, Ports, fitted
from bench.cluster.programs import Program, fetch, is_open, wait_until
from simlane.results.digest import content_sha256
from simlane.results.readers import read
from simlane.results.source import Source
from tests import postgres

SECONDS = 30.0
#: What Patroni's checker says of any file for one machine, and of servers that do not run.
OF_LOOPBACK = re.compile(r"connect_address 127\.0\.0\.1|is not reachable|^bootstrap\.pg_hba +is not defined")


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports.free()


def installed(program: str) -> str:
    found = shutil.which(program, path="/usr/sbin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_no_port_is_given_twice(ports: Ports) -> None:
    several = [ports.postgresql, ports.patroni, ports.replicas, ports.etcd, ports.etcd_peers, ports.web]
    given = [port for named in several for port in named.values()]
    given += [ports.primary, ports.any_replica, ports.site, ports.pgbouncer, ports.redis]
    assert len(set(given)) == len(given) == 22


def test_a_passage_that_deploy_has_no_more_is_told() -> None:
    assert fitted("a: 1, b: 2", {"a: 1": "b: 2", "b: 2": "c: 3"}) == "b: 2, c: 3"
    with pytest.raises(ValueError, match="shared_buffers"):
        fitted("a: 1", {"a: 1": "b: 2", "shared_buffers: 4GB": "shared_buffers: 1GB"})


def test_haproxy_takes_its_file(ports: Ports, tmp_path: Path) -> None:
    file = written(tmp_path / "haproxy.cfg", configurations.haproxy(ports))
    done = subprocess.run([installed("haproxy"), "-c", "-f", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("node", NODES)
def test_patroni_takes_its_file(node: str, ports: Ports, tmp_path: Path) -> None:
    text = configurations.patroni(node, ports, tmp_path, postgres.binaries(), "secret")
    command = [installed("patroni"), "--validate-config", str(written(tmp_path / "patroni.yml", text))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).splitlines()
    # It is the checker that spoke.
    assert any("connect_address" in line for line in said), said
    assert [line for line in said if not OF_LOOPBACK.search(line)] == []


@pytest.mark.parametrize("name", KEEPERS)
def test_etcd_knows_its_variables(name: str, ports: Ports, tmp_path: Path) -> None:
    done = subprocess.run([installed("etcd"), "--help"], capture_output=True, text=True, check=False)
    options = set(re.findall(r"^ *--([a-z0-9-]+)", done.stdout + done.stderr, re.M))
    variables = configurations.etcd(name, ports, tmp_path)
    assert {each.removeprefix("ETCD_").lower().replace("_", "-") for each in variables} <= options
    assert not [value for value in variables.values() if "10.0.0" in value or "http://etcd" in value]


@pytest.fixture
def started() -> Iterator[list[Program]]:
    programs: list[Program] = []
    yield programs
    for program in programs:
        program.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the servers' account comes to files: a test's own directory is for its user alone."""
    with TemporaryDirectory(prefix="simlane-cluster-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_pgbouncer_and_redis_start_with_theirs(ports: Ports, folder: Path, started: list[Program]) -> None:
    users = written(folder / "userlist.txt", '"simlane" "secret"\n')
    file = written(folder / "pgbouncer.ini", configurations.pgbouncer(ports, users))
    commands = {
        ports.pgbouncer: [installed("pgbouncer"), str(file)],
        ports.redis: [installed("redis-server"), *configurations.redis(ports, folder)[1:]],
    }
    for port, command in commands.items():
        program = Program(Path(command[0]).name, command, folder / f"{port}.log", as_server=True)
        started.append(program)
        program.start()
        wait_until(partial(is_open, port), "it does not answer", SECONDS, among=[program])
        # One that is not known is for PgBouncer no more than a line.
        assert not re.search("unknown|ERROR|FATAL", program.last_words()), program.last_words()


def test_nobody_answers_is_no_answer(ports: Ports) -> None:
    assert fetch(f"http://127.0.0.1:{ports.site}/", 1) is None


def test_the_longest_time_without_counts_its_beginning_and_its_end() -> None:
    assert Seen([12.0, 11.0]).longest_without(10.0, 12.5) == 1.0
    assert Seen([11.0, 12.0]).longest_without(8.0, 12.5) == 3.0
    assert Seen([11.0, 12.0]).longest_without(10.0, 16.0) == 4.0
    assert Seen().longest_without(10.0, 16.0) == 6.0


def test_a_clients_file_is_a_race_of_its_own() -> None:
    (first,), (second,) = (read(Source(f"{day}.csv", result_file(f"File {day}", day)))[1] for day in (1, 1001))
    assert (first.name, second.name) == ("File 1", "File 1001")
    assert first.sessions[0].clock != second.sessions[0].clock
    # By it the site knows what it has already.
    assert content_sha256(first) != content_sha256(second)


def test_the_journal_tells_what_is_lost_and_what_is_twice() -> None:
    journal = Journal([], acknowledged={1, 2}, files={"File a 1", "File a 2"})
    assert journal.broken(Counter([1, 2, 3]), Counter(["File a 1", "File a 2", "File a 3"])) == []
    said = journal.broken(Counter([1, 3, 3]), Counter(["File a 1", "File a 1"]))
    assert said == [
        "acknowledged numbers are lost: [2]",
        "numbers are in twice: [3]",
        "acknowledged files are lost: ['File a 2']",
        "files are in twice: ['File a 1']",
    ]
