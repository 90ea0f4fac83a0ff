"""`make cluster`: the whole site on this machine, on free ports of loopback, until Ctrl-C."""

from __future__ import annotations

import signal
import sys

from bench.cluster.programs import ClusterError
from bench.cluster.running import Cluster, cluster, interrupted
from tests.postgres import PostgresError


def addresses(made: Cluster) -> str:
    """Where everything is, for whoever looks at it."""
    ports = made.ports
    lines = [
        ("site", f"{made.site}/"),
        *((name, f"http://127.0.0.1:{port}/") for name, port in ports.web.items()),
        ("PgBouncer", made.pooled),
        ("primary, by HAProxy", made.primary_url("simlane")),
        ("replicas, by HAProxy", made.primary_url("simlane").replace(f":{ports.primary}/", f":{ports.any_replica}/")),
        *((f"{node.name}, Patroni", f"http://127.0.0.1:{node.patroni_port}/cluster") for node in made.nodes.values()),
        *((f"{node.name}, PostgreSQL", node.url()) for node in made.nodes.values()),
        ("Redis", f"redis://127.0.0.1:{ports.redis}/0"),
        *((name, f"http://127.0.0.1:{port}/health") for name, port in ports.etcd.items()),
        ("patronictl", f"patronictl -c {made.directory}/pg1/patroni.yml list"),
        ("logs", f"{made.directory}/logs"),
    ]
    return "\n".join(f"  {name:22} {where}" for name, where in lines)


def main() -> int:
    signal.signal(signal.SIGTERM, interrupted)
    try:
        with cluster() as made:
            print(addresses(made), flush=True)
            print(f"Ctrl-C ends all of it, by id, and removes {made.directory}", flush=True)
            signal.pause()
    except (ClusterError, PostgresError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
