"""Which event each file belongs to: the one its weekend has already, or a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from simlane.results.parsed import ParsedEvent
from simlane.sim.models import EntryDriver, Event, Simulator, Track

#: Files of one event that carry no id of their own are joined when they are this close to its first session.
WEEKEND = timedelta(hours=12)
MAX_KEY = 255


class HasEvent(Protocol):
    """A file that was read."""

    event: ParsedEvent


def is_unnamed(parsed: ParsedEvent) -> bool:
    """Whether nothing says whose server the file is of."""
    return not parsed.weekend and not parsed.platform_id


def weekend_of(parsed: ParsedEvent) -> str:
    """What the files of one event have in common: the track alone, where no server is named."""
    if is_unnamed(parsed):
        return f"|{parsed.track}|{parsed.layout}"[:MAX_KEY]
    return parsed.weekend


def drivers_of(parsed: ParsedEvent) -> set[str]:
    """Who drove, by what tells them apart best."""
    entries = (entry for session in parsed.sessions for entry in session.entries)
    return {driver.identifier or driver.name for entry in entries for driver in entry.drivers}


def place(
    incoming: Sequence[HasEvent],
    simulators: Mapping[str, Simulator],
    tracks: Mapping[tuple[int, str, str], Track],
    now: datetime,
) -> tuple[list[Event], int]:
    """The event of each file, in order, stored, and how many of them are new; files come in the order of their time.

    An event starts with its first session, whichever came in first. Files of servers without a name join when they
    come together, and later only an event that one of their drivers is in: it may be anyone's.
    """
    stored = _stored(incoming)
    known = {key: list(events) for key, events in stored.items()}
    crowd = _drivers(event for key, events in stored.items() if key[1].startswith("|") for event in events)
    placed: list[Event] = []
    new: list[Event] = []
    changed: dict[int, Event] = {}
    for item in incoming:
        parsed, simulator = item.event, simulators[item.event.simulator]
        weekend, starts_at = weekend_of(parsed), parsed.started_at
        event = None
        if weekend and starts_at:
            drivers = drivers_of(parsed) if is_unnamed(parsed) else None
            for each in known.setdefault((simulator.pk, weekend), []):
                near = each.starts_at is not None and abs(each.starts_at - starts_at) <= WEEKEND
                ours = drivers is None or each.pk is None or drivers & crowd.get(each.pk, set())
                if near and ours:
                    event = each
                    break
        if event is None:
            event = _new(parsed, simulator, tracks.get((simulator.pk, parsed.track, parsed.layout)), weekend, now)
            new.append(event)
            if weekend and starts_at:
                known[simulator.pk, weekend].append(event)
        elif _extend(event, parsed) and event.pk is not None:
            changed[event.pk] = event
        placed.append(event)
    Event.objects.bulk_create(new)
    Event.objects.bulk_update(changed.values(), ["starts_at", "listed_at", "name"])
    return placed, len(new)


def _stored(incoming: Sequence[HasEvent]) -> dict[tuple[int, str], list[Event]]:
    weekends = {weekend_of(item.event) for item in incoming if item.event.started_at} - {""}
    found: dict[tuple[int, str], list[Event]] = {}
    for event in Event.objects.filter(weekend__in=weekends).exclude(starts_at=None).select_related("track"):
        found.setdefault((event.simulator_id, event.weekend), []).append(event)
    return found


def _drivers(events: Iterable[Event]) -> dict[int, set[str]]:
    keys = [event.pk for event in events]
    found: dict[int, set[str]] = {}
    if keys:
        rows = EntryDriver.objects.filter(entry__session__event__in=keys)
        for event, identifier, name in rows.values_list(
            "entry__session__event", "profile__profile_identifier", "name"
        ).distinct():
            found.setdefault(event, set()).update(filter(None, (identifier, name)))
    return found


def _new(parsed: ParsedEvent, simulator: Simulator, track: Track | None, weekend: str, now: datetime) -> Event:
    return Event(
        simulator=simulator,
        name=parsed.name,
        series=parsed.series,
        event_source=Event.Source.RESULTS,
        track=track,
        platform_id=parsed.platform_id,
        weekend=weekend,
        starts_at=parsed.started_at,
        listed_at=parsed.started_at or now,
    )


def _extend(event: Event, parsed: ParsedEvent) -> bool:
    """Makes the event what it is with one file more; whether that changed it."""
    before = (event.starts_at, event.name)
    starts = [each for each in (event.starts_at, parsed.started_at) if each]
    event.starts_at = event.listed_at = min(starts)
    if is_unnamed(parsed) and event.track:
        # It was called by its one session so far.
        event.name = str(event.track)[:MAX_KEY]
    return before != (event.starts_at, event.name)
