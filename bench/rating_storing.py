"""The second half of `make bench-ratings`: the stored ratings of a large site counted anew, and after one more race.

All races are of one simulator, and half of them among one driver in ten. The command runs in a process of its own, so
its memory is its own. PostgreSQL's server is on the same machine.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

from bench.databases import chosen, command_line, measure

CARS = 20
FIRST = datetime(2010, 1, 1, tzinfo=UTC)
AT_ONCE = 2000


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--races", type=int, default=100_000)
    parser.add_argument("--drivers", type=int, default=100_000)
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    for database in chosen(arguments):
        found = measure("bench.rating_storing", database, {"races": arguments.races, "drivers": arguments.drivers})
        print(
            f"{database}: {arguments.races:,} races, {arguments.races * CARS:,} entries: all anew in "
            f"{found['all']:.0f} s, peak {found['peak']:.0f} MiB; one new race {found['last']:.0f} ms; one that was "
            f"driven {found['back']:,} races before the last {found['late']:.1f} s; all again over what is there "
            f"{found['again']:.0f} s"
        )


def work(options: dict[str, Any]) -> None:
    """The measurement itself, in the process that has the database."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    races, drivers = options["races"], options["drivers"]
    fill(races, drivers)
    found: dict[str, float] = {"all": _recompute(), "back": races // 100}
    found["peak"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    found["last"] = 1000 * _one_more(races + 1, races, drivers)
    found["late"] = _one_more(races + 2, races - found["back"], drivers)
    found["again"] = _recompute()
    with open(options["found"], "w", encoding="utf-8") as file:
        json.dump(found, file)


def _recompute() -> float:
    started = perf_counter()
    subprocess.run([sys.executable, "manage.py", "recompute_ratings"], check=True, stdout=sys.stderr)
    return perf_counter() - started


def _one_more(key: int, place: float, drivers: int) -> float:
    """Seconds from a race that came in at this place of the order to its ratings."""
    from simlane.ratings import due, recomputing

    _races(range(key, key + 1), drivers, FIRST + timedelta(minutes=60 * place + 30))
    started = perf_counter()
    due.note_events(events={key})
    recomputing.catch_up()
    return perf_counter() - started


def fill(races: int, drivers: int) -> None:
    """Profiles and races with their results, nothing else."""
    from django.db import connection, transaction

    from simlane.sim.database import bulk
    from simlane.sim.models import SimProfile, Simulator

    simulator = Simulator.objects.get(slug="iracing").pk
    at = bulk.stored(FIRST)
    with transaction.atomic():
        bulk.insert(
            SimProfile,
            ("id", "simulator", "profile_name", "profile_identifier", "profile_data", "is_verified", "created_at"),
            [(_key(n), simulator, f"Driver {n}", str(100_000 + n), "{}", False, at) for n in range(drivers)],
        )
    for start in range(1, races + 1, AT_ONCE):
        with transaction.atomic():
            _races(range(start, min(start + AT_ONCE, races + 1)), drivers)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _races(keys: range, drivers: int, at: datetime | None = None) -> None:
    import random

    from simlane.sim.database import bulk
    from simlane.sim.models import Entry, EntryDriver, Event, Session, Simulator

    simulator = Simulator.objects.get(slug="iracing").pk
    events, entries, drives = [], [], []
    for key in keys:
        draw = random.Random(key)
        when = bulk.stored(at or FIRST + timedelta(hours=key))
        events.append((key, simulator, f"Event {key}", "results", when, when, when))
        field = draw.sample(range(drivers // 10 if key % 2 else drivers), CARS)
        # Who has the lower number is the better driver, by and large.
        for row, driver in enumerate(sorted(field, key=lambda each: each / drivers + draw.gauss(0, 0.3))):
            status = "dnf" if draw.random() < 0.1 else "finished"
            entries.append((key * CARS + row, key, row, row + 1, "", "", "", status, ""))
            drives.append((key * CARS + row, 0, "Driver", _key(driver), when, "", ""))
    bulk.insert(Event, ("id", "simulator", "name", "event_source", "starts_at", "created_at", "listed_at"), events)
    bulk.insert(Session, ("id", "event", "kind", "number", "name"), [(key, key, "race", 0, "Race") for key in keys])
    fields = ("id", "session", "row", "position", "car_class", "car_number", "team_name", "status", "status_text")
    bulk.insert(Entry, fields, entries)
    bulk.insert(
        EntryDriver, ("entry", "seat", "name", "profile", "raced_at", "license_before", "license_after"), drives
    )


def _key(number: int) -> Any:
    from simlane.sim.database import bulk

    return bulk.stored(UUID(int=number + 1))


if __name__ == "__main__":
    main()
