"""Writing the history of links (rule 8): what an UPDATE of a profile must say about itself.

The UPDATE puts its explanation into the column `last_change`, and a database trigger writes the entry
(sim.database.triggers), so that every statement which changes a link is in the history. `HistoryEntry.objects.of`
reads it.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import TextChoices


class How(TextChoices):
    """The means by which a link or a profile changed."""

    CLICK = "click", "by the member"
    STEAM = "steam", "by signing in at Steam"
    IRACING = "iracing", "by signing in at iRacing"
    CODE = "code", "by a code in a result"
    STAFF = "staff", "by the site's staff"
    TIME = "time", "because nobody proved it in time"
    MERGE = "merge", "by a merge"
    ACCOUNT_DELETED = "account_deleted", "because the account was deleted"
    OUTSIDE = "", "outside the site"


class Action(TextChoices):
    """The change of a profile."""

    LINK = "link", "Linked"
    UNLINK = "unlink", "Unlinked"
    VERIFY = "verify", "Verified"
    UNVERIFY = "unverify", "No longer verified"
    LAPSE = "lapse", "Link lapsed"
    TRANSFER = "transfer", "Moved to another account"
    MERGE = "merge", "Merged"
    UNMERGE = "unmerge", "Merge undone"
    HIDE = "hide", "Hidden"
    SHOW = "show", "Made public"


def change(how: How, actor: int | None = None, *, action: Action | None = None, **evidence: Any) -> dict[str, Any]:
    """The value of `last_change` for one UPDATE; unique, so that the trigger can tell it from an earlier one.

    `actor` is the account that acted. `action` is needed only where the changed columns do not show it. `evidence`
    holds ids and numbers, never a name: the history outlives accounts.
    """
    return {"id": uuid.uuid4().hex, "how": how, "actor": actor, "action": action, "evidence": evidence or None}
