"""`make bench-versions`: replacing, withdrawing, bringing back and deciding about a session of 60 cars on a large site.

Ten of its drivers have thousands of races each, the others one or two. Beside it the import of such a file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.databases import chosen, command_line, measure

CARS, LAPS = 60, 20


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    options = {"profiles": arguments.profiles, "entries": arguments.entries, "rounds": arguments.rounds}
    found = {database: measure("bench.versions", database, options) for database in chosen(arguments)}
    table = Table(
        title=f"{CARS} cars, {LAPS} laps; {arguments.profiles:,} profiles, {arguments.entries:,} entries",
        title_justify="left",
    )
    table.add_column("")
    for database in found:
        table.add_column(f"{database}: ms", justify="right")
        table.add_column("statements", justify="right")
    for act in next(iter(found.values())):
        cells = [(f"{figures[act]['ms']:,.0f}", f"{figures[act]['statements']:.0f}") for figures in found.values()]
        table.add_row(act, *(cell for pair in cells for cell in pair))
    Console().print(table)


def race(drivers: list[int], best: int) -> dict[str, Any]:
    """A race file of these drivers of bench.crowd, as an ACC server writes it."""
    lines = [
        {
            "car": {
                "carId": 1001 + place,
                "raceNumber": place,
                "carModel": place % 30,
                "cupCategory": 0,
                "teamName": "",
                "drivers": [
                    {
                        "firstName": f"First{driver}",
                        "lastName": f"Last{best}",
                        "shortName": "AAA",
                        "playerId": f"S{76561190000000001 + driver}",
                    }
                ],
            },
            "currentDriverIndex": 0,
            "timing": {"bestLap": best + place, "totalTime": LAPS * 100_000 + place, "lapCount": LAPS},
        }
        for place, driver in enumerate(drivers)
    ]
    laps = [
        {"carId": 1001 + place, "driverIndex": 0, "laptime": best + place + lap, "isValidForBest": True, "splits": []}
        for lap in range(LAPS)
        for place in range(len(drivers))
    ]
    return {
        "sessionType": "R",
        "trackName": "monza",
        "serverName": "Bench",
        "sessionIndex": 2,
        "sessionResult": {"isWetSession": 0, "type": 1, "leaderBoardLines": lines},
        "laps": laps,
    }


def work(options: dict[str, Any]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench.crowd import BUSY, fill
    from simlane.results import versions
    from simlane.results.deciding import rule, undo
    from simlane.results.importer import Importer
    from simlane.results.models import ResultFile, Ruling
    from simlane.results.rulings.standing import Place
    from simlane.sim.models import SimProfile

    call_command("migrate", verbosity=0)
    fill(options["profiles"], options["entries"])
    of_acc = SimProfile.objects.filter(simulator__slug="assetto-corsa-competizione").order_by("pk")
    numbers = [int(each) - 76561190000000001 for each in of_acc.values_list("profile_identifier", flat=True)[:2000]]
    busy, others = numbers[:BUSY], numbers[BUSY:]
    found: dict[str, list[tuple[float, int]]] = {}

    def timed(act: str, run: Callable[[], Any]) -> Any:
        count = 0

        def counting(execute: Any, *arguments: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*arguments)

        with ExitStack() as stack:
            stack.enter_context(connection.execute_wrapper(counting))
            started = perf_counter()
            done = run()
            found.setdefault(act, []).append(((perf_counter() - started) * 1000, count))
        return done

    def bring(name: str, document: dict[str, Any], *, replace: bool) -> None:
        path = Path(options["directory"], name)
        path.write_text(json.dumps(document))
        report = Importer(replace=replace).run([path])
        assert report.imported == 1, report.refused
        assert report.replaced == replace

    for each in range(options["rounds"]):
        drivers = busy + others[each * 100 : each * 100 + CARS - BUSY]
        name, corrected = f"26110{each + 1}_200000_R.json", f"26110{each + 1}_200030_R.json"
        timed("import", lambda: bring(name, race(drivers, 100_000), replace=False))  # noqa: B023
        timed("replace", lambda: bring(corrected, race(drivers[::-1], 99_000), replace=True))  # noqa: B023
        file = ResultFile.objects.select_related("event").get(filename=corrected)
        decided = {"by": None, "reason": "", "file": file}
        timed("withdraw", lambda: versions.withdraw(file.event, **decided))  # noqa: B023
        timed("bring back", lambda: versions.bring_back(file.event, **decided))  # noqa: B023
        penalty = {"value": 5_000, "reason": "contact", "by": None}
        made = timed("decide", lambda: rule(Place(file.pk, 0), 1, Ruling.Kind.TIME, **penalty))  # noqa: B023
        timed("undo", lambda: undo(made.pk, reason="another car", by=None))  # noqa: B023
    figures = {
        act: {"ms": median(ms for ms, _ in each), "statements": median(count for _, count in each)}
        for act, each in found.items()
    }
    Path(options["found"]).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
