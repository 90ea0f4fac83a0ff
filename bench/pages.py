"""`make bench-pages`: how long the pages take on a large site, beside a view that does nothing and the plan's queries.

Every page is asked for in process, through the whole of Django. Database time is the sum of the statements of one
request; on SQLite rows are made while they are fetched, so there part of it is outside. The machine's own noise is in
every figure alike: read the ratios.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from itertools import pairwise
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.databases import chosen, command_line, measure, percentile

COLUMNS = ("requests", "p50 ms", "p95 ms", "database p50", "database p95", "statements")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=2_000_000)
    parser.add_argument("--laps", type=int, default=10, help="of each entry")
    parser.add_argument("--explain", action="store_true", help="print the plan of every slow statement")
    parser.add_argument("--json", help="write the figures to this file as well")
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    options = {name: getattr(arguments, name) for name in ("profiles", "entries", "laps", "explain")}
    found = {}
    for database in chosen(arguments):
        print(
            f"bench-pages: {arguments.profiles:,} profiles, {arguments.entries:,} entries, "
            f"{arguments.entries * arguments.laps:,} laps, {database}",
            file=sys.stderr,
        )
        found[database] = measure("bench.pages", database, options)
        show(database, found[database])
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)


def show(database: str, rows: dict[str, list[float]]) -> None:
    table = Table(title=f"{database}: milliseconds", title_justify="left")
    table.add_column("page")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for name, figures in rows.items():
        table.add_row(
            name, *(f"{figure:,.0f}" if place in (0, 5) else f"{figure:,.1f}" for place, figure in enumerate(figures))
        )
    Console(width=120).print(table)


def work(options: dict[str, Any]) -> None:
    """The measurement itself, in the process that has the database."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from bench.crowd import drive_laps, fill
    from simlane.ratings import recomputing

    call_command("migrate", verbosity=0)
    started = perf_counter()
    names = fill(options["profiles"], options["entries"])
    drive_laps(options["laps"])
    recomputing.begin()
    recomputing.catch_up()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"  loaded in {perf_counter() - started:.0f} s", file=sys.stderr)
    client = Client()
    rows = {}
    for name, addresses in addresses_of(names, options).items():
        rows[name] = ask(client, addresses, options["explain"])
    with open(options["found"], "w", encoding="utf-8") as file:
        json.dump(rows, file)


def ask(client: Any, addresses: list[str], explain: bool) -> list[float]:
    """Asks for every address three times; the first round only warms up. Each page is made anew, none is a kept one."""
    from django.core.cache import caches
    from django.db import connection

    total, database, statements = [], [], 0
    for round_ in range(3):
        for address in addresses:
            spent: list[float] = []
            caches["pages"].clear()
            with connection.execute_wrapper(_timing(spent, explain and round_ == 2)):
                started = perf_counter()
                response = client.get(address)
                elapsed = perf_counter() - started
            if response.status_code != 200:
                sys.exit(f"bench: {address} answers {response.status_code}")
            if round_:
                total.append(1000 * elapsed)
                database.append(1000 * sum(spent))
                statements = max(statements, len(spent))
        if total and sum(total) > 60_000:
            break
    return [
        len(total),
        percentile(total, 0.5),
        percentile(total, 0.95),
        percentile(database, 0.5),
        percentile(database, 0.95),
        statements,
    ]


def _timing(spent: list[float], explain: bool) -> Callable[..., Any]:
    def wrapper(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        started = perf_counter()
        result = execute(sql, parameters, many, context)
        spent.append(perf_counter() - started)
        if explain and spent[-1] > 0.01 and context["connection"].vendor == "postgresql":
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", parameters)
                plan = "\n".join(line for (line,) in cursor.fetchall())
            print(f"--- {1000 * spent[-1]:.1f} ms: {sql[:2000]} {parameters}\n{plan}", file=sys.stderr)
        return result

    return wrapper


def addresses_of(names: list[str], options: dict[str, Any]) -> dict[str, list[str]]:
    """Every scenario's addresses."""
    from urllib.parse import urlencode

    from bench.crowd import long_race
    from simlane.profiles.views.listing import SORTS
    from simlane.sim.models import EntryDriver, Event, SimProfile, TrackRecord
    from simlane.web.listing import PAGE_SIZE

    public = SimProfile.objects.public()
    deep: dict[str, list[str]] = {"plain": [], "filtered": []}
    first: list[str] = []
    for sort, (_, order) in SORTS.items():
        for filters in ({}, {"sim": "iracing"}, {"verified": "1"}, {"sim": "iracing", "verified": "1"}):
            rows = public.filter(simulator__slug="iracing") if "sim" in filters else public
            rows = rows.filter(is_verified=True) if "verified" in filters else rows
            rows = rows.order_by(*order.columns())
            count = rows.count()
            first.append(f"/profiles/?{urlencode({'sort': sort, **filters})}")
            for offset in {count // 2, min(count - 1, 40_000 * PAGE_SIZE), int(count * 0.99)}:
                cursor = order.cursor(rows[offset])
                address = f"/profiles/?{urlencode({'sort': sort, **filters, 'after': cursor})}"
                deep["filtered" if filters else "plain"].append(address)
    queries = search_queries(names)
    draw = random.Random(5)
    details = [
        p.get_absolute_url()
        for p in public.select_related("simulator").filter(pk__in=_some(draw, options["profiles"], 60))
    ]
    busiest = public.select_related("simulator").order_by("-starts")[:10]
    events = [event.get_absolute_url() for event in Event.objects.order_by("pk")[:40]]
    places = TrackRecord.objects.select_related("track__simulator", "car__simulator").order_by("pk")
    tracks = sorted({place.track.get_absolute_url() for place in places[:400]})[:20]
    cars = sorted({place.car.get_absolute_url() for place in places[:400]})[:20]
    found = {
        "reference: a constant": ["/reference/constant/"] * 40,
        "browse, page 1, every order and filter": first,
        "browse, deep (middle, page 40,000, last)": deep["plain"],
        "browse, deep, filtered": deep["filtered"],
    }
    for kind, words in queries.items():
        found[f"search, {kind}"] = [f"/profiles/search/?{urlencode({'q': word})}" for word in words]
    found["search, all"] = [address for name, all_ in found.items() if name.startswith("search") for address in all_]
    found |= {
        "detail": details,
        f"detail, {EntryDriver.objects.filter(profile=busiest[0]).count():,} entries": [
            profile.get_absolute_url() for profile in busiest
        ],
        **_of_drivers(details, [profile.get_absolute_url() for profile in busiest]),
        "event, 24 entries": events,
        **laps_of(long_race(60, 200)),
        "tracks and cars, the lists": ["/tracks/", "/tracks/iracing/", "/cars/", "/cars/iracing/"],
        "a track": tracks,
        "a track's laps": [f"{address}laps/" for address in tracks],
        "a car": cars,
        **rating_addresses(busiest),
        "reference: the plan's browse, page 1": ["/reference/browse/"] * 2,
        "reference: the plan's browse, page 30,000": [f"/reference/browse/?page={min(30_000, len(names) // 24)}"] * 2,
        "reference: the plan's search": [
            f"/reference/search/?{urlencode({'q': word})}" for words in queries.values() for word in words[:2]
        ],
    }
    return found


def laps_of(event: Any) -> dict[str, list[str]]:
    """The pages of a race of 60 cars over 200 laps."""
    from simlane.profiles.addresses import of_entry, of_laps

    race = event.sessions.get()
    tables = of_laps(event, race)
    return {
        "event, 60 cars x 200 laps": [event.get_absolute_url()] * 20,
        "its charts' data": [f"/events/{event.pk}/sessions/{race.number}/laps.json"] * 20,
        "its laps in tables": [f"{tables}?show={kind}" for kind in ("pace", "positions", "gaps", "times")] * 5,
        "a car of it": [of_entry(event, race, entry) for entry in race.entries.all()[:20]],
    }


def _of_drivers(few: list[str], many: list[str]) -> dict[str, list[str]]:
    """The parts of drivers' pages that are asked for by themselves, and comparisons: of few entries, and of many."""
    from simlane.profiles.views.sections import SECTIONS

    asked = ["results=races", "results=all&year=2025", "section=bests", *(f"section={name}" for name in SECTIONS)]
    found = {
        f"detail, {query}, {count} entries": [f"{address}?{query}" for address in addresses]
        for query in asked
        for count, addresses in (("few", few[:20]), ("most", many))
    }
    for count, addresses in (("few", few[:20]), ("most", many)):
        names = [address.removeprefix("/profiles/").strip("/") for address in addresses]
        found[f"compare two, {count} entries"] = [
            f"/profiles/compare/?a={one}&b={other}" for one, other in pairwise(names)
        ]
    found["compare four, most entries"] = [
        "/profiles/compare/?" + "&".join(f"{place}={name}" for place, name in zip("abcd", names, strict=False))
    ]
    return found


def rating_addresses(busiest: Any) -> dict[str, list[str]]:
    """Leaderboards from their first page and from deep within, and curves."""
    from simlane.ratings import reading

    boards, deep = [], []
    for simulator, ladders in reading.all_ladders():
        for board in reading.BOARDS.values():
            for year in (None, reading.years_of(ladders[0][0])[0]):
                address = f"/leaderboards/{simulator.slug}/?by={board.slug}&year={year or ''}"
                boards.append(address)
                rows = reading.leaders(ladders[0][0], board, year).order_by(*board.order.columns())
                if row := next(iter(rows[rows.count() // 2 :][:1]), None):
                    deep.append(f"{address}&after={board.order.cursor(row)}")
    return {
        "leaderboards": ["/leaderboards/"] * 10,
        "leaderboard, page 1, every order": boards,
        "leaderboard, deep (middle)": deep,
        "rating curve of the busiest": [
            f"/ratings/{profile.simulator.slug}/road/{profile.profile_identifier}/" for profile in busiest
        ],
    }


def _some(draw: random.Random, count: int, wanted: int) -> list[Any]:
    from uuid import UUID

    return [UUID(int=number + 1) for number in draw.sample(range(count), wanted)]


def search_queries(names: list[str]) -> dict[str, list[str]]:
    """Queries: words many names hold, whole and rare names, slips, ids, accounts, and what nobody is called."""
    from collections import Counter

    from bench.synthetic import Names

    maker = Names(1, firsts=10, lasts=10)
    draw = random.Random(7)
    latin = [name for name in draw.sample(names, 4000) if name.isascii()]
    firsts = Counter(name.split()[0] for name in names[:200_000])
    lasts = Counter(name.split()[1] for name in names[:200_000])
    rare = [name for name in latin if lasts[name.split()[1]] <= 2]
    return {
        "common words": [word for word, _ in firsts.most_common(4)] + [word for word, _ in lasts.most_common(4)],
        "a beginning": [latin[0][:3], latin[1].split()[1][:4], latin[2][:2], names[33][:1]],
        "rare, whole names": [*rare[:4], latin[3], " ".join(reversed(latin[4].split()))],
        "mistyped": [maker.mistyped(name) for name in (*latin[5:9], *(name.split()[1] for name in latin[9:13]))],
        "ids": ["76561190000000077", "100123"],
        "accounts": ["member777", "member4242"],
        "nobody": ["Qxzvw Wvzxq", "zzzzzzzzzz"],
    }


if __name__ == "__main__":
    main()
