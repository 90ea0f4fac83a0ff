"""The order of hits, and why each is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from simlane.sim.models import ProfileName, SimProfile
from simlane.sim.search import accounts


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
class Hit:
    """A found profile; `matched_name` is the name that `reason` speaks of."""

    profile: SimProfile
    reason: Reason
    matched_name: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A matching name. `closeness` sorts first: a tier, or for a similar name the negative sum of its likenesses."""

    closeness: float
    name: ProfileName
    reason: Reason

    @property
    def order(self) -> tuple[float, bool, int, float, int]:
        """Among equals a current name precedes a former one, then more starts, then the later last session."""
        profile = self.name.profile
        return (
            self.closeness,
            not is_current(self.name),
            -profile.starts,
            -profile.last_active_at.timestamp(),
            self.name.pk,
        )


def is_current(name: ProfileName) -> bool:
    """Whether it is the name that its profile shows."""
    return name.name == name.profile.profile_name


def rank(name: ProfileName, text: str, words: Sequence[str], identifiers: Collection[str]) -> Ranked | None:
    """How well the name matches the folded query `text`, its `words` or its `identifiers`; None if it does not."""
    by_name = all(word in name.folded for word in words)
    reason = Reason.NAME if is_current(name) else Reason.FORMER
    if name.profile.profile_identifier in identifiers:
        return Ranked(Tier.IDENTIFIER, name, reason if by_name else Reason.IDENTIFIER)
    if by_name:
        return Ranked(_tier(name.folded, text, words), name, reason)
    if _is_account(name, words):
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


def _is_account(name: ProfileName, words: Sequence[str]) -> bool:
    """Whether the account is called so: only a verified link makes an account findable (rule 6)."""
    profile = name.profile
    if not profile.is_verified or profile.linked_user is None or not is_current(name):
        return False
    return accounts.names().matches(profile.linked_user, words)


def best(ranked: Iterable[Ranked]) -> list[Hit]:
    """Each profile once, by its best name, the best first."""
    hits: dict[object, Hit] = {}
    for each in sorted(ranked, key=lambda ranked: ranked.order):
        hits.setdefault(each.name.profile_id, Hit(each.name.profile, each.reason, each.name.name))
    return list(hits.values())
