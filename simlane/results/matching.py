"""Which sessions of an event those of a file are, where the event has the platform's own number.

A file of it may hold all of its sessions or some, and another format may call and number them otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from simlane.results import crowds
from simlane.results.crowds import Crowd
from simlane.results.parsed import ParsedEvent
from simlane.sim.models import Event, Session


class Match(NamedTuple):
    """A file beside what stands: `there` are its sessions that stand, by their places in the file from 0.

    `unclear` are places of sessions that may be one of those that stand, or none: nothing tells.
    """

    event: Event | None
    there: dict[int, int]
    unclear: frozenset[int] = frozenset()


def match(parsed: ParsedEvent, event: Event) -> Match:
    """The file's sessions in the event."""
    rows = Session.objects.filter(event=event).order_by("number").values_list("pk", "kind", "name")
    return Match(event, *pair(parsed, rows, crowds.of_sessions))


def pair(
    parsed: ParsedEvent,
    standing: Iterable[tuple[int, str, str]],
    crowds_of: Callable[[Iterable[int]], dict[int, Crowd]],
) -> tuple[dict[int, int], frozenset[int]]:
    """`there` and `unclear` of a Match: of each kind by their names, else by most drivers' best laps.

    `standing` has key, kind and name of each session; `crowds_of` says who drove in those of some keys.
    """
    theirs: dict[str, list[tuple[int, str]]] = {}
    for key, kind, name in standing:
        theirs.setdefault(kind, []).append((key, name.casefold()))
    there: dict[int, int] = {}
    for index, session in enumerate(parsed.sessions):
        of_kind = theirs.get(session.kind, [])
        if found := next((each for each in of_kind if each[1] == session.name[:100].casefold()), None):
            of_kind.remove(found)
            there[index] = found[0]
    left = [index for index, each in enumerate(parsed.sessions) if index not in there and theirs.get(each.kind)]
    drove = crowds_of(key for index in left for key, _ in theirs[parsed.sessions[index].kind]) if left else {}
    unclear = set()
    for index in left:
        session = parsed.sessions[index]
        of_kind, crowd = theirs[session.kind], crowds.of_file(session)
        if found := next((each for each in of_kind if crowds.is_mostly(crowd, drove.get(each[0], frozenset()))), None):
            of_kind.remove(found)
            there[index] = found[0]
        elif of_kind:
            unclear.add(index)
    return there, frozenset(unclear)
