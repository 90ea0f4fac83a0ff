"""`make bench-import`: how fast results come in, beside reading the files alone and a bare COPY of the same rows.

The bare rows go into tables without keys, indexes or constraints (COPY on PostgreSQL, executemany on SQLite): the
least that any import could take is reading plus that. Memory is the process's peak, at a quarter of the files and at
all of them.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.databases import chosen, command_line, measure

#: Written to the database by an import, by far most of its rows.
TABLES = ("sim_event", "sim_session", "sim_entry", "sim_entrydriver", "sim_lap")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--files", type=int, default=800)
    parser.add_argument("--json", help="write the figures to this file as well")
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    found = {}
    for database in chosen(arguments):
        print(f"bench-import: {arguments.files} files, {database}", file=sys.stderr)
        quarter = measure("bench.importing", database, {"files": arguments.files // 4})
        found[database] = measure("bench.importing", database, {"files": arguments.files})
        found[database]["peak_mib_quarter"] = quarter["peak_mib"]
    show(found)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1))


def show(found: dict[str, dict[str, float]]) -> None:
    table = Table(title="Importing results", title_justify="left")
    table.add_column("")
    for database in found:
        table.add_column(database, justify="right")
    lines = {
        "files / MB": lambda f: f"{f['files']:.0f} / {f['megabytes']:.0f}",
        "entries / laps": lambda f: f"{f['entries']:,.0f} / {f['laps']:,.0f}",
        "import, s": lambda f: f"{f['import_s']:.1f}",
        "  entries a second": lambda f: f"{f['entries'] / f['import_s']:,.0f}",
        "  laps a second": lambda f: f"{f['laps'] / f['import_s']:,.0f}",
        "reading alone, s": lambda f: f"{f['parse_s']:.1f}",
        "bare rows alone, s": lambda f: f"{f['bare_s']:.1f}",
        "import / (reading + bare rows)": lambda f: f"{f['import_s'] / (f['parse_s'] + f['bare_s']):.2f}",
        "the same files again, s": lambda f: f"{f['again_s']:.1f}",
        "peak MiB at a quarter / at all": lambda f: f"{f['peak_mib_quarter']:.0f} / {f['peak_mib']:.0f}",
    }
    for name, text in lines.items():
        table.add_row(name, *(text(figures) for figures in found.values()))
    Console().print(table)


def work(options: dict[str, Any]) -> None:
    """The measurement itself, in the process that has the database."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from bench.result_files import Season
    from simlane.results.files import find
    from simlane.results.importer import Importer
    from simlane.results.readers import read

    call_command("migrate", verbosity=0)
    folder = Path(options["directory"], "results")
    folder.mkdir()
    size = Season().write(folder, options["files"])

    started = perf_counter()
    for candidate in find([folder], lambda label, error: sys.exit(f"{label}: {error}")):
        read(candidate.source())
    parse = perf_counter() - started

    started = perf_counter()
    report = Importer().run([folder])
    imported = perf_counter() - started
    # Before the bare rows are held in memory for the reference.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if report.refused or report.imported != options["files"]:
        sys.exit(f"bench: {report.refused[:3]}")

    started = perf_counter()
    Importer().run([folder])
    again = perf_counter() - started

    bare = 0.0
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")
            rows = cursor.fetchall()
            cursor.execute(f"CREATE TABLE bare_{table} AS SELECT * FROM {table} WHERE 1 = 0")
            with transaction.atomic():
                started = perf_counter()
                if connection.vendor == "postgresql":
                    with cursor.copy(f"COPY bare_{table} FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
                else:
                    cursor.executemany(f"INSERT INTO bare_{table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
                bare += perf_counter() - started
    found = {
        "files": options["files"],
        "megabytes": size / 1e6,
        "entries": report.counts["entries"],
        "laps": report.counts["laps"],
        "import_s": imported,
        "parse_s": parse,
        "bare_s": bare,
        "again_s": again,
        "peak_mib": peak,
    }
    Path(options["found"]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
