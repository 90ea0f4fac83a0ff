"""Storing what result files say: events, sessions, entries, drivers, laps, and the figures that follow from them.

A batch of files is a fixed number of statements and bulk writes, whatever is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Protocol
from uuid import UUID

from django.db import connection

from simlane.results import bulk, events
from simlane.results.models import ResultFile
from simlane.results.parsed import UNKNOWN_DRIVER, ParsedDriver, ParsedEvent, ParsedSession
from simlane.results.profiles import Identity, Recorded, Sighting, record_sightings
from simlane.sim.career.statistics import add_sessions
from simlane.sim.identity.platforms import known_simulator
from simlane.sim.models import Car, Entry, EntryDriver, Event, Lap, MergedDrive, Session, Simulator, Track
from simlane.sim.ownership.code_text import codes_in, without_codes
from simlane.sim.ownership.codes import Seen, lock_code_owners, redeem

#: One import at a time: the number only has to be nobody else's.
LOCK = 0x51_4D_4C_41

ENTRY_FIELDS = (
    "position",
    "class_position",
    "car_class",
    "car_number",
    "team_name",
    "grid_position",
    "laps",
    "laps_led",
    "laps_down",
    "best_lap_ms",
    "average_lap_ms",
    "total_time_ms",
    "gap_ms",
    "incidents",
    "status",
    "status_text",
)
DRIVER_FIELDS = (
    "name",
    "laps",
    "incidents",
    "rating_before",
    "rating_after",
    "license_before",
    "license_after",
)

_entry_values = attrgetter(*ENTRY_FIELDS)
_driver_values = attrgetter(*DRIVER_FIELDS)


class Incoming(Protocol):
    """A file that was read: see importer.ReadFile."""

    filename: str
    format: str
    sha256: str
    content_sha256: str
    event: ParsedEvent


def lock() -> None:
    """Lets one import store at a time, until the transaction ends; SQLite's transactions do that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def store(incoming: Sequence[Incoming]) -> Counter[str]:
    """Stores files whose content is not stored yet; returns what was added, by kind. Call it in a transaction."""
    counts: Counter[str] = Counter()
    if not incoming:
        return counts
    # Files of one weekend are met in the order they were driven, whatever their names.
    incoming = sorted(incoming, key=_driven_at)
    now = datetime.now(UTC)
    simulators = _simulators(item.event.simulator for item in incoming)
    tracks = _tracks(incoming, simulators)
    cars = _cars(incoming, simulators)
    placed, created = events.place(incoming, simulators, tracks, now)
    ResultFile.objects.bulk_create(
        ResultFile(
            sha256=item.sha256,
            content_sha256=item.content_sha256,
            filename=item.filename,
            format=item.format,
            event=event,
        )
        for item, event in zip(incoming, placed, strict=True)
    )
    taken: dict[int, set[int]] = {event.pk: set() for event in placed}
    for event_id, number in Session.objects.filter(event__in=taken).values_list("event_id", "number"):
        taken[event_id].add(number)
    drives = [
        (session, parsed, item.event, simulators[item.event.simulator])
        for item, event in zip(incoming, placed, strict=True)
        for session, parsed in _sessions(event, item.event, taken[event.pk])
    ]
    Session.objects.bulk_create(session for session, *_ in drives)
    lock_code_owners(_codes_in(drives))
    recorded = record_sightings(_sightings(drives, now))
    counts.update(events=created, sessions=len(drives), **recorded.counts)
    counts.update(_entries(drives, cars, recorded, now))
    add_sessions([session.pk for session, *_ in drives])
    proofs = redeem(_codes(drives, recorded.keys))
    counts.update(proved=sum(len(proof.verified) for proof in proofs))
    return counts


def _driven_at(item: Incoming) -> tuple[datetime, datetime]:
    """The order files are met in; those whose time was still to come count as driven at once, in the clock's order."""
    never = datetime.max.replace(tzinfo=UTC)
    clocks = [session.clock for session in item.event.sessions if session.clock]
    return item.event.started_at or never, min(clocks, default=never)


Drive = tuple[Session, ParsedSession, ParsedEvent, Simulator]


def _simulators(slugs: Iterable[str]) -> dict[str, Simulator]:
    """The rows of the simulators; an older install's row may have one of the simulator's older slugs."""
    wanted = set(slugs)
    aliases = {slug: (slug, *(known.aliases if (known := known_simulator(slug)) else ())) for slug in wanted}
    rows = {
        row.slug: row for row in Simulator.objects.filter(slug__in={each for all_ in aliases.values() for each in all_})
    }
    return {slug: next(rows[each] for each in names if each in rows) for slug, names in aliases.items()}


def _tracks(incoming: Sequence[Incoming], simulators: dict[str, Simulator]) -> dict[tuple[int, str, str], Track]:
    wanted = {(simulators[i.event.simulator].pk, i.event.track, i.event.layout) for i in incoming if i.event.track}
    Track.objects.bulk_create(
        [Track(simulator_id=simulator, name=name, layout=layout) for simulator, name, layout in sorted(wanted)],
        ignore_conflicts=True,
    )
    found = Track.objects.filter(name__in={name for _, name, _ in wanted})
    return {(track.simulator_id, track.name, track.layout): track for track in found}


def _cars(incoming: Sequence[Incoming], simulators: dict[str, Simulator]) -> dict[tuple[int, str], int]:
    wanted = {
        (simulators[item.event.simulator].pk, entry.car_name)
        for item in incoming
        for session in item.event.sessions
        for entry in session.entries
        if entry.car_name
    }
    Car.objects.bulk_create(
        [Car(simulator_id=simulator, name=name) for simulator, name in sorted(wanted)], ignore_conflicts=True
    )
    found = Car.objects.filter(name__in={name for _, name in wanted}).values_list("simulator_id", "name", "pk")
    return {(simulator, name): key for simulator, name, key in found}


def _sessions(event: Event, parsed: ParsedEvent, taken: set[int]) -> list[tuple[Session, ParsedSession]]:
    """The file's sessions as rows of the event, each with a number the event does not have yet."""
    rows = []
    for session in sorted(parsed.sessions, key=lambda session: session.number):
        number = session.number
        while number in taken:
            number += 1
        taken.add(number)
        row = Session(
            event=event,
            kind=session.kind,
            number=number,
            name=session.name[:100],
            started_at=session.started_at,
            wet=session.wet,
            stage=session.stage,
            clock=session.clock,
        )
        rows.append((row, session))
    return rows


def _raced_at(parsed: ParsedSession, event: ParsedEvent, now: datetime) -> datetime:
    return parsed.started_at or event.started_at or now


def _sightings(drives: Sequence[Drive], now: datetime) -> list[Sighting]:
    return [
        Sighting(simulator.pk, driver.identifier, _goes_by(driver), _raced_at(parsed, event, now))
        for _, parsed, event, simulator in drives
        for entry in parsed.entries
        for driver in entry.drivers
        if driver.identifier
    ]


def _goes_by(driver: ParsedDriver) -> str:
    return "" if driver.name == UNKNOWN_DRIVER else without_codes(driver.name)


def _codes_in(drives: Sequence[Drive]) -> set[str]:
    """Every code in any name of the batch."""
    entries = (entry for _, parsed, _, _ in drives for entry in parsed.entries)
    return {
        code
        for entry in entries
        for name in (entry.team_name, *(d.name for d in entry.drivers))
        for code in codes_in(name)
    }


def _codes(drives: Sequence[Drive], keys: dict[Identity, UUID]) -> Iterator[Seen]:
    """The codes that drivers had in their names, or in the team's name when they drove alone."""
    for session, parsed, _, simulator in drives:
        for entry in parsed.entries:
            team = codes_in(entry.team_name) if len(entry.drivers) == 1 else frozenset()
            for driver in entry.drivers:
                if driver.identifier and (found := codes_in(driver.name) | team):
                    yield Seen(keys[simulator.pk, driver.identifier], found, session.pk)


def _entries(
    drives: Sequence[Drive], cars: dict[tuple[int, str], int], recorded: Recorded, now: datetime
) -> Counter[str]:
    parsed_entries = [
        (session, simulator, bulk.stored(_raced_at(parsed, event, now)), row, entry)
        for session, parsed, event, simulator in drives
        for row, entry in enumerate(parsed.entries)
    ]
    ids = bulk.reserve_ids(Entry, len(parsed_entries))
    entry_rows, driver_rows, lap_rows = [], [], []
    by_merge: list[tuple[int, int, int]] = []
    name_only = impossible = 0
    for key, (session, simulator, raced_at, row, entry) in zip(ids, parsed_entries, strict=True):
        car = cars.get((simulator.pk, entry.car_name))
        entry_rows.append((key, session.pk, row, car, *_entry_values(entry)))
        for seat, driver in enumerate(entry.drivers):
            identity = (simulator.pk, driver.identifier) if driver.identifier else None
            profile = bulk.stored(recorded.keys[identity]) if identity else None
            if identity is None:
                name_only += 1
                impossible += bool(driver.given_id)
            elif merges := recorded.merges.get(identity):
                by_merge += [(merge, key, seat) for merge in merges]
            driver_rows.append(
                (
                    key,
                    seat,
                    profile,
                    raced_at,
                    entry.best_lap_of(driver),
                    *_driver_values(driver),
                )
            )
        lap_rows += [(key, lap.number, lap.driver, lap.time_ms, lap.valid, *lap.sectors_ms) for lap in entry.lap_times]
    bulk.insert(Entry, ("id", "session", "row", "car", *ENTRY_FIELDS), entry_rows)
    bulk.insert(EntryDriver, ("entry", "seat", "profile", "raced_at", "best_lap_ms", *DRIVER_FIELDS), driver_rows)
    _note_merged(by_merge)
    bulk.insert(
        Lap,
        ("entry", "number", "seat", "time_ms", "valid", "sector1_ms", "sector2_ms", "sector3_ms"),
        lap_rows,
    )
    return Counter(
        entries=len(entry_rows),
        drivers=len(driver_rows),
        laps=len(lap_rows),
        name_only=name_only,
        impossible_id=impossible,
    )


def _note_merged(found: Sequence[tuple[int, int, int]]) -> None:
    """What came in under a merged profile's identifier, by merge, entry and seat: an undone merge gives it back."""
    if not found:
        return
    drives = {
        (entry, seat): key
        for key, entry, seat in EntryDriver.objects.filter(entry__in={entry for _, entry, _ in found}).values_list(
            "pk", "entry", "seat"
        )
    }
    MergedDrive.objects.bulk_create(
        MergedDrive(merge_id=merge, drive_id=drives[entry, seat]) for merge, entry, seat in found
    )
