"""`make bench-import`: how fast results come in, beside reading the files alone and a bare COPY of the same rows.

The bare rows go into tables without keys, indexes or constraints (COPY on PostgreSQL, executemany on SQLite): the
least that any import could take is reading plus that. Each is told in seconds that went by, and in seconds of processor
time, of this process and of its connection's: a busy machine changes the first more than the second. Memory is the
process's peak, at a quarter of the files and at all of them.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import formats
from bench.databases import chosen, command_line, measure

#: Written to the database by an import, by far most of its rows.
TABLES = ("sim_event", "sim_session", "sim_entry", "sim_entrydriver", "sim_lap")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--files", type=int, default=800)
    parser.add_argument("--each", type=int, default=100, help="files of each format")
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
        found[database]["formats"] = measure("bench.importing", database, {"each": arguments.each})
    show(found)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1))


def show(found: dict[str, dict[str, Any]]) -> None:
    table = Table(title="Importing results", title_justify="left")
    table.add_column("")
    for database in found:
        table.add_column(database, justify="right")
    lines: dict[str, Callable[[dict[str, Any]], str]] = {
        "files / MB": lambda f: f"{f['files']:.0f} / {f['megabytes']:.0f}",
        "entries / laps": lambda f: f"{f['entries']:,.0f} / {f['laps']:,.0f}",
        "import, s": lambda f: f"{f['import_s']:.1f}",
        "  entries a second": lambda f: f"{f['entries'] / f['import_s']:,.0f}",
        "  laps a second": lambda f: f"{f['laps'] / f['import_s']:,.0f}",
        "reading alone, s": lambda f: f"{f['parse_s']:.1f}",
        "bare rows alone, s": lambda f: f"{f['bare_s']:.1f}",
        "import / (reading + bare rows)": lambda f: f"{ratio(f):.2f}",
        "  the same, of processor time": lambda f: f"{ratio(f, 'cpu'):.2f}",
        "  entries a second of processor time": lambda f: f"{f['entries'] / f['import_cpu']:,.0f}",
        "the same files again, s": lambda f: f"{f['again_s']:.1f}",
        "peak MiB at a quarter / at all": lambda f: f"{f['peak_mib_quarter']:.0f} / {f['peak_mib']:.0f}",
    }
    for name, text in lines.items():
        table.add_row(name, *(text(figures) for figures in found.values()))
    Console().print(table)
    for database, figures in found.items():
        _show_formats(database, figures["formats"])


def _show_formats(database: str, figures: dict[str, dict[str, float]]) -> None:
    table = Table(title=f"Each format, {database}, in seconds of processor time", title_justify="left")
    table.add_column("format")
    for name in ("files", "entries", "laps", "reading", "import", "bare rows", "ratio", "entries a second"):
        table.add_column(name, justify="right")
    for slug, f in figures.items():
        counts = (f"{f[name]:,.0f}" for name in ("files", "entries", "laps"))
        times = (f"{f[name]:.2f}" for name in ("parse_cpu", "import_cpu", "bare_cpu"))
        table.add_row(slug, *counts, *times, f"{ratio(f, 'cpu'):.2f}", f"{f['entries'] / f['import_cpu']:,.0f}")
    Console(width=110).print(table)


def ratio(figures: dict[str, float], of: str = "s") -> float:
    """What an import takes to the least that it could take."""
    return figures[f"import_{of}"] / (figures[f"parse_{of}"] + figures[f"bare_{of}"])


def work(options: dict[str, Any]) -> None:
    """The measurement itself, in the process that has the database."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    folder = Path(options["directory"], "files")
    folder.mkdir()
    found: dict[str, Any] = {}
    if each := options.get("each"):
        for slug in formats.FORMATS:
            place = folder / slug
            place.mkdir()
            found[slug] = _measured(place, each, formats.write(place, slug, each))
    else:
        from bench.result_files import Season

        found = _measured(folder, options["files"], Season().write(folder, options["files"]))
    Path(options["found"]).write_text(json.dumps(found))


@contextmanager
def _spent(found: dict[str, float], what: str) -> Iterator[None]:
    """Adds what the block takes to the figures: seconds, and seconds of processor time."""
    since, cpu = perf_counter(), _cpu()
    yield
    found[f"{what}_s"] = found.get(f"{what}_s", 0) + perf_counter() - since
    found[f"{what}_cpu"] = found.get(f"{what}_cpu", 0) + _cpu() - cpu


def _cpu() -> float:
    """Processor time of this process, and of the one that serves its connection to PostgreSQL on this machine."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return process_time()
    connection.ensure_connection()
    served = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text()
    return process_time() + int(served.split()[0]) / 1e9


def _measured(folder: Path, files: int, size: int) -> dict[str, float]:
    from django.db import connection

    from simlane.results.files import find
    from simlane.results.importer import Importer
    from simlane.results.readers import read

    found: dict[str, float] = {"files": files, "megabytes": size / 1e6}
    with _spent(found, "parse"):
        for candidate in find([folder], lambda label, error: sys.exit(f"{label}: {error}")):
            read(candidate.source())
    with connection.cursor() as cursor:
        before = [_last_key(cursor, table) for table in TABLES]
    with _spent(found, "import"):
        report = Importer().run([folder])
    # Before the bare rows are held in memory for the reference.
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if report.refused or report.imported != files:
        sys.exit(f"bench: {report.refused[:3]}")
    found |= {"entries": report.counts["entries"], "laps": report.counts["laps"]}
    with _spent(found, "again"):
        Importer().run([folder])
    for table, last in zip(TABLES, before, strict=True):
        _write_bare(found, table, last)
    return found


def _last_key(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT COALESCE(MAX({_key(table)}), 0) FROM {table}")
    return int(cursor.fetchone()[0])


def _key(table: str) -> str:
    """The column that grows with each import."""
    return "entry_id" if table == "sim_lap" else "id"


def _write_bare(found: dict[str, float], table: str, last: int) -> None:
    """Writes the table's rows behind that key into one without keys, indexes or constraints."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE {_key(table)} > %s", [last])
        rows = cursor.fetchall()
        cursor.execute(f"DROP TABLE IF EXISTS bare_{table}")
        cursor.execute(f"CREATE TABLE bare_{table} AS SELECT * FROM {table} WHERE 1 = 0")
        with transaction.atomic(), _spent(found, "bare"):
            if not rows:
                return
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY bare_{table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                cursor.executemany(f"INSERT INTO bare_{table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)


if __name__ == "__main__":
    main()
