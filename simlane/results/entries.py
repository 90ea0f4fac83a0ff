"""Entries of sessions that are being stored, with their drivers and laps, and what drivers' names say beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from simlane.results.named import Named, Place
from simlane.results.parsed import ParsedEvent, ParsedSession
from simlane.results.profiles import Identity, Recorded, Sighting
from simlane.sim.database import bulk
from simlane.sim.models import Entry, EntryDriver, Lap, MergedDrive, Session, Simulator
from simlane.sim.ownership.code_text import codes_in, without_codes
from simlane.sim.ownership.codes import Seen

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


class Drive(NamedTuple):
    """A session that is being stored."""

    session: Session
    parsed: ParsedSession
    event: ParsedEvent
    simulator: Simulator
    raced_at: datetime
    #: Whether its results count: anybody may have written a file of a league that nobody has confirmed.
    counts: bool
    #: Whether a code in a name proves a profile: not in what a league brought in and staff made the site's own.
    proves: bool


def sightings(drives: Sequence[Drive], whose: Mapping[Place, Named]) -> list[Sighting]:
    """Who drove in these sessions, by which names."""
    return [
        Sighting(simulator.pk, identifier, without_codes(driver.name), raced_at, counts)
        for index, (_, parsed, _, simulator, raced_at, counts, _) in enumerate(drives)
        for row, entry in enumerate(parsed.entries)
        for seat, driver in enumerate(entry.drivers)
        if (identifier := (whose.get((index, row, seat)) or driver).identifier)
    ]


def codes_of(sessions: Iterable[ParsedSession]) -> set[str]:
    """Every code in any name of these sessions."""
    entries = (entry for session in sessions for entry in session.entries)
    return {
        code
        for entry in entries
        for name in (entry.team_name, *(d.name for d in entry.drivers))
        for code in codes_in(name)
    }


def codes_seen(drives: Sequence[Drive], keys: Mapping[Identity, UUID], whose: Mapping[Place, Named]) -> Iterator[Seen]:
    """The codes that drivers had in their names, or in the team's name when they drove alone.

    What was written by hand, or proves nothing, is left out: whoever did can have given any driver any name. So is who
    did not drive, by decision.
    """
    for index, (session, parsed, event, simulator, _, _, proves) in enumerate(drives):
        for row, entry in enumerate(parsed.entries if proves and not event.by_hand else ()):
            team = codes_in(entry.team_name) if len(entry.drivers) == 1 else frozenset()
            for seat, driver in enumerate(entry.drivers):
                if (index, row, seat) in whose or not driver.identifier:
                    continue
                if found := codes_in(driver.name) | team:
                    yield Seen(keys[simulator.pk, driver.identifier], found, session.pk, session.event.league_id)


def store_entries(
    drives: Sequence[Drive],
    cars: Mapping[tuple[int, str], int],
    recorded: Recorded,
    whose: Mapping[Place, Named],
) -> Counter[str]:
    """Stores the entries of these sessions, which are stored; returns how many, by kind."""
    stored = bulk.adapter()
    parsed_entries = [
        (index, session, simulator, stored(raced_at), row, entry)
        for index, (session, parsed, _, simulator, raced_at, *_) in enumerate(drives)
        for row, entry in enumerate(parsed.entries)
    ]
    ids = bulk.reserve_ids(Entry, len(parsed_entries))
    entry_rows, driver_rows, lap_rows = [], [], []
    by_merge: list[tuple[int, int, int]] = []
    name_only = impossible = 0
    for key, (index, session, simulator, raced_at, row, entry) in zip(ids, parsed_entries, strict=True):
        car = cars.get((simulator.pk, entry.car_name))
        entry_rows.append((key, session.pk, row, car, *_entry_values(entry)))
        for seat, driver in enumerate(entry.drivers):
            identifier, league_driver = whose.get((index, row, seat)) or (driver.identifier, None)
            identity = (simulator.pk, identifier) if identifier else None
            profile = stored(recorded.keys[identity]) if identity else None
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
                    league_driver,
                    raced_at,
                    entry.best_lap_of(driver),
                    *_driver_values(driver),
                )
            )
        lap_rows += [
            (key, lap.number, lap.driver, lap.time_ms, lap.valid, *lap.sectors_ms, lap.pit) for lap in entry.lap_times
        ]
    bulk.insert(Entry, ("id", "session", "row", "car", *ENTRY_FIELDS), entry_rows)
    bulk.insert(
        EntryDriver,
        ("entry", "seat", "profile", "league_driver", "raced_at", "best_lap_ms", *DRIVER_FIELDS),
        driver_rows,
    )
    _note_merged(by_merge)
    bulk.insert(
        Lap,
        ("entry", "number", "seat", "time_ms", "valid", "sector1_ms", "sector2_ms", "sector3_ms", "pit"),
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
