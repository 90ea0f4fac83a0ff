"""A site of the wanted size in the database: profiles with names and links, events with entries, straight by COPY."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max

from bench.synthetic import Names
from simlane.sim.career import records
from simlane.sim.career.slugs import give_slugs
from simlane.sim.career.statistics import add_sessions
from simlane.sim.database import bulk
from simlane.sim.identity.names import fold, letters, name_key, words
from simlane.sim.models import (
    Car,
    Entry,
    EntryDriver,
    Event,
    Lap,
    NameWord,
    ProfileName,
    Session,
    SimProfile,
    Simulator,
    Track,
)
from simlane.users.models import User

SHARES = (("iracing", 0.5), ("assetto-corsa-competizione", 0.3), ("automobilista-2", 0.1), ("raceroom", 0.1))
GRID = 24
CHUNK = 50_000
#: Drivers who never stop: one entry in forty is theirs, 5,000 each of two million.
BUSY = 10
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def fill(profiles: int, entries: int) -> list[str]:
    """Makes the rows; returns the names that were given, in the order of the profiles."""
    stored = bulk.adapter()
    draw = random.Random(2)
    names = Names(1).many(profiles)
    simulators = {row.slug: row.pk for row in Simulator.objects.all()}
    slugs = draw.choices([slug for slug, _ in SHARES], [share for _, share in SHARES], k=profiles)
    members = profiles // 20
    say(f"{members:,} accounts")
    with transaction.atomic():
        bulk.insert(
            User,
            (
                "id",
                "username",
                "first_name",
                "last_name",
                "email",
                "password",
                "is_superuser",
                "is_staff",
                "is_active",
                "date_joined",
                "search_key",
            ),
            [
                (
                    key,
                    f"member{key}",
                    first,
                    last,
                    "",
                    "!",
                    False,
                    False,
                    True,
                    stored(NOW),
                    fold(f"member{key} {first} {last}"),
                )
                for key in range(1, members + 1)
                for first, last in [names[-key].split()[:2]]
            ],
        )

    def profile(number: int) -> tuple[object, ...]:
        linked = number % 20 == 0 and number // 20 < members
        at = stored(NOW - timedelta(seconds=draw.randrange(90_000_000)))
        identifier = str(76561190000000001 + number if slugs[number].startswith("a") else 100_000 + number)
        return (
            stored(UUID(int=number + 1)),
            simulators[slugs[number]],
            names[number],
            identifier,
            "{}",
            number // 20 + 1 if linked else None,
            at if linked else None,
            linked,
            not (linked and number % 400 == 0),
            at,
            name_key(names[number]),
            at,
        )

    columns = ("id", "simulator", "profile_name", "profile_identifier", "profile_data", "linked_user", "linked_at",
               "is_verified", "is_public", "created_at", "name_key", "last_active_at")  # fmt: skip
    _chunks("profiles", profiles, lambda part: bulk.insert(SimProfile, columns, [profile(n) for n in part]))
    former = Names(3).many(profiles // 25)

    def name_rows(part: range) -> None:
        rows = [(stored(UUID(int=n + 1)), names[n], fold(names[n]), stored(NOW)) for n in part]
        rows += [
            (stored(UUID(int=n + 1)), former[n // 25], fold(former[n // 25]), stored(NOW - timedelta(900)))
            for n in part
            if n % 25 == 0 and n // 25 < len(former) and former[n // 25] != names[n]
        ]
        bulk.insert(ProfileName, ("profile", "name", "folded", "last_used_at"), rows)

    _chunks("names", profiles, name_rows)
    vocabulary = sorted({word for name in {*names, *former} for word in words(fold(name))})
    with transaction.atomic():
        bulk.insert(NameWord, ("word", "letters"), [(word, letters(word)) for word in vocabulary])
    say(f"{len(vocabulary):,} different words")
    _fill_results(profiles, entries, slugs, simulators, draw)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return names


def _fill_results(
    profiles: int, entries: int, slugs: list[str], simulators: dict[str, int], draw: random.Random
) -> None:
    stored = bulk.adapter()
    by_slug: dict[str, list[int]] = {}
    for number, slug in enumerate(slugs):
        by_slug.setdefault(slug, []).append(number)
    tracks, cars = {}, {}
    for slug in by_slug:
        tracks[slug] = Track.objects.bulk_create(
            [Track(simulator_id=simulators[slug], name=f"Track {n}") for n in range(60)]
        )
        cars[slug] = Car.objects.bulk_create([Car(simulator_id=simulators[slug], name=f"Car {n}") for n in range(40)])
    give_slugs(place for places in (*tracks.values(), *cars.values()) for place in places)
    sessions = entries // GRID
    of_session = draw.choices([slug for slug, _ in SHARES], [share for _, share in SHARES], k=sessions)
    at = [NOW - timedelta(minutes=draw.randrange(1_500_000)) for _ in range(sessions)]

    def races(part: range) -> None:
        bulk.insert(
            Event,
            ("id", "simulator", "name", "event_source", "starts_at", "created_at", "listed_at", "track"),
            [
                (n + 1, simulators[of_session[n]], f"Event {n}", "results", *[stored(at[n])] * 3,
                 draw.choice(tracks[of_session[n]]).pk)
                for n in part
            ],
        )  # fmt: skip
        bulk.insert(
            Session, ("id", "event", "kind", "number", "name"), [(n + 1, n + 1, "race", 0, "Race") for n in part]
        )
        entry_rows, driver_rows = [], []
        for n in part:
            slug = of_session[n]
            for row in range(GRID):
                key = n * GRID + row + 1
                car = draw.choice(cars[slug]).pk
                drivers = by_slug[slug]
                driver = draw.choice(drivers[:BUSY]) if draw.random() < 0.025 else draw.choice(drivers)
                best = 80_000 + draw.randrange(20_000)
                entry_rows.append((key, n + 1, row, row + 1, car, "", str(row), "", 20, best, "finished", ""))
                driver_rows.append((key, 0, "Driver", stored(UUID(int=driver + 1)), stored(at[n]), best, "", ""))
        bulk.insert(
            Entry,
            ("id", "session", "row", "position", "car", "car_class", "car_number", "team_name", "laps", "best_lap_ms",
             "status", "status_text"),
            entry_rows,
        )  # fmt: skip
        bulk.insert(
            EntryDriver,
            ("entry", "seat", "name", "profile", "raced_at", "best_lap_ms", "license_before", "license_after"),
            driver_rows,
        )
        add_sessions([n + 1 for n in part])
        records.add_sessions([n + 1 for n in part])

    _chunks("races", sessions, races, CHUNK // GRID)
    # The rows brought their numbers with them.
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), [Event, Session, Entry]):
            cursor.execute(sql)


#: On both databases alike.
_LAPS = """INSERT INTO sim_lap (entry_id, number, seat, time_ms, valid, sector1_ms, sector2_ms, sector3_ms)
    WITH RECURSIVE lap(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM lap WHERE number < %s)
    SELECT id, number, 0, 87000 + (id * 31 + number * 997) %% 4000, true, 29000, 29000, 29000
    FROM sim_entry, lap WHERE id > %s AND id <= %s"""


def drive_laps(each: int) -> None:
    """So many laps of each entry there is, which have none yet."""

    def write(part: range) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_LAPS, [each, part.start, part.stop])

    _chunks("entries' laps", Entry.objects.aggregate(last=Max("pk"))["last"] or 0, write, size=50_000)


def long_race(cars: int, laps: int) -> Event:
    """One more event, with a race of so many cars over so many laps, each timed with its sectors."""
    draw = random.Random(4)
    event = Event.objects.order_by("pk")[0]
    event.pk, event.name = None, "Long race"
    with transaction.atomic():
        event.save()
        race = Session.objects.create(event=event, kind="race", number=0, name="Race")
        entries = Entry.objects.bulk_create(
            Entry(session=race, row=row, position=row + 1, car_number=str(row), car_class="GT3" if row % 2 else "GT4",
                  laps=laps, best_lap_ms=80_000, gap_ms=row * 1000, laps_down=0)
            for row in range(cars)
        )  # fmt: skip
        EntryDriver.objects.bulk_create(
            EntryDriver(entry=entry, seat=0, name=f"Driver {entry.row}", raced_at=event.listed_at) for entry in entries
        )
        rows = []
        for entry in entries:
            for number in range(1, laps + 1):
                time = 80_000 + draw.randrange(4000)
                rows.append((entry.pk, number, 0, time, True, time // 3, time // 3, time // 3))
        bulk.insert(
            Lap, ("entry", "number", "seat", "time_ms", "valid", "sector1_ms", "sector2_ms", "sector3_ms"), rows
        )
    return event


def _chunks(what: str, total: int, write: Callable[[range], None], size: int = CHUNK) -> None:
    for part in _parts(total, size):
        # Outside a transaction SQLite commits row by row.
        with transaction.atomic():
            write(part)
        say(f"{part.stop:,} of {total:,} {what}", passing=True)


def _parts(total: int, size: int) -> Iterator[range]:
    return (range(start, min(start + size, total)) for start in range(0, total, size))


def say(text: str, *, passing: bool = False) -> None:
    """A line of progress; on a terminal the next one takes the place of one that is passing."""
    print(f"  {text}", file=sys.stderr, end="\r" if passing and sys.stderr.isatty() else "\n", flush=True)
