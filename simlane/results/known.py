"""What is in already: by what a file says, by the platform's own number, or by server, track, kind and start.

Where one of two files has no start, the best laps of their drivers tell whether they are of one session: a correction
changes places, times and penalties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from simlane.results import crowds
from simlane.results.addresses import of_event
from simlane.results.crowds import Crowd
from simlane.results.digest import content_sha256
from simlane.results.events import is_unnamed, weekend_of
from simlane.results.matching import Match, match
from simlane.results.models import ResultFile
from simlane.results.parsed import ParsedEvent, ParsedSession
from simlane.results.readers import read
from simlane.results.scopes import Scope, scopes_of
from simlane.results.source import ResultFileError, Source
from simlane.sim.identity.platforms import known_simulator
from simlane.sim.models import Event, Session

#: Tools that rewrite a file may move its time a little; no server has two sessions of a kind within this.
SAME_START = timedelta(minutes=2)

#: Where every player's computer writes a file of one race, each with the start that it saw itself.
SEEN_BY_MANY = {"le-mans-ultimate": timedelta(minutes=60)}

#: Simulator, weekend, kind of session, and scope.
Place = tuple[str, str, str, int]
#: Simulator, the platform's own number, and scope.
Number = tuple[str, str, int]


class HasContent(Protocol):
    """A file that was read, and the league that it is for."""

    label: str
    content_sha256: str
    event: ParsedEvent
    league_id: int | None


class KnownSession(NamedTuple):
    """A session that is in: by its server's clock, if a file gave it, and where it can be seen."""

    clock: datetime | None
    where: str
    crowd: Crowd  #: nobody, where its clock alone tells
    league: int | None
    key: int | None


def files_seen_by(league: int | None) -> QuerySet[ResultFile]:
    """The files that are in for a league, or for the site: another league's alone are not."""
    return ResultFile.objects.filter(scope__in=scopes_of([league])[league].seen)


def events_of(source: Source, league: int | None) -> list[int]:
    """The events that hold the results of a league's file, by its bytes or by what it says; none when it is not in."""
    seen = files_seen_by(league)
    found = seen.filter(sha256=source.sha256)
    if not found.exists():
        try:
            contents = [content_sha256(event) for event in read(source)[1]]
        except ResultFileError:
            return []
        found = seen.filter(content_sha256__in=contents)
    return sorted(set(found.values_list("event_id", flat=True)))


def standing(item: HasContent, scope: int | None = None) -> Match:
    """What stands of the sessions of the file: in that scope, or where its league would look."""
    where = scopes_of([item.league_id])[item.league_id] if scope is None else Scope(scope, (scope,))
    if item.event.platform_id:
        events = Event.objects.standing().filter(platform_id=item.event.platform_id, scope__in=where.seen)
        slug = _simulator(item.event.simulator)
        rows = [each for each in events.select_related("simulator") if _simulator(each.simulator.slug) == slug]
        event = min(rows, key=lambda each: where.seen.index(each.scope), default=None)
        return match(item.event, event) if event else Match(None, {})
    sessions = stored_sessions([item], {item.league_id: where})
    found = ((index, find(item, *each, sessions)) for index, each in enumerate(placed_sessions(item, where)))
    return Match(None, {index: known.key for index, known in found if known and known.key})


def note(item: HasContent, scope: Scope, numbers: dict[Number, str], sessions: dict[Place, list[KnownSession]]) -> None:
    if item.event.platform_id:
        numbers[*number_of(item.event), scope.new] = item.label
    for places, session in placed_sessions(item, Scope(scope.new, (scope.new,))):
        clock = session.clock or session.started_at
        known = KnownSession(clock, item.label, crowds.of_file(session), item.league_id, None)
        sessions.setdefault(places[0], []).append(known)


def _simulator(slug: str) -> str:
    """One slug for a simulator, whichever of its slugs an install has."""
    known = known_simulator(slug)
    return known.slug if known else slug


def simulator_of(parsed: ParsedEvent) -> str:
    """One slug for its simulator, whichever of its slugs an install has."""
    return _simulator(parsed.simulator)


def number_of(parsed: ParsedEvent) -> tuple[str, str]:
    """The platform's own number, on its simulator."""
    return _simulator(parsed.simulator), parsed.platform_id


def placed_sessions(item: HasContent, scope: Scope) -> Iterator[tuple[list[Place], ParsedSession]]:
    """The sessions of a file without a number, and where each may be in."""
    parsed = item.event
    if not parsed.platform_id:
        for session in parsed.sessions:
            where = _simulator(parsed.simulator), weekend_of(parsed), session.kind
            yield [(*where, each) for each in scope.seen], session


def number_in(item: HasContent, scope: Scope, numbers: dict[Number, str]) -> str:
    if not item.event.platform_id:
        return ""
    found = (numbers.get((*number_of(item.event), each), "") for each in scope.seen)
    return next(filter(None, found), "")


def session_in(item: HasContent, scope: Scope, sessions: dict[Place, list[KnownSession]]) -> str:
    found = (find(item, places, session, sessions) for places, session in placed_sessions(item, scope))
    return next((known.where for known in found if known), "")


def _is_told_by_drivers(item: HasContent, known: KnownSession) -> bool:
    """Whether time and place do not tell the two apart: of servers without a name, or of two leagues."""
    return is_unnamed(item.event) or known.league != item.league_id


def find(
    item: HasContent, places: Sequence[Place], session: ParsedSession, sessions: dict[Place, list[KnownSession]]
) -> KnownSession | None:
    """The session that is in, of which this file says otherwise."""
    clock, crowd = session.clock or session.started_at, crowds.of_file(session)
    for known in (each for place in places for each in sessions.get(place, ())):
        if clock and known.clock:
            apart = abs(known.clock - clock)
            # Two servers may be on one track at one time, but nobody drives on both.
            same = apart <= SAME_START and (
                not _is_told_by_drivers(item, known)
                or not crowds.drivers([known.crowd]).isdisjoint(crowds.drivers([crowd]))
            )
            if not same and apart <= SEEN_BY_MANY.get(places[0][0], SAME_START):
                same = crowds.is_mostly(known.crowd, crowd)
        else:
            same = crowds.is_mostly(known.crowd, crowd)
        if same:
            return known
    return None


def stored_numbers(batch: Sequence[HasContent]) -> dict[Number, str]:
    ids = {item.event.platform_id for item in batch if item.event.platform_id}
    found = Event.objects.standing().filter(platform_id__in=ids)
    events = found.values_list("pk", "simulator__slug", "platform_id", "scope", "name")
    return {(_simulator(slug), number, scope): _event_in_words(key, name) for key, slug, number, scope, name in events}


def stored_sessions(batch: Sequence[HasContent], scopes: Mapping[int | None, Scope]) -> dict[Place, list[KnownSession]]:
    found: dict[Place, list[KnownSession]] = {}
    sessions = [
        (place, session)
        for item in batch
        for places, session in placed_sessions(item, scopes[item.league_id])
        for place in places
    ]
    if not sessions:
        return found
    clocks = [session.clock or session.started_at for _, session in sessions]
    times = [clock for clock in clocks if clock]
    # A file without a start may be of any session there.
    is_near = Q()
    if len(times) == len(clocks):
        around = max(SEEN_BY_MANY.get(simulator, SAME_START) for (simulator, *_), _ in sessions)
        is_near = Q(at=None) | Q(at__gte=min(times) - around, at__lte=max(times) + around)
    rows = (
        Session.objects.filter(
            event__weekend__in={weekend for (_, weekend, *_), _ in sessions},
            event__scope__in={scope for (*_, scope), _ in sessions},
        )
        .annotate(at=Coalesce("clock", "started_at"))
        .filter(is_near)
        .values_list(
            "pk", "kind", "at", "event__simulator__slug", "event__weekend", "event__scope", "event__league",
            "event", "event__name",
        )
    )  # fmt: skip
    for key, kind, at, slug, weekend, scope, league, event, name in rows:
        known = KnownSession(at, _event_in_words(event, name), frozenset(), league, key)
        found.setdefault((_simulator(slug), weekend, kind, scope), []).append(known)
    _fill_crowds(found, batch, scopes)
    return found


def _fill_crowds(
    found: dict[Place, list[KnownSession]], batch: Sequence[HasContent], scopes: Mapping[int | None, Scope]
) -> None:
    """Reads who drove in those sessions where the clock alone does not tell them from the batch's: one statement."""
    asked: set[int | None] = set()
    for item in batch:
        for places, session in placed_sessions(item, scopes[item.league_id]):
            clock = session.clock or session.started_at
            for known in (each for place in places for each in found.get(place, ())):
                if not clock or not known.clock:
                    asked.add(known.key)
                elif places[0][0] in SEEN_BY_MANY or _is_told_by_drivers(item, known):
                    apart = abs(known.clock - clock)
                    if apart <= SEEN_BY_MANY.get(places[0][0], SAME_START):
                        asked.add(known.key)
    drove = crowds.of_sessions(key for key in asked if key)
    for place, sessions in found.items():
        found[place] = [each._replace(crowd=drove.get(each.key or 0, each.crowd)) for each in sessions]


def _event_in_words(key: int, name: str) -> str:
    return f"“{name}”, {of_event(Event(pk=key, name=name))}"
