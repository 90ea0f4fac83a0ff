"""Which version of a session's results stands: one replaces another, is withdrawn, is brought back (rule 12).

Neither a file nor a decision is ever changed: rows of results are deleted and stored again from what a file says, by
the code that stores a new one. Each of these is one transaction under the import's lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from simlane.results import known, storing
from simlane.results.addresses import of_event
from simlane.results.decisions import NOT_KEPT, WITHHELD, Withheld, is_withheld, last_decisions, said_by, waiting
from simlane.results.following import follow, take_away
from simlane.results.incoming import ReadFile
from simlane.results.matching import Match
from simlane.results.models import Decision, ResultFile, SessionFile
from simlane.results.parsed import ParsedEvent
from simlane.results.putting import decide, put
from simlane.results.scopes import Scope
from simlane.results.storing import lock, lock_for_person, store
from simlane.sim.errors import Refused
from simlane.sim.models import Event, Session
from simlane.sim.ownership.locks import atomic_with_retry

OVERTAKEN = "Another file has just taken the place of these results: look at them, then import this one again"
ANOTHERS = "Its results are in already at {where}, which is not of this league: only staff replace them."
UNCLEAR = (
    "It does not say which of the event's sessions it is of: withdraw that one first, or bring a file of all of them"
)
NOTHING_STANDS = "These results are withdrawn already."
NOTHING_WAITS = "These results stand already, or others stand in their place: choose the file to bring back."
NO_TIME = "It says no time: it has that of the results whose place it took."

What = Decision.What


class HasTime(Protocol):
    """A session that says when it was, or not."""

    @property
    def started_at(self) -> datetime | None: ...
    @property
    def clock(self) -> datetime | None: ...


@dataclass(slots=True)
class _Said:
    """A file that came in, as known.standing asks for it."""

    label: str
    content_sha256: str
    event: ParsedEvent
    league_id: int | None


def stands_of(item: known.HasContent) -> set[tuple[int, int]]:
    """The sessions of files that stand now and of which this file says otherwise: each file, and which of its sessions.

    Their rows are made anew by a ruling about them, which is no other version.
    """
    standing = SessionFile.objects.filter(session__in=known.standing(item).there.values())
    return set(standing.values_list("file", "number"))


def standing_of(file: ResultFile, scope: int) -> dict[int, int]:
    """What stands in that scope of the sessions of a file that came in: their keys, by their places in the file."""
    return _beside(file, said_by(file), scope).there


@atomic_with_retry
def replace(item: ReadFile, *, reason: str = "") -> Counter[str]:
    """Puts a file that has not come in yet in the place of what stands of its sessions; returns what was added.

    Sessions that only the other file has stay. Raises Refused when what stands could not be brought back.
    """
    lock()
    event, there, sessions = place_for(item)
    if event is None:
        return store([item])
    (file,) = storing.note([item], [event], datetime.now(UTC))
    numbers = dict.fromkeys(range(len(item.event.sessions))) | there
    return put([(file, item.event, numbers)], sessions, by=item.by, reason=reason)


def place_for(item: ReadFile) -> tuple[Event | None, dict[int, int], dict[int, Session]]:
    """The event in which a file takes the place of results, and the keys and rows of its sessions that stand there.

    A file without a time has theirs. Raises Refused when it cannot take the place.
    """
    event, there, unclear = known.standing(item)
    if unclear:
        raise Refused(UNCLEAR)
    sessions = with_files(there.values())
    event = event or (sessions[min(there.values())].event if there else None)
    if event is None:
        return None, {}, {}
    for each in (event, *(session.event for session in sessions.values())):
        if item.league_id is not None and each.league_id != item.league_id:
            raise Refused(ANOTHERS.format(where=of_event(each)))
    keep_time(item.event, there, sessions)
    return event, there, sessions


@atomic_with_retry
def withdraw(
    event: Event,
    *,
    by: int | None,
    reason: str,
    file: ResultFile | None = None,
    number: int | None = None,
    by_staff: bool = False,
    standing_only: bool = False,
) -> None:
    """Withdraws all results of the event, those of one file, or that file's session `number`.

    Staff withdraw for good what organisers had withdrawn as well, but for `standing_only`. Raises Refused when none of
    them stands, or when they could not be brought back.
    """
    _lock(event)
    chosen = Session.objects.filter(event=event)
    if file is not None:
        chosen = chosen.filter(of_file__file=file)
    if number is not None:
        chosen = chosen.filter(of_file__number=number)
    sessions = with_files(chosen.values_list("pk", flat=True))
    origins = [(session.of_file.file_id, session.of_file.number) for session in sessions.values()]
    if by_staff and not standing_only:
        of = {"file": file} if file is not None else {}
        last = last_decisions(Decision.objects.filter(event=event, **of)).filter(what=What.WITHDRAWN)
        rows = last.values_list("file", "number")
        origins += [(key, index) for key, index in rows if index is not None and number in (None, index)]
    if not origins:
        raise Refused(NOTHING_STANDS)
    touched = take_away(sessions)
    decide(
        Decision(
            event=event,
            file_id=key,
            number=index,
            what=What.WITHHELD if by_staff else What.WITHDRAWN,
            by_id=by,
            reason=reason,
        )
        for key, index in origins
    )
    follow(touched, [event])


@atomic_with_retry
def bring_back(
    event: Event,
    *,
    by: int | None,
    reason: str,
    file: ResultFile | None = None,
    number: int | None = None,
    by_staff: bool = False,
) -> Counter[str]:
    """Lets results of one file stand again, in the place of what stands of its sessions; or all of the event's.

    Of the event come back those that were withdrawn and whose session has no other results. Of a session that staff
    withdrew only staff bring results back. Raises Refused when there are none.
    """
    _lock(event)
    placed = []
    any_withheld = False
    replaced: set[int] = set()
    for each in [file] if file is not None else event.result_files.order_by("imported_at", "pk"):
        numbers: dict[int, int | None] = {
            index: None
            for index in waiting(each, withdrawn_only=file is None)
            if number is None or (file is not None and index == number)
        }
        if not numbers:
            continue
        parsed = said_by(each)
        # As it was read under the lock.
        each.event = event
        _, there, unclear = _beside(each, parsed, event.scope)
        if not by_staff:
            others = Withheld([item := _said(each, parsed)]).of(item, Scope(event.scope, (event.scope,)))
            held = is_withheld(each) | (others.keys() - there.keys())
            any_withheld = any_withheld or not held.isdisjoint(numbers)
            numbers = {index: key for index, key in numbers.items() if index not in held}
        if file is not None and unclear & numbers.keys():
            raise Refused(UNCLEAR)
        for index in unclear & numbers.keys():
            del numbers[index]
        for index, key in there.items():
            if index in numbers and file is None:
                del numbers[index]
            elif index in numbers:
                numbers[index] = key
                replaced.add(key)
        placed.append((each, parsed, numbers))
    if not any(numbers for *_, numbers in placed):
        raise Refused(WITHHELD.format(where=of_event(event)) if any_withheld else NOTHING_WAITS)
    done = put(placed, with_files(replaced), by=by, reason=reason)
    decide(
        Decision(event=event, file=each, number=index, what=What.BROUGHT_BACK, by_id=by, reason=reason)
        for each, _, numbers in placed
        for index in numbers
    )
    return done


def _lock(event: Event) -> None:
    """Keeps imports out; the event is as it was left by who had the lock before."""
    lock_for_person()
    event.refresh_from_db(fields=["league", "scope"])


def with_files(keys: Iterable[int]) -> dict[int, Session]:
    """Standing sessions with their files; raises Refused when one could not be brought back."""
    rows = Session.objects.filter(pk__in=list(keys)).select_related("event", "of_file__file")
    found = {session.pk: session for session in rows.defer("of_file__file__content")}
    for session in found.values():
        origin = getattr(session, "of_file", None)
        if origin is None or not origin.file.reader_version:
            older = session.event.result_files.filter(reader_version=0).order_by("pk").first()
            raise Refused(NOT_KEPT.format(name=older.filename if older else session.event.name))
    return found


def _beside(file: ResultFile, parsed: ParsedEvent, scope: int) -> Match:
    """A file that came in, and what it says, beside what stands in the scope."""
    return known.standing(_said(file, parsed), scope)


def _said(file: ResultFile, parsed: ParsedEvent) -> _Said:
    return _Said(file.filename, file.content_sha256, parsed, file.event.league_id)


def keep_time(parsed: ParsedEvent, there: Mapping[int, int], sessions: Mapping[int, HasTime]) -> None:
    """A file without a time, as one that was mended by hand often is, has the time of what it replaces."""
    if parsed.started_at is not None:
        return
    for index, key in there.items():
        said, stood = parsed.sessions[index], sessions[key]
        if said.started_at is None and stood.started_at is not None:
            said.started_at, said.clock = stood.started_at, said.clock or stood.clock
    if times := [each.started_at for each in parsed.sessions if each.started_at]:
        parsed.started_at = min(times)
        parsed.notes.append(NO_TIME)
