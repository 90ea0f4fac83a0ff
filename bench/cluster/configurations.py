"""The files of `deploy/` as they ship, with this machine's ports, paths and sizes in the places of a site's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cluster.programs import free_ports

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
#: Names of the three PostgreSQL, and of the three etcd, as the files have them.
NODES = ("pg1", "pg2", "pg3")
KEEPERS = ("etcd1", "etcd2", "etcd3")
WEBS = ("web1", "web2")
#: What three share that the files give a machine each.
SIZES = {
    "shared_buffers: 4GB": "shared_buffers: 128MB",
    "effective_cache_size: 12GB": "effective_cache_size: 1GB",
    "maintenance_work_mem: 512MB": "maintenance_work_mem: 64MB",
    "max_wal_size: 8GB": "max_wal_size: 256MB",
    "wal_keep_size: 2GB": "wal_keep_size: 64MB",
    "max_slot_wal_keep_size: 20GB": "max_slot_wal_keep_size: 512MB",
}


@dataclass(frozen=True)
class Ports:
    """Free ones on loopback, a run's own."""

    postgresql: dict[str, int]
    patroni: dict[str, int]
    #: HAProxy's to each PostgreSQL by itself.
    replicas: dict[str, int]
    etcd: dict[str, int]
    etcd_peers: dict[str, int]
    web: dict[str, int]
    primary: int
    any_replica: int
    site: int
    pgbouncer: int
    redis: int

    @classmethod
    def free(cls) -> Ports:
        several = [NODES, NODES, NODES, KEEPERS, KEEPERS, WEBS]
        found = iter(free_ports(sum(map(len, several)) + 5))
        by_name = [{name: next(found) for name in names} for names in several]
        return cls(*by_name, *found)


def fitted(text: str, changes: Mapping[str, str]) -> str:
    """The text with each of the passages replaced. Raises ValueError for one that is not in it."""
    used: set[str] = set()

    def change(found: re.Match[str]) -> str:
        used.add(found[0])
        return changes[found[0]]

    # At once: a new passage may look like an old one.
    passages = "|".join(re.escape(each) for each in sorted(changes, key=len, reverse=True))
    changed = re.sub(passages, change, text)
    if left := changes.keys() - used:
        raise ValueError(
            f"Not in the file of deploy/ any more: {sorted(left)}. bench/cluster says what stands for them."
        )
    return changed


def patroni(node: str, ports: Ports, directory: Path, binaries: Path, password: str) -> str:
    """Of one PostgreSQL. Without its backups, and without a watchdog, which would restart this machine."""
    here = directory / node
    changes = SIZES | {
        "name: pg1": f"name: {node}",
        "0.0.0.0:8008": f"127.0.0.1:{ports.patroni[node]}",
        "pg1:8008": f"127.0.0.1:{ports.patroni[node]}",
        "0.0.0.0:5432": f"127.0.0.1:{ports.postgresql[node]}",
        "pg1:5432": f"127.0.0.1:{ports.postgresql[node]}",
        "[etcd1:2379, etcd2:2379, etcd3:2379]": f"[{', '.join(f'127.0.0.1:{port}' for port in ports.etcd.values())}]",
        "/var/lib/postgresql/15/simlane": str(here / "data"),
        "/usr/lib/postgresql/15/bin": str(binaries),
        "/var/lib/postgresql/.pgpass-patroni": str(here / "pgpass"),
        "pgbackrest --stanza=simlane archive-push %p": "/bin/true",
        'pgbackrest --stanza=simlane archive-get %f "%p"': "/bin/false",
        "10.0.0.0/24": "127.0.0.1/32",
        "CHANGE-ME": password,
        "\n  pg_hba:\n": f"\n  parameters: {{unix_socket_directories: {here}}}\n  pg_hba:\n",
        "mode: automatic": 'mode: "off"',
    }
    return fitted(_read("patroni.yml"), changes)


def etcd(name: str, ports: Ports, directory: Path) -> dict[str, str]:
    """The variables of one etcd."""
    members = ",".join(f"{each}=http://127.0.0.1:{port}" for each, port in ports.etcd_peers.items())
    changes = {
        "ETCD_NAME=etcd1": f"ETCD_NAME={name}",
        "/var/lib/etcd/simlane": str(directory / name / "data"),
        ",http://127.0.0.1:2379": "",
        "etcd1=http://etcd1:2380,etcd2=http://etcd2:2380,etcd3=http://etcd3:2380": members,
        "http://10.0.0.21:2380": f"http://127.0.0.1:{ports.etcd_peers[name]}",
        "http://10.0.0.21:2379": f"http://127.0.0.1:{ports.etcd[name]}",
        "http://etcd1:2380": f"http://127.0.0.1:{ports.etcd_peers[name]}",
        "http://etcd1:2379": f"http://127.0.0.1:{ports.etcd[name]}",
    }
    lines = fitted(_read("etcd.env"), changes).splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def haproxy(ports: Ports) -> str:
    """The primary's port, the replicas' ports, and the site's."""
    changes = {
        "127.0.0.1:5000": f"127.0.0.1:{ports.primary}",
        "127.0.0.1:5001\n": f"127.0.0.1:{ports.any_replica}\n",
        "bind :8080": f"bind 127.0.0.1:{ports.site}",
    }
    for number, node in enumerate(NODES, start=1):
        changes[f"127.0.0.1:501{number}"] = f"127.0.0.1:{ports.replicas[node]}"
        changes[f"{node}:5432 check port 8008"] = f"127.0.0.1:{ports.postgresql[node]} check port {ports.patroni[node]}"
    for web in WEBS:
        changes[f"{web}:8000"] = f"127.0.0.1:{ports.web[web]}"
    return fitted(_read("haproxy.cfg"), changes)


def pgbouncer(ports: Ports, users: Path) -> str:
    """Before HAProxy's port of the primary."""
    changes = {
        "host=127.0.0.1 port=5000": f"host=127.0.0.1 port={ports.primary}",
        "listen_port = 6432": f"listen_port = {ports.pgbouncer}",
        "/etc/pgbouncer/userlist.txt": str(users),
    }
    return fitted(_read("pgbouncer.ini"), changes)


def redis(ports: Ports, directory: Path) -> list[str]:
    """Its command line, from the compose file."""
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    found = re.search(r"command: \[redis-server, (.*)\]", compose)
    if found is None:
        raise ValueError("deploy/compose.yaml starts no redis-server any more.")
    given = [part.strip('"') for part in found[1].split(", ")]
    return ["redis-server", *given, "--bind", "127.0.0.1", "--port", str(ports.redis), "--dir", str(directory)]


def _read(name: str) -> str:
    return (DEPLOY / "cluster" / name).read_text(encoding="utf-8")
