"""Which event each file belongs to: the one its weekend has already, or a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db.models import Max

from simlane.results import crowds
from simlane.results.parsed import ParsedEvent
from simlane.results.scopes import Scope, scopes_of
from simlane.results.source import ResultFileError
from simlane.sim.models import Event, Session, Simulator, Track

#: Files without an id of their event are one event where its first and last session start no further apart.
WEEKEND = timedelta(hours=12)
#: What of an event follows from its files.
FOLLOWING = ("name", "series", "track", "starts_at", "listed_at", "withdrawn_at", "league")
MAX_KEY = 255
#: By its number alone: what is withdrawn is not for this person to look at, and its address would tell its name.
WITHDRAWN = "Its results were withdrawn at /events/{event}/, which is not of this league: ask the staff to bring it in"


class HasEvent(Protocol):
    """A file that was read."""

    @property
    def event(self) -> ParsedEvent: ...


class ForLeague(HasEvent, Protocol):
    """One that is to come in, for a league or for none."""

    @property
    def league_id(self) -> int | None: ...


@dataclass(slots=True)
class _Open:
    """An event that files may join: when its first and last session start, and who drove in it.

    `drivers` is None where they do not matter: files of no server join when they come together.
    """

    event: Event
    first: datetime
    last: datetime
    drivers: set[str] | None = None


class Chosen(NamedTuple):
    """The event of each file; those of them that are new, and those that are to be changed."""

    placed: list[Event]
    new: list[Event]
    changed: list[Event]


def is_unnamed(parsed: ParsedEvent) -> bool:
    """Whether nothing says whose server the file is of."""
    return not parsed.weekend and not parsed.platform_id


def weekend_of(parsed: ParsedEvent) -> str:
    """What the files of one event have in common: the track alone, where no server is named."""
    if is_unnamed(parsed):
        return f"|{parsed.track}|{parsed.layout}"[:MAX_KEY]
    return parsed.weekend


def place(
    incoming: Sequence[ForLeague],
    simulators: Mapping[str, Simulator],
    tracks: Mapping[tuple[int, str, str], Track],
    now: datetime,
) -> tuple[list[Event], int]:
    """The event of each file, in order, stored, and how many of them are new: see choose."""
    chosen = choose(incoming, simulators, tracks, now)
    Event.objects.bulk_create(chosen.new)
    Event.objects.bulk_update(chosen.changed, FOLLOWING)
    return chosen.placed, len(chosen.new)


def choose(
    incoming: Sequence[ForLeague],
    simulators: Mapping[str, Simulator],
    tracks: Mapping[tuple[int, str, str], Track],
    now: datetime,
) -> Chosen:
    """The event of each file, in order; files come in the order of their time. Nothing is stored.

    An event is of one league or of none and in one scope, and starts with its first session, whichever came in first.
    Of several that a file may belong to it is the nearest. Files of servers without a name join when they come
    together, and later only an event that one of their drivers is in: it may be anyone's. Raises ResultFileError for a
    number whose event is withdrawn and another's.
    """
    scopes = scopes_of(item.league_id for item in incoming)
    known = _stored(incoming)
    withdrawn = _withdrawn(incoming)
    placed: list[Event] = []
    new: list[Event] = []
    changed: dict[int, Event] = {}
    for item in incoming:
        parsed, simulator, scope = item.event, simulators[item.event.simulator], scopes[item.league_id]
        weekend, starts_at = weekend_of(parsed), parsed.started_at
        track = tracks.get((simulator.pk, parsed.track, parsed.layout))
        event = next(filter(None, (withdrawn.get((simulator.pk, parsed.platform_id, s)) for s in scope.seen)), None)
        place = simulator.pk, weekend, item.league_id, scope.new
        if event is None and weekend and starts_at:
            event = _nearest(known.setdefault(place, []), parsed)
        if event is None:
            event = _new(item, simulator, track, scope, now)
            new.append(event)
            if weekend and starts_at:
                known[place].append(_Open(event, *_span(parsed)))
        elif event.withdrawn_at:
            # Nothing stands there: it is whose results come now, but not another league's, which would decide about
            # what that brought in.
            if item.league_id not in (None, event.league_id):
                raise ResultFileError(WITHDRAWN.format(event=event.pk))
            event.league_id = item.league_id
            begin(event, parsed, track, now)
            changed[event.pk] = event
        elif extend(event, parsed) and event.pk is not None:
            changed[event.pk] = event
        placed.append(event)
    return Chosen(placed, new, list(changed.values()))


def _withdrawn(incoming: Sequence[HasEvent]) -> dict[tuple[int, str, int], Event]:
    """Events whose results have all been withdrawn, by the platform's own number and scope: it has one address."""
    numbers = {item.event.platform_id for item in incoming} - {""}
    found = Event.objects.filter(platform_id__in=numbers, withdrawn_at__isnull=False).select_related("track")
    return {(event.simulator_id, event.platform_id, event.scope): event for event in found} if numbers else {}


def _stored(incoming: Sequence[HasEvent]) -> dict[tuple[int, str, int | None, int], list[_Open]]:
    weekends = {weekend_of(item.event) for item in incoming if item.event.started_at} - {""}
    rows = Event.objects.filter(weekend__in=weekends, starts_at__isnull=False).select_related("track")
    found: dict[tuple[int, str, int | None, int], list[_Open]] = {}
    unnamed: dict[int, _Open] = {}
    for event in rows.annotate(last=Max("sessions__started_at")).order_by("pk"):
        first: datetime = event.starts_at  # type: ignore[assignment]
        each = _Open(event, first, max(first, event.last or first))  # type: ignore[attr-defined]
        found.setdefault((event.simulator_id, event.weekend, event.league_id, event.scope), []).append(each)
        if event.weekend.startswith("|"):
            unnamed[event.pk] = each
    if unnamed:
        sessions = dict(Session.objects.filter(event__in=unnamed).values_list("pk", "event_id"))
        for each in unnamed.values():
            each.drivers = set()
        for session, crowd in crowds.of_sessions(sessions).items():
            each = unnamed[sessions[session]]
            each.drivers = crowds.drivers([crowd]).union(each.drivers or ())
    return found


def _span(parsed: ParsedEvent) -> tuple[datetime, datetime]:
    """When the first and the last session of a file that says when it was start."""
    times = [each for each in (parsed.started_at, *(session.started_at for session in parsed.sessions)) if each]
    return min(times), max(times)


def _nearest(there: Sequence[_Open], parsed: ParsedEvent) -> Event | None:
    """The nearest event that the file may belong to, which spans its sessions too from now on."""
    first, last = _span(parsed)
    drivers = crowds.drivers(map(crowds.of_file, parsed.sessions)) if is_unnamed(parsed) else None
    possible = [
        each
        for each in there
        if max(each.last, last) - min(each.first, first) <= WEEKEND
        and (drivers is None or each.drivers is None or not drivers.isdisjoint(each.drivers))
    ]
    if not possible:
        return None

    def distance(each: _Open) -> tuple[timedelta, timedelta]:
        apart = max(each.first - last, first - each.last, timedelta(0))
        return apart, abs(first - each.first)

    found = min(possible, key=distance)
    found.first, found.last = min(found.first, first), max(found.last, last)
    return found.event


def _new(item: ForLeague, simulator: Simulator, track: Track | None, scope: Scope, now: datetime) -> Event:
    event = Event(
        simulator=simulator,
        event_source=Event.Source.RESULTS,
        platform_id=item.event.platform_id,
        weekend=weekend_of(item.event),
        league_id=item.league_id,
        scope=scope.new,
    )
    begin(event, item.event, track, now)
    return event


def begin(event: Event, parsed: ParsedEvent, track: Track | None, came_in: datetime) -> None:
    """Makes the event what it is with this file alone."""
    event.name, event.series, event.track = parsed.name, parsed.series, track
    event.starts_at, event.listed_at = parsed.started_at, parsed.started_at or came_in
    event.withdrawn_at = None


def extend(event: Event, parsed: ParsedEvent) -> bool:
    """Makes the event what it is with one file more; whether that changed it."""
    before = (event.starts_at, event.name)
    if starts := [each for each in (event.starts_at, parsed.started_at) if each]:
        event.starts_at = event.listed_at = min(starts)
    if is_unnamed(parsed) and event.track:
        # It was called by its one session so far.
        event.name = str(event.track)[:MAX_KEY]
    return before != (event.starts_at, event.name)
