"""What is in already: by what a file says, by the platform's own number, or by server, track, kind and start.

Where one of two files has no start, the best laps of their drivers tell whether they are of one session: a correction
changes places, times and penalties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

from django.db.models import Q
from django.db.models.functions import Coalesce

from simlane.results.events import is_unnamed, weekend_of
from simlane.results.models import ResultFile
from simlane.results.parsed import ParsedEvent, ParsedSession
from simlane.results.source import ResultFileError
from simlane.sim.identity.platforms import known_simulator
from simlane.sim.models import EntryDriver, Event, Session

#: Tools that rewrite a file may move its time a little; no server has two sessions of a kind within this.
SAME_START = timedelta(minutes=2)

Place = tuple[str, str, str]  #: simulator, weekend, kind of session
Bests = frozenset[tuple[str, int | None]]  #: who drove, by what tells them apart best, and their best laps


class HasContent(Protocol):
    """A file that was read."""

    label: str
    content_sha256: str
    event: ParsedEvent


Item = TypeVar("Item", bound=HasContent)


class _Session(NamedTuple):
    """A session that is in: by its server's clock, if a file gave it, and where it can be seen."""

    clock: datetime | None
    where: str
    bests: Bests | None  #: None where they have to be asked for
    key: int | None


class Sorted(NamedTuple, Generic[Item]):
    """Files, told apart: new ones, those whose results are in, and those that say otherwise of a session that is."""

    fresh: list[Item]
    unchanged: list[Item]
    conflicts: list[tuple[Item, ResultFileError]]


class Seen:
    """What one import has brought in so far: a dry run leaves nothing in the database to be asked."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], str] = {}
        self._sessions: dict[Place, list[_Session]] = {}

    def sort(self, batch: Sequence[Item]) -> Sorted[Item]:
        """Tells the files of a batch apart; asked under the lock, so that it stays true until they are stored."""
        contents = set(
            ResultFile.objects.filter(content_sha256__in=[item.content_sha256 for item in batch]).values_list(
                "content_sha256", flat=True
            )
        )
        numbers = self._numbers | _stored_numbers(batch)
        sessions = _stored_sessions(batch)
        for place, known in self._sessions.items():
            sessions.setdefault(place, []).extend(known)
        found: Sorted[Item] = Sorted([], [], [])
        for item in batch:
            if item.content_sha256 in contents:
                found.unchanged.append(item)
            elif where := _number_in(item, numbers) or _session_in(item, sessions):
                found.conflicts.append((item, _conflict(where)))
            else:
                found.fresh.append(item)
                contents.add(item.content_sha256)
                _note(item, numbers, sessions)
        return found

    def add(self, stored: Sequence[HasContent]) -> None:
        """These have come in."""
        for item in stored:
            _note(item, self._numbers, self._sessions)


def _conflict(where: str) -> ResultFileError:
    return ResultFileError(
        f"This session is in already, with other results: {where}. What came in first stays, since a corrected file "
        "cannot replace it yet: leave this one out"
    )


def _note(item: HasContent, numbers: dict[tuple[str, str], str], sessions: dict[Place, list[_Session]]) -> None:
    if item.event.platform_id:
        numbers[_number(item.event)] = item.label
    for place, session in _places(item.event):
        known = _Session(session.clock or session.started_at, item.label, _bests(session), None)
        sessions.setdefault(place, []).append(known)


def _simulator(slug: str) -> str:
    """One slug for a simulator, whichever of its slugs an install has."""
    known = known_simulator(slug)
    return known.slug if known else slug


def _number(parsed: ParsedEvent) -> tuple[str, str]:
    return _simulator(parsed.simulator), parsed.platform_id


def _places(parsed: ParsedEvent) -> Iterator[tuple[Place, ParsedSession]]:
    """The sessions of a file without a number, and where they were."""
    if not parsed.platform_id:
        for session in parsed.sessions:
            yield (_simulator(parsed.simulator), weekend_of(parsed), session.kind), session


def _bests(session: ParsedSession) -> Bests:
    return frozenset(
        (driver.identifier or driver.name, entry.best_lap_of(driver))
        for entry in session.entries
        for driver in entry.drivers
    )


def _number_in(item: HasContent, numbers: dict[tuple[str, str], str]) -> str:
    return numbers.get(_number(item.event), "") if item.event.platform_id else ""


def _session_in(item: HasContent, sessions: dict[Place, list[_Session]]) -> str:
    for place, session in _places(item.event):
        clock, bests = session.clock or session.started_at, _bests(session)
        for known in sessions.get(place, ()):
            if clock and known.clock:
                # Two servers without a name may be on one track at one time.
                same = abs(known.clock - clock) <= SAME_START and (
                    not is_unnamed(item.event) or not _drivers(_bests_of(known)).isdisjoint(_drivers(bests))
                )
            else:
                same = _is_mostly(_bests_of(known), bests)
            if same:
                return known.where
    return ""


def _bests_of(known: _Session) -> Bests:
    if known.bests is not None:
        return known.bests
    rows = EntryDriver.objects.filter(entry__session=known.key)
    return frozenset(
        (identifier or name, best)
        for identifier, name, best in rows.values_list("profile__profile_identifier", "name", "best_lap_ms")
    )


def _drivers(bests: Bests) -> set[str]:
    return {driver for driver, _ in bests}


def _is_mostly(one: Bests, other: Bests) -> bool:
    """Whether more than half of the shorter list's drivers have the same best lap, to the millisecond, in both."""
    timed = [{each for each in bests if each[1] is not None} for bests in (one, other)]
    return 2 * len(timed[0] & timed[1]) > min(map(len, timed)) > 0


def _stored_numbers(batch: Sequence[HasContent]) -> dict[tuple[str, str], str]:
    ids = {item.event.platform_id for item in batch if item.event.platform_id}
    events = Event.objects.filter(platform_id__in=ids).values_list("pk", "simulator__slug", "platform_id", "name")
    return {(_simulator(slug), number): _event_in_words(key, name) for key, slug, number, name in events}


def _stored_sessions(batch: Sequence[HasContent]) -> dict[Place, list[_Session]]:
    found: dict[Place, list[_Session]] = {}
    sessions = [(place, session) for item in batch for place, session in _places(item.event)]
    if not sessions:
        return found
    clocks = [session.clock or session.started_at for _, session in sessions]
    times = [clock for clock in clocks if clock]
    # A file without a start may be of any session there.
    is_near = Q()
    if len(times) == len(clocks):
        is_near = Q(at=None) | Q(at__gte=min(times) - SAME_START, at__lte=max(times) + SAME_START)
    rows = (
        Session.objects.filter(event__weekend__in={weekend for (_, weekend, _), _ in sessions})
        .annotate(at=Coalesce("clock", "started_at"))
        .filter(is_near)
        .values_list("pk", "kind", "at", "event_id", "event__simulator__slug", "event__weekend", "event__name")
    )
    for key, kind, at, event, slug, weekend, name in rows:
        where = _event_in_words(event, name)
        found.setdefault((_simulator(slug), weekend, kind), []).append(_Session(at, where, None, key))
    return found


def _event_in_words(key: int, name: str) -> str:
    return f"“{name}”, /events/{key}/"
