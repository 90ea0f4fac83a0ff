"""`make bench-ownership`: link, prove, unlink, lapse, merge, dispute, leave, at random by 8 connections for 60 seconds.

Rounds of a few acts each; after each round every rule must hold and every history explain how its profile came to be
as it is. PostgreSQL only: SQLite has one writer.
"""

from __future__ import annotations

import json
import sys
from time import monotonic
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.claims import Rivals
from bench.databases import command_line, measure

CONNECTIONS = 8
ACTS = 10


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default="simlane")
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    found = measure("bench.ownership", "postgresql", {"seconds": arguments.seconds, "seed": arguments.seed})
    table = Table(
        title=f"{found['rounds']} rounds, {found['s']:.0f} s, {CONNECTIONS} connections", title_justify="left"
    )
    for column in ("act", "done", "refused"):
        table.add_column(column)
    acts = found["acts"]
    for name in sorted({name.removesuffix(" refused") for name in acts}):
        table.add_row(name, str(acts.get(name, 0)), str(acts.get(f"{name} refused", 0)))
    Console().print(table)
    print(f"{sum(acts.values()):,} acts, {found['entries']:,} entries of history, {len(found['problems'])} problems")
    if found["problems"]:
        sys.exit("\n".join(["bench: rules were broken.", *found["problems"][:10]]))


def work(options: dict[str, Any]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from simlane.sim.models import HistoryEntry
    from tests.sim.ownership import crowd

    connections.settings["default"]["OPTIONS"].pop("pool", None)
    call_command("migrate", verbosity=0)
    crowd.set_up()
    rivals = Rivals(CONNECTIONS)
    everybody = [crowd.Somebody(f"{options['seed']} {number}") for number in range(CONNECTIONS)]
    problems: list[str] = []
    started, rounds = monotonic(), 0
    while monotonic() - started < options["seconds"]:
        outcomes = rivals.round([lambda who=who: [who.act() for _ in range(ACTS)] for who in everybody])
        problems += [repr(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
        problems += [f"round {rounds}: {problem}" for problem in crowd.broken()]
        rounds += 1
    acts: dict[str, int] = {}
    for somebody in everybody:
        for name, times in somebody.acts.items():
            acts[name] = acts.get(name, 0) + times
    found = {
        "rounds": rounds,
        "s": monotonic() - started,
        "acts": acts,
        "problems": problems,
        "entries": HistoryEntry.objects.count(),
    }
    with open(options["found"], "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
