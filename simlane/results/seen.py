"""Files told apart before they are stored: new ones, those that are in, and those that may not come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from simlane.results import known
from simlane.results.decisions import WITHHELD, Withheld
from simlane.results.models import ResultFile
from simlane.results.scopes import scopes_of
from simlane.results.source import ResultFileError

Item = TypeVar("Item", bound=known.HasContent)


class Sorted(NamedTuple, Generic[Item]):
    """Files, told apart: new ones, those whose results are in, and those that say otherwise of a session that is.

    `withheld` are those of which staff withdrew results.
    """

    fresh: list[Item]
    unchanged: list[Item]
    conflicts: list[tuple[Item, ResultFileError]]
    withheld: list[tuple[Item, ResultFileError]]


class Seen:
    """What is in: what the database says, and what would be in by now of a run that only previews."""

    def __init__(self) -> None:
        self._numbers: dict[known.Number, str] = {}
        self._sessions: dict[known.Place, list[known.KnownSession]] = {}

    def sort(self, batch: Sequence[Item]) -> Sorted[Item]:
        """Tells the files of a batch apart; asked under the lock, so that it stays true until they are stored."""
        scopes = scopes_of(item.league_id for item in batch)
        files = ResultFile.objects.filter(content_sha256__in=[item.content_sha256 for item in batch])
        contents = set(files.values_list("content_sha256", "scope"))
        numbers = self._numbers | known.stored_numbers(batch)
        sessions = known.stored_sessions(batch, scopes)
        for place, there in self._sessions.items():
            sessions.setdefault(place, []).extend(there)
        found: Sorted[Item] = Sorted([], [], [], [])
        withheld = Withheld(batch)
        for item in batch:
            scope = scopes[item.league_id]
            if any((item.content_sha256, each) in contents for each in scope.seen):
                found.unchanged.append(item)
            elif where := _withheld(item, withheld.of(item, scope)):
                found.withheld.append((item, ResultFileError(WITHHELD.format(where=where))))
            elif where := known.number_in(item, scope, numbers) or known.session_in(item, scope, sessions):
                found.conflicts.append((item, _conflict(where)))
            else:
                found.fresh.append(item)
                contents.add((item.content_sha256, scope.new))
                known.note(item, scope, numbers, sessions)
        return found

    def add(self, stored: Sequence[known.HasContent]) -> None:
        """These would be in by now."""
        scopes = scopes_of(item.league_id for item in stored)
        for item in stored:
            known.note(item, scopes[item.league_id], self._numbers, self._sessions)


def _withheld(item: known.HasContent, held: Mapping[int, str]) -> str:
    """Where the results are that staff withdrew; empty where others stand by now, which organisers may correct."""
    there = known.standing(item).there if held else {}
    return next((where for index, where in held.items() if index not in there), "")


def _conflict(where: str) -> ResultFileError:
    return ResultFileError(
        f"This session is in already, with other results: {where}. What came in first stays: leave this one out, or "
        "bring it in as a correction (on the server: --replace)"
    )
