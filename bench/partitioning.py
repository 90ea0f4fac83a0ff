"""`python -m bench.partitioning`: the laps move into partitions and back while a writer and a reader use them.

The move stands beside a bare INSERT … SELECT of the same rows into a table with the same key. Waits are those of a
transaction that stores an entry's laps, and of a read of one entry's, before and during the move.
"""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from bench.databases import command_line, measure, percentile

LAPS = 20
PAUSE_SECONDS = 0.02
FILL = f"""WITH simulator AS (SELECT min(id) AS id FROM sim_simulator), event AS (
        INSERT INTO sim_event (simulator_id, name, event_source, created_at)
        SELECT id, 'Bench', 'results', now() FROM simulator RETURNING id
    ), session AS (
        INSERT INTO sim_session (event_id, kind, number, name) SELECT id, 'race', 1, 'Race' FROM event RETURNING id
    ), entry AS (
        INSERT INTO sim_entry (session_id, row, car_class, car_number, team_name, status, status_text)
        SELECT id, row, '', '', '', 'finished', '' FROM session, generate_series(1, %s) AS row RETURNING id
    )
    INSERT INTO sim_lap (entry_id, number, seat, time_ms, valid, sector1_ms, sector2_ms, sector3_ms)
    SELECT id, number, 0, 90000 + id %% 5000, true, 30000, 30000, 30000
    FROM entry, generate_series(1, {LAPS}) AS number"""


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--laps", type=int, default=2_000_000)
    parser.add_argument("--json", help="write the figures to this file as well")
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    found = measure("bench.partitioning", "postgresql", {"laps": arguments.laps})
    table = Table(title=f"{arguments.laps:,} laps", title_justify="left")
    for heading in ("", "figure"):
        table.add_column(heading)
    for name, value in found.items():
        table.add_row(name, f"{value:,.1f}")
    Console().print(table)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1))


def work(options: dict[str, Any]) -> None:
    """The measurement itself, in the process that has the database."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from simlane.sim.partitions import tables

    call_command("migrate", verbosity=0)
    laps, found = options["laps"], {}
    size = max(1, laps // LAPS // 5)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [laps // LAPS])
        cursor.execute("ANALYZE")
        cursor.execute("CREATE TABLE bare (LIKE sim_lap INCLUDING ALL)")
        since = time.perf_counter()
        cursor.execute("INSERT INTO bare SELECT * FROM sim_lap")
        found["bare INSERT … SELECT, rows a second"] = laps / (time.perf_counter() - since)
        cursor.execute("DROP TABLE bare")
    found["MB before"] = tables.size_of(connection)[1] / 1e6
    with using(found, "before"):
        time.sleep(10)
    for command in (("run", "--entries", str(size)), ("back",)):
        with using(found, command[0]):
            since = time.perf_counter()
            call_command("partition_laps", *command, stdout=io.StringIO())
            seconds = time.perf_counter() - since
        found[f"{command[0]}, s"] = seconds
        found[f"{command[0]}, rows a second"] = laps / seconds
        found[f"MB after {command[0]}"] = tables.size_of(connection)[1] / 1e6
    Path(options["found"]).write_text(json.dumps(found))


@contextmanager
def using(found: dict[str, float], when: str) -> Iterator[None]:
    """A writer and a reader meanwhile; their waits in ms go to the figures."""
    from django.db import connection

    given = connection.settings_dict
    address = {"host": given["HOST"], "port": given["PORT"], "dbname": given["NAME"]}
    address |= {"user": given["USER"], "password": given["PASSWORD"]}
    stop, waits = threading.Event(), {"write": [0.0], "read": [0.0]}
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(entry_id), max(entry_id) FROM sim_lap")
        first, last = cursor.fetchone()

    def write(database: psycopg.Connection[Any], number: int) -> None:
        into = "COPY sim_lap (entry_id, number, seat, valid) FROM STDIN"
        with database.transaction(), database.cursor() as cursor, cursor.copy(into) as copy:
            for lap in range(LAPS):
                copy.write_row((last + 1 + number, lap, 0, True))

    def read(database: psycopg.Connection[Any], number: int) -> None:
        entry = first + number * 7919 % (last - first)
        database.execute("SELECT * FROM sim_lap WHERE entry_id = %s", [entry]).fetchall()

    def loop(act: Any, noted: list[float]) -> None:
        with psycopg.connect(**address, autocommit=True) as database:
            for number in count():
                if stop.is_set():
                    return
                since = time.perf_counter()
                act(database, number)
                noted.append((time.perf_counter() - since) * 1000)
                time.sleep(PAUSE_SECONDS)

    threads = [threading.Thread(target=loop, args=(act, waits[act.__name__])) for act in (write, read)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for name, noted in waits.items():
        found[f"{name} {when}, p99 ms"] = percentile(noted, 0.99)
        found[f"{name} {when}, longest ms"] = max(noted)


if __name__ == "__main__":
    sys.exit(main())
