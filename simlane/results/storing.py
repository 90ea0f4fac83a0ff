"""Storing what result files say: events, sessions, entries, drivers, laps, and the figures that follow from them.

A batch of files is a fixed number of statements and bulk writes, whatever is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from django.db import OperationalError, connection

from simlane.results import content, events
from simlane.results.bounds import count_new
from simlane.results.entries import Drive, codes_of, codes_seen, sightings, store_entries
from simlane.results.incoming import ReadFile
from simlane.results.models import Decision, ResultFile, SessionFile, Way
from simlane.results.named import named
from simlane.results.parsed import ParsedEvent, ParsedSession
from simlane.results.profiles import record_sightings, store_new
from simlane.results.source import ResultFileError
from simlane.sim.career import changes, records
from simlane.sim.career.slugs import give_slugs
from simlane.sim.career.statistics import add_sessions, beginning
from simlane.sim.database import bulk
from simlane.sim.errors import Refused
from simlane.sim.identity.platforms import known_simulator
from simlane.sim.models import Car, Event, League, Session, Simulator, Track
from simlane.sim.models.leagues import SHARED
from simlane.sim.ownership.codes import lock_code_owners, redeem
from simlane.sim.shown import only

#: One import at a time: the number only has to be nobody else's.
LOCK = 0x51_4D_4C_41
LOCK_NOT_AVAILABLE = "55P03"
#: Seconds that a person's decision waits for an import.
PATIENCE = 5.0
BUSY = "The site is bringing in results just now: try again in a moment."
#: The ways of files that a league's people bring.
BY_LEAGUES = {Way.UPLOAD, Way.TOKEN}

FILE_FIELDS = tuple(field.attname for field in ResultFile._meta.concrete_fields if field.name != "imported_at")
_file_values = attrgetter(*FILE_FIELDS)


@dataclass(frozen=True, slots=True)
class Placed:
    """A file whose sessions are to stand in the event `place`: those of `numbers`, by their place in the file from 0.

    Each has the number in the event that it is to have, or None to have the file's own where that is free.
    """

    file: ResultFile
    event: ParsedEvent
    place: Event
    numbers: Mapping[int, int | None]


def lock() -> None:
    """Lets one import store at a time, until the transaction ends; SQLite's transactions do that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def lock_for_person() -> None:
    """The same for a person's decision, whose request holds a thread; raises Refused where an import takes long."""
    if connection.vendor != "postgresql":
        # It has one writer, and the patience of the settings.
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (usual,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{round(PATIENCE * 1000)}ms"])
        try:
            lock()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
                raise Refused(BUSY) from error
            raise
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])


def store(incoming: Sequence[ReadFile]) -> Counter[str]:
    """Stores files whose content is not stored yet; returns what was added, by kind. Call it in a transaction."""
    if not incoming:
        return Counter()
    # Files of one weekend are met in the order they were driven, whatever their names.
    incoming = sorted(incoming, key=lambda item: driven_at(item.event))
    now = datetime.now(UTC)
    with only():
        simulators = simulators_of(item.event.simulator for item in incoming)
        tracks = _tracks(incoming, simulators)
        placed, created = events.place(incoming, simulators, tracks, now)
        files = note(incoming, placed, now)
        counts = stand(
            [
                Placed(file, item.event, event, dict.fromkeys(range(len(item.event.sessions))))
                for item, event, file in zip(incoming, placed, files, strict=True)
            ]
        )
    counts.update(events=created)
    changes.note_new([file.pk for file in files])
    return counts


def note(incoming: Sequence[ReadFile], placed: Sequence[Event], now: datetime) -> list[ResultFile]:
    """Writes down that these files came in, each for its event. Raises ResultFileError for an archived league."""
    _see_to_open({item.league_id for item in incoming if item.league_id is not None})
    keys = bulk.reserve_ids(ResultFile, len(incoming))
    files = [
        ResultFile(
            pk=key,
            sha256=item.sha256,
            content_sha256=item.content_sha256,
            filename=item.filename,
            format=item.format,
            event=event,
            scope=event.scope,
            imported_at=now,
            content=content.encode(item.event),
            reader_version=item.reader_version,
            way=item.way,
            brought_by_id=item.by,
            kept=item.kept,
            size=item.size,
            timezone=item.timezone,
        )
        for key, item, event in zip(keys, incoming, placed, strict=True)
    ]
    rows = [(*_file_values(file), bulk.stored(now)) for file in files]
    bulk.insert(ResultFile, (*FILE_FIELDS, "imported_at"), rows)
    came_in = str(Decision.What.CAME_IN)
    bulk.insert(
        Decision,
        ("event", "file", "what", "by", "reason"),
        [(file.event_id, file.pk, came_in, file.brought_by_id, "") for file in files],
    )
    return files


def _see_to_open(leagues: Set[int]) -> None:
    """Whoever archives one of the leagues waits until the transaction ends."""
    rows = League.objects.filter(pk__in=leagues).select_for_update(no_key=True).order_by("pk") if leagues else ()
    for league in rows:
        if league.why_closed:
            raise ResultFileError(league.why_closed)


def stand(placed: Sequence[Placed]) -> Counter[str]:
    """Stores sessions of files that came in, with all that follows; returns what was added, by kind.

    Those of a league that staff have not confirmed prove nothing, and name nobody anew who is known.
    """
    simulators = simulators_of(item.event.simulator for item in placed)
    cars = _cars(placed, simulators)
    taken: dict[int, set[int]] = {item.place.pk: set() for item in placed}
    for event_id, number in Session.objects.filter(event__in=taken).values_list("event_id", "number"):
        taken[event_id].add(number)
    drives, origins = [], []
    for item in placed:
        simulator = simulators[item.event.simulator]
        for index, session, parsed in _sessions(item, taken[item.place.pk]):
            raced_at = parsed.started_at or item.event.started_at or item.file.imported_at
            counted = item.place.scope == SHARED
            proves = counted and not (item.place.league_id is None and item.file.way in BY_LEAGUES)
            drives.append(Drive(session, parsed, item.event, simulator, raced_at, counted, proves))
            origins.append((session, item.file.pk, index))
    Session.objects.bulk_create(drive.session for drive in drives)
    bulk.insert(
        SessionFile, ("session", "file", "number"), [(session.pk, file, index) for session, file, index in origins]
    )
    lock_code_owners(codes_of(drive.parsed for drive in drives if drive.proves))
    whose = named(drives)
    recorded = record_sightings(sightings(drives, whose))
    for league in {item.place.scope for item in placed} - {SHARED}:
        count_new(league, recorded.counts["profiles"])
    counts = Counter(sessions=len(drives), **recorded.counts)
    counts.update(store_entries(drives, cars, recorded, whose))
    sessions = [drive.session.pk for drive in drives]
    figures = beginning(sessions)
    add_sessions(sessions)
    records.add_sessions(sessions)
    store_new(recorded, figures)
    proofs = redeem(codes_seen(drives, recorded.keys, whose))
    counts.update(proved=sum(len(proof.verified) for proof in proofs))
    changes.note(item.place for item in placed)
    return counts


def driven_at(parsed: ParsedEvent) -> tuple[datetime, datetime]:
    """The order files are met in; those whose time was still to come count as driven at once, in the clock's order."""
    never = datetime.max.replace(tzinfo=UTC)
    clocks = [session.clock for session in parsed.sessions if session.clock]
    return parsed.started_at or never, min(clocks, default=never)


def simulators_of(slugs: Iterable[str]) -> dict[str, Simulator]:
    """The rows of the simulators; an older install's row may have one of the simulator's older slugs."""
    wanted = set(slugs)
    aliases = {slug: (slug, *(known.aliases if (known := known_simulator(slug)) else ())) for slug in wanted}
    rows = {
        row.slug: row for row in Simulator.objects.filter(slug__in={each for all_ in aliases.values() for each in all_})
    }
    return {slug: next(rows[each] for each in names if each in rows) for slug, names in aliases.items()}


def _tracks(incoming: Sequence[events.HasEvent], simulators: dict[str, Simulator]) -> dict[tuple[int, str, str], Track]:
    wanted = {(simulators[i.event.simulator].pk, i.event.track, i.event.layout) for i in incoming if i.event.track}
    Track.objects.bulk_create(
        [Track(simulator_id=simulator, name=name, layout=layout) for simulator, name, layout in sorted(wanted)],
        ignore_conflicts=True,
    )
    found = list(Track.objects.filter(name__in={name for _, name, _ in wanted}))
    give_slugs(found)
    return {(track.simulator_id, track.name, track.layout): track for track in found}


def _cars(incoming: Sequence[events.HasEvent], simulators: dict[str, Simulator]) -> dict[tuple[int, str], int]:
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
    found = list(Car.objects.filter(name__in={name for _, name in wanted}))
    give_slugs(found)
    return {(car.simulator_id, car.name): car.pk for car in found}


def _sessions(item: Placed, taken: set[int]) -> list[tuple[int, Session, ParsedSession]]:
    """The sessions that are to stand as rows of the event, each with a number the event does not have yet."""
    rows = []
    chosen = [(index, item.event.sessions[index]) for index in item.numbers]
    for index, session in sorted(chosen, key=lambda each: (item.numbers[each[0]] is None, each[1].number)):
        number = item.numbers[index]
        if number is None:
            number = session.number
            while number in taken:
                number += 1
        taken.add(number)
        row = Session(
            event=item.place,
            kind=session.kind,
            number=number,
            name=session.name[:100],
            started_at=session.started_at,
            wet=session.wet,
            stage=session.stage,
            racing=session.racing,
            clock=session.clock,
        )
        rows.append((index, row, session))
    return rows
