"""The signal `ownership_changed`: sent for each change of a profile that an account should be told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.dispatch import Signal

if TYPE_CHECKING:
    from simlane.sim.models import SimProfile


class Kind(TextChoices):
    """The kinds of events, each with the words a list of them shows."""

    UPGRADED = "upgraded", "Your profiles have moved to the new model"
    LINKED = "linked", "A profile was linked to your account"
    VERIFIED = "verified", "A profile was verified as yours"
    UNVERIFIED = "unverified", "A profile is no longer verified as yours"
    UNLINKED = "unlinked", "A profile was unlinked from your account"
    REMINDER = "reminder", "A link is about to lapse"
    LAPSED = "lapsed", "A link has lapsed"
    TAKEN_OVER = "taken_over", "A profile went to somebody else"
    DISPUTED = "disputed", "Somebody else says that a profile is theirs"
    DECIDED = "decided", "Staff decided about a claim"
    MERGED = "merged", "Two profiles became one"
    CLAIMED = "claimed", "A claim waits for the staff"
    IMPORT_REFUSED = "import_refused", "Result files were refused"
    LEAGUE_DECIDED = "league_decided", "Staff decided about a league you run"
    REPORTED = "reported", "Somebody says that a result is wrong"
    REPORT_ANSWERED = "report_answered", "What you said of a result was answered"
    INCIDENT = "incident", "A driver reported an incident"
    RULED = "ruled", "Stewards decided about a result of yours"
    NAME_ASKED = "name_asked", "A league asks whether a name is yours"
    NAME_ANSWERED = "name_answered", "A member answered whether a name is theirs"
    NAME_TIED = "name_tied", "Results of a name became yours, or are not yours any more"
    DETACHED = "detached", "It was decided whether somebody drove"
    RESULT = "result", "A new result of yours is in"
    FOLLOWED = "followed", "Results of whom you follow are in"


@dataclass(frozen=True, slots=True)
class OwnershipEvent:
    """A change of `profile` that the account `account_id` is told of; `detail` holds texts and numbers only.

    `detail` of a reminder: `lapses_at` (ISO 8601); of a take-over: `was_verified`; of a decision: `accepted`, `holder`
    when it is about a claim of another account, and the staff's `reason`; of a claim: `claim`, its key; of a merge:
    `merged_name`, and `undone` when the merge was undone; of a stewards' ruling: see results.rulings.telling.
    """

    kind: Kind
    account_id: int
    profile: SimProfile
    detail: Mapping[str, str | int] = field(default_factory=dict)


#: Sent with `events` inside the transaction of the change: a receiver's rows are committed or rolled back with it.
ownership_changed = Signal()


def notify(events: Iterable[OwnershipEvent]) -> None:
    """Send the events to the receivers of `ownership_changed`; call it in the transaction of the change."""
    if found := list(events):
        ownership_changed.send(sender=None, events=found)
