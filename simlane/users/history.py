"""A profile's history in words for its owner, without the names of other accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simlane.sim.models import HistoryEntry
from simlane.sim.ownership.history import Action, How

BY_SOMEBODY = {How.CLICK, How.MERGE}


@dataclass(frozen=True, slots=True)
class Line:
    """One change, as a sentence; `at` is UTC."""

    at: datetime
    text: str


def in_words(entry: HistoryEntry, reader: int) -> Line:
    """The entry as a sentence for the account `reader`."""
    what = {
        Action.LINK: f"Linked to {_account(entry.account_id, reader)}{' and verified' if entry.verified else ''}",
        Action.UNLINK: f"Unlinked from {_account(entry.was_account_id, reader)}",
        Action.VERIFY: f"Verified as {_account(entry.account_id, reader)}\u2019s",
        Action.UNVERIFY: "No longer verified",
        Action.LAPSE: f"The link to {_account(entry.was_account_id, reader)} lapsed",
        Action.TRANSFER: (
            f"Moved from {_account(entry.was_account_id, reader)} to {_account(entry.account_id, reader)}"
        ),
        Action.MERGE: "Merged with another profile of the same driver",
        Action.UNMERGE: "The merge with another profile was undone",
        Action.HIDE: "Hidden",
        Action.SHOW: "Made public",
    }[Action(entry.action)]
    how = How(entry.how)
    somebody = "by you" if entry.actor_id == reader else "by its owner then"
    by = somebody if how in BY_SOMEBODY else how.label
    return Line(entry.at, f"{what}, {by}.")


def _account(account: int | None, reader: int) -> str:
    if account is None:
        return "nobody"
    return "your account" if account == reader else "another account"
