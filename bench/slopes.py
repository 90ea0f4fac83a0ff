"""`python -m bench.slopes`: how pages, an import, a rating and standings grow with the site, on PostgreSQL.

Each size has a cluster of its own. `--keep DIR` leaves the filled ones there, one folder a size, to be measured again
without filling; each measurement adds a few events to them. The folder must be open to the account that PostgreSQL
runs under. What counts is the growth between sizes: a page that finds its rows by an index hardly has any.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.databases import SETTINGS, percentile, work_on
from tests import postgres

#: Of each profile, and of each entry: ten millions have twenty million entries and a hundred million laps.
ENTRIES_EACH, LAPS_EACH = 2, 5
#: So many are filled one by one; a bigger site is made of copies of them.
FILLED = 200_000
#: Of those that bench.pages asks for; the end of a name that tells a count is another at each size.
PAGES = (
    ("search", "search, all"),
    ("browse, page 1", "browse, page 1"),
    ("browse, deep", "browse, deep (middle"),
    ("detail", "detail"),
    ("event, 24 entries", "event, 24 entries"),
)
FILES, RENEWED = 20, 9
SEASONS = {"seasons": 20, "rounds": 20, "drivers": 60, "first_identifier": 900_000_000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--entries-each", type=int, default=ENTRIES_EACH, help="entries per profile")
    parser.add_argument("--laps-each", type=int, default=LAPS_EACH, help="laps per entry")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where filled clusters stay")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        options = json.loads(arguments.worker)
        (fill if options["fill"] else measure)(options)
        return
    if odd := [profiles for profiles in arguments.profiles if profiles > FILLED and profiles % FILLED]:
        parser.error(f"--profiles: {odd[0]} is made of copies of {FILLED:,}, so give a multiple of that.")
    found = {}
    for profiles in sorted(arguments.profiles):
        options = {"profiles": profiles, "entries": profiles * arguments.entries_each, "laps": arguments.laps_each}
        print(f"bench-slopes: {profiles:,} profiles, {options['entries']:,} entries", file=sys.stderr)
        with contextlib.ExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="simlane-bench-"))
            server = stack.enter_context(filled(options, directory, arguments.keep))
            # Ratings are a job's: they are timed by themselves.
            environment = server.environment | {"JOBS": "database", "LOG_LEVEL": "WARNING"}
            found[profiles] = work_on("bench.slopes", environment, directory, options | {"fill": False})
        show(found)


@contextlib.contextmanager
def filled(options: dict[str, Any], directory: str, keep: Path | None) -> Iterator[postgres.Cluster]:
    """A server with these rows: one that was kept, or a new one, which is kept if wanted."""
    place = keep.resolve() / "-".join(str(options[name]) for name in ("profiles", "entries", "laps")) if keep else None
    if place is None or not (place / "password").is_file():
        with postgres.cluster(*SETTINGS) as server:
            work_on("bench.slopes", server.environment, directory, options | {"fill": True})
            if place is None:
                yield server
                return
            # In order, so that the files are whole.
            server.process.send_signal(signal.SIGINT)
            server.process.wait()
            place.mkdir(parents=True, exist_ok=True)
            shutil.chown(place, server.directory.stat().st_uid)
            shutil.move(server.directory / "data", place / "data")
            # Last: without it the folder counts as unfinished.
            shutil.move(server.directory / "password", place / "password")
    with postgres.kept(place, *SETTINGS) as server:
        yield server


def show(found: dict[int, dict[str, list[float]]]) -> None:
    table = Table(title="milliseconds, p50 / p95, and growth of each", title_justify="left")
    table.add_column("")
    for size in found:
        table.add_column(f"{size:,}", justify="right")
    for smaller, larger in pairwise(found):
        table.add_column(f"{smaller:,} to {larger:,}", justify="right")
    for name in next(iter(found.values())):
        cells = [f"{p50:,.1f} / {p95:,.1f}" for p50, p95 in (each[name] for each in found.values())]
        for smaller, larger in pairwise(found.values()):
            growth = (after / before for before, after in zip(smaller[name], larger[name], strict=True))
            cells.append(" / ".join(f"{factor:.2f}" for factor in growth))
        table.add_row(name, *cells)
    Console(width=120).print(table)


def _ready() -> None:
    import django

    django.setup()


def fill(options: dict[str, Any]) -> None:
    _ready()
    from django.core.management import call_command

    from bench import crowd, growing, seasons
    from simlane.ratings import recomputing

    call_command("migrate", verbosity=0)
    times = max(1, options["profiles"] // FILLED)
    started = perf_counter()
    crowd.fill(options["profiles"] // times, options["entries"] // times)
    print(f"  filled in {perf_counter() - started:.0f} s", file=sys.stderr)
    started = perf_counter()
    recomputing.begin()
    recomputing.catch_up()
    print(f"  rated in {perf_counter() - started:.0f} s", file=sys.stderr)
    if times > 1:
        started = perf_counter()
        growing.grow(times)
        print(f"  grown in {perf_counter() - started:.0f} s", file=sys.stderr)
    if options["laps"]:
        started = perf_counter()
        crowd.drive_laps(options["laps"])
        print(f"  laps driven in {perf_counter() - started:.0f} s", file=sys.stderr)
    seasons.fill(SEASONS)
    Path(options["found"]).write_text("{}")


def measure(options: dict[str, Any]) -> None:
    _ready()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from bench.pages import addresses_of, ask
    from bench.synthetic import Names

    # One that was kept may be of an older release.
    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    found = {}
    addresses = addresses_of(Names(1).many(min(options["profiles"], FILLED)), options)
    client = Client()
    for name, beginning in PAGES:
        asked = next(of_page for page, of_page in addresses.items() if page.startswith(beginning))
        found[name] = ask(client, asked, explain=False)[1:3]
        print(f"  {name}: p50 {found[name][0]:.1f} ms, p95 {found[name][1]:.1f} ms", file=sys.stderr, flush=True)
    for name, times in (_races(Path(options["directory"])) | {"standings of a season anew": _standings()}).items():
        found[name] = [percentile(times, 0.5), percentile(times, 0.95)]
        print(f"  {name}: p50 {found[name][0]:.1f} ms, p95 {found[name][1]:.1f} ms", file=sys.stderr, flush=True)
    Path(options["found"]).write_text(json.dumps(found))


def _timed(run: Callable[[], Any]) -> float:
    started = perf_counter()
    run()
    return 1000 * (perf_counter() - started)


def _races(directory: Path) -> dict[str, list[float]]:
    """Milliseconds of files that come in, one by one, and of their race's ratings."""
    from django.db.models import Max

    from bench.result_files import Season
    from simlane.ratings import recomputing
    from simlane.results.importer import Importer
    from simlane.sim.models import Event

    season, first = Season(), int(time.time())
    latest = Event.objects.aggregate(at=Max("starts_at"))["at"]
    imports, ratings = [], []
    for each in range(FILES):
        # Another run on a kept cluster brings other races; behind all others, so none is counted again for one of them.
        number, at = first + each, latest + timedelta(hours=each + 1)
        path = directory / f"eventresult-{number}.json"
        path.write_text(json.dumps(season.iracing(number, at)))
        imports.append(_timed(lambda: _bring(Importer(), path)))  # noqa: B023
        ratings.append(_timed(recomputing.catch_up))
    return {"import of one file": imports, "ratings of one race": ratings}


def _bring(importer: Any, path: Path) -> None:
    report = importer.run([path])
    if report.imported != 1:
        sys.exit(f"bench: {report.refused}")


def _standings() -> list[float]:
    from simlane.leagues.models import Season
    from simlane.leagues.seasons import renewing

    season = Season.objects.order_by("pk")[SEASONS["seasons"] // 2].pk
    return [_timed(lambda: renewing.renew(season)) for _ in range(RENEWED)]


if __name__ == "__main__":
    main()
