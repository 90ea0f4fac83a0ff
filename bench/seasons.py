"""`make bench-seasons`: the standings of 20 rounds and 60 drivers made anew after a decision; then 200 such seasons.

Each round has qualifying and a race. Beside it, as the least that could be done, reading the same rows and writing as
many standings. And what a page reads.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.databases import chosen, command_line, measure

CLASSES, TEAMS, REPEATS = 3, 20, 9


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--seasons", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--drivers", type=int, default=60)
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    options = {"seasons": arguments.seasons, "rounds": arguments.rounds, "drivers": arguments.drivers}
    found = {database: measure("bench.seasons", database, options) for database in chosen(arguments)}
    table = Table(
        title=f"{arguments.rounds} rounds, {arguments.drivers} drivers, {arguments.seasons} seasons",
        title_justify="left",
    )
    table.add_column("")
    for database in found:
        table.add_column(f"{database}: ms", justify="right")
        table.add_column("of it the process's own", justify="right")
        table.add_column("statements", justify="right")
    for act in next(iter(found.values())):
        cells = [
            (f"{ms:,.1f}", f"{own:,.1f}", f"{count:,.0f}") for ms, own, count in (each[act] for each in found.values())
        ]
        table.add_row(act, *(cell for three in cells for cell in three))
    Console(width=120).print(table)


def work(options: dict[str, Any]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from simlane.leagues.models import Season, Standing, StandingsDue
    from simlane.leagues.seasons import renewing
    from simlane.sim.models import Entry, EntryDriver, Event

    call_command("migrate", verbosity=0)
    fill(options)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    season = Season.objects.order_by("pk")[options["seasons"] // 2]
    renewing.renew(season.pk)
    found: dict[str, list[tuple[float, float, int]]] = {}

    def timed(act: str, run: Callable[[], Any]) -> None:
        count = 0

        def counting(execute: Any, *arguments: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*arguments)

        with connection.execute_wrapper(counting):
            started, own = perf_counter(), process_time()
            run()
            found.setdefault(act, []).append(((perf_counter() - started) * 1000, (process_time() - own) * 1000, count))

    events = list(Event.objects.filter(round__season=season).order_by("pk"))

    def least() -> None:
        entries = Entry.objects.filter(session__event__round__season=season)
        drives = EntryDriver.objects.filter(entry__session__event__round__season=season)
        with transaction.atomic():
            list(entries.values_list())
            list(drives.values_list())
            rows = list(Standing.objects.filter(season=season))
            Standing.objects.filter(season=season).delete()
            Standing.objects.bulk_create(rows)

    def read() -> None:
        rows = Standing.objects.filter(season=season, kind="driver", season_class=None).select_related("team")
        assert len(list(rows)) == options["drivers"]

    for number in range(REPEATS):
        timed("a decision, and its job in the same process", lambda: _decide(events[number]))  # noqa: B023
        assert not StandingsDue.objects.exists()
        timed("the standings are made anew", lambda: renewing.renew(season.pk))
        timed("least: the same rows read, as many written", least)
        timed("a page reads its standings", read)
    with transaction.atomic():
        StandingsDue.objects.bulk_create(StandingsDue(season=each) for each in Season.objects.all())
    timed("all seasons are made anew, one after the other", renewing.finish_due)
    assert not StandingsDue.objects.exists()
    figures = {act: tuple(map(median, zip(*each, strict=True))) for act, each in found.items()}
    Path(options["found"]).write_text(json.dumps(figures))


def _decide(event: Any) -> None:
    """Disqualifies the winner of the event's race, as the results would be stored then."""
    from django.db import transaction

    from simlane.sim.career import changes
    from simlane.sim.models import Entry

    with transaction.atomic():
        Entry.objects.filter(session__event=event, session__kind="race", row=0).update(status=Entry.Status.DSQ)
        changes.note([event])


def fill(options: dict[str, Any]) -> None:
    """Seasons of a league each, with classes, teams and an entry list; drivers' numbers go on from the first."""
    from django.db import transaction

    from simlane.leagues.models import Round, Season, SeasonClass, SeasonEntry, Team
    from simlane.leagues.seasons import making
    from simlane.sim.database import bulk
    from simlane.sim.models import Entry, EntryDriver, Event, League, Session, SimProfile, Simulator

    chance = random.Random(0)
    simulator = Simulator.objects.get(slug="iracing")
    begins = datetime(2026, 1, 4, 19, tzinfo=UTC)
    drivers, first = range(options["drivers"]), options.get("first_identifier", 100_000)
    profiles = SimProfile.objects.bulk_create(
        SimProfile(simulator=simulator, profile_identifier=str(first + each), profile_name=f"Driver {each}")
        for each in drivers
    )
    entry_fields = (
        *("id", "session", "row", "position", "status", "laps", "laps_led", "best_lap_ms", "grid_position"),
        *("car_class", "car_number", "team_name", "status_text"),
    )
    for number in range(options["seasons"]):
        with transaction.atomic():
            league = League.objects.create(name=f"League {number}", slug=f"league-{number}")
            season = Season(
                league=league, simulator=simulator, name="S", slug="s", state="running", drop_rounds=2, team_cars=2
            )
            season.minimum_distance = 75
            making.make(season, preset="indycar")
            SeasonClass.objects.bulk_create(SeasonClass(season=season, name=f"Class {each}") for each in range(CLASSES))
            teams = Team.objects.bulk_create(
                Team(season=season, name=f"Team {each}", folded=f"team {each}") for each in range(TEAMS)
            )
            SeasonEntry.objects.bulk_create(
                SeasonEntry(
                    season=season,
                    number=str(each),
                    driver_name=f"Driver {each}",
                    folded=f"driver {each}",
                    identifier=str(first + each),
                    team=teams[each % TEAMS],
                )
                for each in drivers
            )
            events = Event.objects.bulk_create(
                Event(simulator=simulator, league=league, name=f"E{each}", starts_at=begins + timedelta(weeks=each))
                for each in range(options["rounds"])
            )
            Round.objects.bulk_create(
                Round(season=season, number=each + 1, event=event, starts_at=event.starts_at)
                for each, event in enumerate(events)
            )
            sessions = Session.objects.bulk_create(
                Session(event=event, number=kind, kind=("qualifying", "race")[kind], name="S")
                for event in events
                for kind in range(2)
            )
            keys = iter(bulk.reserve_ids(Entry, len(sessions) * options["drivers"]))
            entries, drives = [], []
            at = bulk.stored(begins)
            for session in sessions:
                order = chance.sample(drivers, options["drivers"])
                for row, driver in enumerate(order):
                    key = next(keys)
                    best, of_class = 90_000 + chance.randrange(9_000), f"Class {driver % CLASSES}"
                    entries.append(
                        (
                            *(key, session.pk, row, row + 1, "finished", 30, max(0, 15 - row), best, None),
                            *(of_class, str(driver), "", ""),
                        )
                    )
                    drives.append((key, 0, f"Driver {driver}", bulk.stored(profiles[driver].pk), at, 30, "", ""))
            bulk.insert(Entry, entry_fields, entries)
            bulk.insert(
                EntryDriver,
                ("entry", "seat", "name", "profile", "raced_at", "laps", "license_before", "license_after"),
                drives,
            )


if __name__ == "__main__":
    main()
