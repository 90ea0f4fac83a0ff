"""What was decided last about the sessions of files, and what follows: which wait, and which staff withhold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from simlane.results import content, crowds, known
from simlane.results.addresses import of_event
from simlane.results.events import weekend_of
from simlane.results.models import Decision, ResultFile, SessionFile
from simlane.results.parsed import ParsedEvent
from simlane.results.scopes import Scope
from simlane.sim.errors import Refused

NOT_KEPT = (
    "Results of this session came in before SimLane kept what files say, so they could not be brought back: import "
    "“{name}” once more, then try again."
)
NOT_STANDING = (
    "It came in before and does not stand, since its results were withdrawn or others took their place: bring it back "
    "at {where}"
)
WITHHELD = "The site's staff withdrew these results, and only they bring them back: {where} says why."

What = Decision.What


def said_by(file: ResultFile) -> ParsedEvent:
    """What the file said; raises Refused for one that came in before that was kept."""
    if file.content is None:
        raise Refused(NOT_KEPT.format(name=file.filename))
    return content.decode(file.content)


def came_in(league: int | None, **which: Any) -> QuerySet[ResultFile]:
    """Files that are in for a league, or for the site, each with `stands`: whether any of its results does."""
    files = known.files_seen_by(league).filter(**which).select_related("event").defer("content")
    return files.annotate(stands=Exists(SessionFile.objects.filter(file=OuterRef("pk"))))


def note_on(file: ResultFile) -> list[str]:
    """What to say of a file of `came_in` that is brought again: that it does not stand, if so."""
    does_not = file.reader_version and not file.stands  # type: ignore[attr-defined]
    return [NOT_STANDING.format(where=of_event(file.event))] if does_not else []


def last_decisions(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Of these decisions about sessions of files those that no later one about the same has overtaken."""
    same = Decision.objects.filter(event=OuterRef("event"), file=OuterRef("file"), number=OuterRef("number"))
    return decisions.filter(pk=Subquery(same.order_by("-pk").values("pk")[:1]))


def waiting(file: ResultFile, *, withdrawn_only: bool) -> list[int]:
    """The sessions of the file that do not stand; only those that were withdrawn, not those that another replaced."""
    standing = set(file.standing.values_list("number", flat=True))
    if not withdrawn_only:
        return [index for index in range(len(said_by(file).sessions)) if index not in standing]
    last = last_decisions(Decision.objects.filter(event=file.event_id, file=file))
    withdrawn = last.filter(what__in=[What.WITHDRAWN, What.WITHHELD]).values_list("number", flat=True)
    return sorted(index for index in withdrawn if index is not None and index not in standing)


def is_withheld(file: ResultFile) -> set[int]:
    """The sessions of the file that staff withdrew."""
    last = last_decisions(Decision.objects.filter(event=file.event_id, file=file, what=What.WITHHELD))
    return {number for number in last.values_list("number", flat=True) if number is not None}


class Withheld:
    """Sessions of leagues that staff withdrew: no other file brings results of them either, while none stands."""

    def __init__(self, items: Collection[known.HasContent]) -> None:
        self._numbers: dict[tuple[str, str, int, str], str] = {}
        self._sessions: dict[known.Place, list[known.KnownSession]] = {}
        leagues = {item.league_id for item in items} - {None}
        if not leagues:
            return
        of_numbers = Q(event__platform_id__in={item.event.platform_id for item in items} - {""})
        of_places = Q(event__platform_id="", event__weekend__in={weekend_of(item.event) for item in items} - {""})
        held = Decision.objects.filter(of_numbers | of_places, event__league__in=leagues, what=What.WITHHELD)
        for decision in last_decisions(held).select_related("file", "event").order_by("pk"):
            self._add(decision)

    def _add(self, decision: Decision) -> None:
        parsed, where = said_by(decision.file), of_event(decision.event)
        session = parsed.sessions[decision.number or 0]
        if parsed.platform_id:
            self._numbers[*known.number_of(parsed), decision.file.scope, session.kind] = where
            return
        clock = session.clock or session.started_at
        one = known.KnownSession(clock, where, crowds.of_file(session), decision.event.league_id, None)
        place = known.simulator_of(parsed), weekend_of(parsed), session.kind, decision.file.scope
        self._sessions.setdefault(place, []).append(one)

    def of(self, item: known.HasContent, scope: Scope) -> Mapping[int, str]:
        """The sessions of the file of which results are withheld, by their places in it, and where that is said."""
        if not (self._numbers or self._sessions):
            return {}
        parsed: ParsedEvent = item.event
        if parsed.platform_id:
            number = known.number_of(parsed)
            found = {
                index: self._numbers.get((*number, each, session.kind))
                for index, session in enumerate(parsed.sessions)
                for each in scope.seen
                if (*number, each, session.kind) in self._numbers
            }
            return {index: where for index, where in found.items() if where}
        places = enumerate(known.placed_sessions(item, scope))
        sessions = ((index, known.find(item, *each, self._sessions)) for index, each in places)
        return {index: one.where for index, one in sessions if one}
