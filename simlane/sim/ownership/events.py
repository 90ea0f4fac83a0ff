"""What the owner of a profile should hear of, said by the domain where it happens; who listens is not its business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.dispatch import Signal

if TYPE_CHECKING:
    from simlane.sim.models import SimProfile


class Kind(TextChoices):
    """What happened to an account's profile."""

    UPGRADED = "upgraded", "Your profiles have moved to the new model"
    LINKED = "linked", "A profile was linked to your account"
    VERIFIED = "verified", "A profile was verified as yours"
    UNLINKED = "unlinked", "A profile was unlinked from your account"
    REMINDER = "reminder", "A link is about to lapse"
    LAPSED = "lapsed", "A link has lapsed"
    TAKEN_OVER = "taken_over", "A profile went to somebody else"
    DISPUTED = "disputed", "Somebody else says that a profile is theirs"
    DECIDED = "decided", "Staff decided about a claim"
    MERGED = "merged", "Two profiles became one"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something happened to `profile` that the account should know; `detail` holds texts and numbers only.

    `detail` of a reminder: `lapses_at` (ISO 8601); of a take-over: `was_verified`; of a decision: `accepted` and the
    staff's `reason`; of a merge: `merged_name`, and `undone` when it was taken back.
    """

    kind: Kind
    account_id: int
    profile: SimProfile
    detail: Mapping[str, str | int] = field(default_factory=dict)


#: Sent with `happenings`, inside the transaction that they are part of: what a receiver writes is kept or lost with it.
happened = Signal()


def tell(happenings: Iterable[Happening]) -> None:
    """Let whoever listens know; call it in the transaction of the act."""
    if found := list(happenings):
        happened.send(sender=None, happenings=found)
