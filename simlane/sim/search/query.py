"""Finding a driver: by platform id, by any name raced under, by the names of the account that proved to be the
driver, and by a name spelled nearly so.

Two statements at most. The first reads the names that match as typed. Only when none does, the query's words are
compared with the vocabulary of all names, and the second reads the names that hold the words nearest to them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.dispatch import Signal

from simlane.sim.identity.identifiers import IdentifierKind, normalise_or_none
from simlane.sim.identity.names import fold
from simlane.sim.models import ProfileName, SimProfile, Simulator
from simlane.sim.search import candidates
from simlane.sim.search.accounts import PIECE
from simlane.sim.search.ranking import Hit, Ranked, Reason, best, rank

#: Characters of a query that are searched for; a page refuses a longer one.
MAX_LENGTH = 100
MAX_WORDS = 8
#: Sent after each search with what may be known of it: `seconds`, `length`, `words`, and the `simulator`'s slug.
searched = Signal()


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, the best first. `similar_only`: nothing matched as typed. `capped`: there may be more than these."""

    hits: list[Hit]
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
    if ranked:
        return Found(best(ranked), capped=len(names) >= candidates.PREFIX_CAP)
    return _similar(profiles, [word for word in words if len(word) >= PIECE])


def _similar(profiles: QuerySet[SimProfile], words: Sequence[str]) -> Found:
    nearest = candidates.nearest(words) if words else {}
    # A word that is like no known one: no name holds the query.
    if not nearest or len(nearest) < len(set(words)):
        return Found([])
    names = candidates.similar(profiles, nearest)
    ranked = [Ranked(-round(_likeness(name, nearest), 3), name, Reason.SIMILAR) for name in names]
    return Found(best(ranked), similar_only=True, capped=len(names) >= candidates.CONTAINS_CAP)


def _likeness(name: ProfileName, nearest: candidates.Nearest) -> float:
    """How like the name is to the query: of each word's near words, the one in the name that is most like it."""
    return sum(
        max((like for known, like in near.items() if known in name.folded), default=0.0) for near in nearest.values()
    )
