"""The order of hits, and why each is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from simlane.sim.search.candidates import Candidate


class Reason(StrEnum):
    """Which text of the profile the query matched."""

    IDENTIFIER = "identifier"
    NAME = "name"
    FORMER = "former"
    ACCOUNT = "account"
    SIMILAR = "similar"


class Tier(IntEnum):
    """How well a name matches; the smaller, the higher in the list."""

    IDENTIFIER = 0
    WHOLE_NAME = 1
    FIRST_WORDS = 2
    WHOLE_WORDS = 3
    BEGINNING = 4
    BEGINNINGS_OF_WORDS = 5
    WITHIN_WORDS = 6
    ACCOUNT = 7


@dataclass(frozen=True, slots=True)
class Ranked:
    """A matching name. `closeness` sorts first: a tier, or for a similar name the negative sum of its likenesses."""

    closeness: float
    name: Candidate
    reason: Reason


def rank(name: Candidate, text: str, words: Sequence[str], identifiers: Collection[str]) -> Ranked | None:
    """How well the name matches the folded query `text`, its `words` or its `identifiers`; None if it does not."""
    by_name = all(word in name.folded for word in words)
    reason = Reason.NAME if name.is_current else Reason.FORMER
    if name.profile_identifier in identifiers:
        return Ranked(Tier.IDENTIFIER, name, reason if by_name else Reason.IDENTIFIER)
    if by_name:
        return Ranked(_tier(name.folded, text, words), name, reason)
    if name.is_current and all(word in name.account for word in words):
        return Ranked(Tier.ACCOUNT, name, Reason.ACCOUNT)
    return None


def _tier(folded: str, text: str, words: Sequence[str]) -> Tier:
    own = set(folded.split())
    if folded == text:
        return Tier.WHOLE_NAME
    if folded.startswith(f"{text} "):
        return Tier.FIRST_WORDS
    if all(word in own for word in words):
        return Tier.WHOLE_WORDS
    if folded.startswith(text):
        return Tier.BEGINNING
    if all(any(each.startswith(word) for each in own) for word in words):
        return Tier.BEGINNINGS_OF_WORDS
    return Tier.WITHIN_WORDS


def best(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Each profile once, by its best name, the best first.

    Among equals a current name precedes a former one, then more starts, then the later last session.
    """
    by_key = sorted(ranked, key=lambda each: each.name.key)
    latest = sorted(by_key, key=lambda each: each.name.last_active_at, reverse=True)
    first: dict[object, Ranked] = {}
    for each in sorted(latest, key=lambda each: (each.closeness, not each.name.is_current, -each.name.starts)):
        first.setdefault(each.name.id, each)
    return list(first.values())
