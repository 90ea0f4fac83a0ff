"""What can be done to a profile's link, by what means, and how a statement explains itself to the history.

A statement that changes a profile puts its explanation into `last_change`, and the database's triggers write the
entry (sim.database): whoever changes a link, by whatever statement, it is in the history (rule 8).
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import TextChoices


class How(TextChoices):
    """By what means a link or a profile changed."""

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
    """What happened to a profile."""

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
    """The explanation of one act; `action` only where the changed columns do not say what it was.

    `evidence` holds ids and numbers, never a name: the history outlives accounts. Never equal to another one.
    """
    return {"id": uuid.uuid4().hex, "how": how, "actor": actor, "action": action, "evidence": evidence or None}
