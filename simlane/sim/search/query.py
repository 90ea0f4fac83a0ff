"""Finding a driver: by platform id, by any name raced under, by the names of the account that proved to be the
driver, and by a name spelled nearly so.

The first statement reads the names that match as typed, a few columns of some hundred. Only when none does, the query's
words are compared with the vocabulary of all names, and another reads the names that hold the words nearest to them.
Profiles are read for the hits that are shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

from django.db.models import QuerySet
from django.dispatch import Signal

from simlane.sim.identity.identifiers import IdentifierKind, normalise_or_none
from simlane.sim.identity.names import fold
from simlane.sim.models import SimProfile, Simulator
from simlane.sim.search import candidates, spelling
from simlane.sim.search.accounts import PIECE
from simlane.sim.search.ranking import Ranked, Reason, best, rank

#: Characters of a query that are searched for; a page refuses a longer one.
MAX_LENGTH = 100
MAX_WORDS = 8
#: Sent after each search with what may be known of it: `seconds`, `length`, `words`, and the `simulator`'s slug.
searched = Signal()


@dataclass(frozen=True, slots=True)
class Hit:
    """A found profile; `matched_name` is the name that `reason` speaks of."""

    profile: SimProfile
    reason: Reason
    matched_name: str


class Hits(Sequence[Hit]):
    """Hits, the best first. Each slice reads its profiles: of some hundred hits a page shows the first few."""

    def __init__(self, profiles: QuerySet[SimProfile], ranked: Sequence[Ranked]) -> None:
        self._profiles, self._ranked = profiles, ranked

    def __len__(self) -> int:
        return len(self._ranked)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> list[Hit]: ...
    def __getitem__(self, index: int | slice) -> Hit | list[Hit]:
        if isinstance(index, int):
            return self._read([self._ranked[index]])[0]
        return self._read(self._ranked[index])

    def __iter__(self) -> Iterator[Hit]:
        return iter(self[:])

    def _read(self, ranked: Sequence[Ranked]) -> list[Hit]:
        """Without those that were hidden or deleted since they were found."""
        rows = self._profiles.select_related("simulator", "linked_user").defer("profile_data")
        keys = [SimProfile._meta.pk.to_python(each.name.id) for each in ranked]
        found = rows.in_bulk(keys) if keys else {}
        pairs = ((found.get(key), each) for key, each in zip(keys, ranked, strict=True))
        return [Hit(profile, each.reason, each.name.name) for profile, each in pairs if profile is not None]


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, the best first. `similar_only`: nothing matched as typed. `capped`: there may be more than these."""

    hits: Hits | list[Hit]
    similar_only: bool = False
    capped: bool = False


def typed(text: str) -> str:
    """A query as a person reads it, its white space single; empty when it holds nothing to search for."""
    query = " ".join(text.replace("\0", "").split())
    return query if fold(query) else ""


def search(profiles: QuerySet[SimProfile], query: str, simulator: Simulator | None = None) -> Found:
    """Finds among `profiles`, which must come from a visibility method; the query is at most MAX_LENGTH long."""
    started = time.perf_counter()
    found = _search(profiles if simulator is None else profiles.filter(simulator=simulator), query)
    searched.send_robust(
        sender=None,
        seconds=time.perf_counter() - started,
        length=len(query),
        words=len(query.split()),
        simulator=simulator.slug if simulator else "",
    )
    return found


def _search(profiles: QuerySet[SimProfile], query: str) -> Found:
    text = fold(query)
    words = text.split()[:MAX_WORDS]
    if not words:
        return Found([])
    identifiers = {identifier for kind in IdentifierKind if (identifier := normalise_or_none(kind, query)) is not None}
    names = candidates.as_typed(profiles, text, words, sorted(identifiers))
    ranked = [found for name in names if (found := rank(name, text, words, identifiers)) is not None]
    if len(names) < candidates.PREFIX_CAP:
        ranked += _in_other_scripts(profiles, text, words)
    if ranked:
        return Found(Hits(profiles, best(ranked)), capped=len(names) >= candidates.PREFIX_CAP)
    return _similar(profiles, [word for word in words if len(word) >= PIECE])


def _in_other_scripts(profiles: QuerySet[SimProfile], text: str, words: Sequence[str]) -> list[Ranked]:
    """Names that are the query in another script, ranked by their Latin spelling."""
    others = spelling.spellings(words)
    pieces = [word for word in words if len(word) >= PIECE]
    if not others or not pieces:
        return []
    found = []
    spelled = [spelling.latin(word) for word in words]
    for name in candidates.spelled(profiles, pieces, others):
        in_latin = replace(name, folded=spelling.latin(name.folded), account="")
        if (ranked := rank(in_latin, spelling.latin(text), spelled, ())) is not None:
            found.append(ranked)
    return found


def _similar(profiles: QuerySet[SimProfile], words: Sequence[str]) -> Found:
    nearest = candidates.nearest(words) if words else {}
    # A word that is like no known one: no name holds the query.
    if not nearest or len(nearest) < len(set(words)):
        return Found([])
    names = candidates.similar(profiles, nearest)
    ranked = [Ranked(-round(_likeness(name, nearest), 3), name, Reason.SIMILAR) for name in names]
    return Found(Hits(profiles, best(ranked)), similar_only=True, capped=len(names) >= candidates.CONTAINS_CAP)


def _likeness(name: candidates.Candidate, nearest: candidates.Nearest) -> float:
    """How like the name is to the query: of each word's near words, the one in the name that is most like it."""
    return sum(
        max((like for known, like in near.items() if known in name.folded), default=0.0) for near in nearest.values()
    )
