"""Reading a file again: with a newer reader, or one that came in before SimLane kept what files say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from operator import attrgetter, or_
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Q, QuerySet
from msgspec import structs

from simlane.results import content, keeping, known, versions
from simlane.results.decisions import said_by
from simlane.results.digest import content_sha256
from simlane.results.incoming import ReadFile
from simlane.results.models import Decision, ResultFile, SessionFile
from simlane.results.parsed import ParsedEvent
from simlane.results.putting import decide, put
from simlane.results.readers import READERS, read
from simlane.results.source import ResultFileError, Source
from simlane.results.storing import lock
from simlane.results.timezones import not_to_come, timezone_of
from simlane.sim.models import Session
from simlane.sim.ownership.locks import atomic_with_retry

FILLED = "It came in before SimLane kept what files say: now that is kept, and its results can be withdrawn."
MOST_DIFFERENCES = 20
#: How many files' contents are asked for in one statement.
AT_ONCE = 100
#: What of an event stands in the rows of its sessions as well.
_IN_SESSIONS = ("simulator", "started_at", "by_hand")
#: Of no consequence: what was odd, and what joins files, which the event has.
_UNSEEN = {"notes", "weekend"}


@dataclass(slots=True)
class Reading:
    """A kept file read again: what it says now, how that differs, or why it cannot be read."""

    file: ResultFile
    event: ParsedEvent | None = None
    reader_version: int = 0
    differences: list[str] = field(default_factory=list)
    error: ResultFileError | None = None


def outdated(*, every: bool = False) -> QuerySet[ResultFile]:
    """Kept files that an older reader read; all that are kept, with `every`."""
    kept = ResultFile.objects.exclude(kept="").filter(reader_version__gt=0)
    older = (Q(format=reader.slug, reader_version__lt=reader.version) for reader in READERS)
    return kept if every else kept.filter(reduce(or_, older))


def readings(files: QuerySet[ResultFile]) -> Iterator[Reading]:
    """Each of the files read again, one after the other."""
    wanted = set(files.values_list("pk", flat=True))
    kept = sorted(set(files.values_list("kept", flat=True)))
    for start in range(0, len(kept), AT_ONCE):
        found = ResultFile.objects.filter(kept__in=kept[start : start + AT_ONCE])
        # All events of a file, even where one is asked for: only together are they told apart.
        found = found.select_related("event").order_by("kept", "scope", "pk")
        for _, rows in groupby(found, key=attrgetter("kept", "scope")):
            yield from (reading for reading in _read(list(rows)) if reading.file.pk in wanted)


def _read(rows: Sequence[ResultFile]) -> list[Reading]:
    """The events of one file beside the rows of what came in of it."""
    first = rows[0]
    source = Source(first.filename, b"", timezone_of(first.timezone or settings.RESULTS_TIMEZONE))
    try:
        source.data = keeping.read(first.kept)
        reader, events = read(source)
        if reader.slug != first.format:
            raise ResultFileError(f"It is read as {reader.name} now: import it as another file")
        return [_beside(row, event, reader.version) for row, event in _pairs(rows, events)]
    except ResultFileError as error:
        return [Reading(row, error=error) for row in rows]


def _pairs(rows: Sequence[ResultFile], events: list[ParsedEvent]) -> list[tuple[ResultFile, ParsedEvent]]:
    by_content = {content_sha256(event): event for event in events}
    same = [(row, by_content.pop(row.content_sha256)) for row in rows if row.content_sha256 in by_content]
    others = [row for row in rows if all(row is not known for known, _ in same)]
    # Of what is left some may never have come in: a log goes on, or another file had it.
    if len(others) > len(by_content) or (others and len(others) < len(by_content) and len(rows) > 1):
        raise ResultFileError(f"It holds {len(events)} events now, and {len(rows)} came in: import it again")
    return [*same, *zip(others, by_content.values(), strict=False)]


def _beside(file: ResultFile, event: ParsedEvent, reader_version: int) -> Reading:
    before = said_by(file)
    not_to_come(event, file.imported_at)
    _keep_times(event, before)
    if (event.simulator, event.platform_id) != (before.simulator, before.platform_id):
        error = ResultFileError("It is of another event now: withdraw it, and import it as another file")
        return Reading(file, error=error)
    return Reading(file, event, reader_version, differences(before, event))


def _keep_times(event: ParsedEvent, before: ParsedEvent) -> None:
    """What the file does not say, and a decision gave it: see versions.replace."""
    if event.started_at is None and len(event.sessions) == len(before.sessions):
        event.started_at = before.started_at
        for session, stood in zip(event.sessions, before.sessions, strict=True):
            session.started_at, session.clock = session.started_at or stood.started_at, session.clock or stood.clock


def differences(before: ParsedEvent, after: ParsedEvent) -> list[str]:
    """Each field that is not what it was, as `sessions[0].entries[3].status: 'finished' → 'dsq'`; at most 20."""
    one, other = (
        {name: value for name, value in structs.asdict(event).items() if name not in _UNSEEN}
        for event in (before, after)
    )
    found = list(_differences("", one, other))
    more = len(found) - MOST_DIFFERENCES
    return found if more <= 0 else [*found[:MOST_DIFFERENCES], f"and {more:,} more"]


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, msgspec.Struct) and isinstance(other, msgspec.Struct):
        one, other = structs.asdict(one), structs.asdict(other)
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one | other:
            yield from _differences(f"{path}.{name}" if path else name, one.get(name), other.get(name))
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) != len(other):
            yield f"{path}: {len(one)} → {len(other)}"
        for place, (mine, others) in enumerate(zip(one, other, strict=False)):
            yield from _differences(f"{path}[{place}]", mine, others)
    elif one != other:
        yield f"{path}: {msgspec.to_builtins(one)!r} → {msgspec.to_builtins(other)!r}"


@atomic_with_retry
def accept(reading: Reading) -> None:
    """Keeps what the file says now, and lets the sessions that differ stand anew; raises ResultFileError."""
    lock()
    file, event = reading.file, reading.event
    assert event is not None  # noqa: S101
    file.refresh_from_db()
    before, digest = said_by(file), content_sha256(event)
    if _others(file, digest).exists():
        raise ResultFileError("It says the same as another file now: withdraw one of them")
    standing = dict(file.standing.values_list("number", "session"))
    numbers, gone = _changed(before, event, standing)
    stood = versions.with_files([*(key for key in numbers.values() if key is not None), *gone])
    _keep(file, event, reading.reader_version, digest)
    if reading.differences:
        decide([Decision(event=file.event, file=file, what=Decision.What.READ_AGAIN)])
        put([(file, event, numbers)], stood, by=None, reason="")


def _changed(
    before: ParsedEvent, after: ParsedEvent, standing: dict[int, int]
) -> tuple[dict[int, int | None], list[int]]:
    """The sessions of the new reading that are to stand anew, with what stands of them, and those that go."""
    kinds = [[(session.kind, session.number) for session in event.sessions] for event in (before, after)]
    if kinds[0] == kinds[1]:
        all_of_them = any(getattr(before, name) != getattr(after, name) for name in _IN_SESSIONS)
        pairs = zip(before.sessions, after.sessions, strict=True)
        differs = [index for index, (one, other) in enumerate(pairs) if all_of_them or one != other]
        return {index: standing[index] for index in differs if index in standing}, []
    places = {kind: place for place, kind in enumerate(kinds[0])}
    numbers: dict[int, int | None] = {}
    for index, kind in enumerate(kinds[1]):
        place = places.get(kind)
        if place in standing:
            numbers[index] = standing[place]
        elif place is None and standing:
            # No decision is about it yet.
            numbers[index] = None
    return numbers, [key for key in standing.values() if key not in numbers.values()]


@atomic_with_retry
def fill(file: ResultFile, item: ReadFile) -> None:
    """Keeps what a file says that came in before that was kept; where it is read otherwise now, its results follow."""
    lock()
    file.refresh_from_db(fields=["reader_version", "content_sha256", "scope"])
    if file.reader_version:
        return
    of_nobody = set(Session.objects.filter(event=file.event, of_file=None).values_list("pk", flat=True))
    stands = known.standing(item, file.scope).there
    there = {index: session for index, session in stands.items() if session in of_nobody}
    SessionFile.objects.bulk_create(
        SessionFile(session_id=session, file=file, number=index) for index, session in there.items()
    )
    same = file.content_sha256 == item.content_sha256
    is_another = _others(file, item.content_sha256).exists()
    file.kept, file.size, file.timezone = item.kept, item.size, item.timezone
    file.save(update_fields=["kept", "size", "timezone"])
    _keep(file, item.event, item.reader_version, file.content_sha256 if is_another else item.content_sha256)
    if not same and there:
        decide([Decision(event=file.event, file=file, what=Decision.What.READ_AGAIN, by_id=item.by)])
        put([(file, item.event, there)], versions.with_files(there.values()), by=item.by, reason="")


def _others(file: ResultFile, digest: str) -> QuerySet[ResultFile]:
    """Other files that say this, in the same scope or of the same league, whose scopes become one in the end."""
    alike = Q(scope=file.scope) | Q(event__league__isnull=False, event__league=file.event.league_id)
    return ResultFile.objects.filter(alike, content_sha256=digest).exclude(pk=file.pk)


def _keep(file: ResultFile, event: ParsedEvent, reader_version: int, digest: str) -> None:
    file.content, file.reader_version, file.content_sha256 = content.encode(event), reader_version, digest
    file.save(update_fields=["content", "reader_version", "content_sha256"])
