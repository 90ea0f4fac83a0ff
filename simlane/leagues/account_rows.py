"""What goes of this room's rows with a deleted account.

The old release does not know the tables of ROWS: see sim.database.deleted_accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

if TYPE_CHECKING:
    from simlane.users.models import User

ROWS = {
    "leagues_uploadedfile": "upload_id IN (SELECT id FROM leagues_upload WHERE user_id = OLD.id)",
    "leagues_upload": "user_id = OLD.id",
    "leagues_membership": "user_id = OLD.id",
    "leagues_report": "user_id = OLD.id",
    "leagues_incident": "user_id = OLD.id",
    "leagues_namerequest": "user_id = OLD.id",
}


def forget_addresses(instance: User, **_: Any) -> None:
    """An invitation that was sent to one of the account's addresses keeps none of them.

    And what the account made and may still know, tokens and invitations, ends with it.
    """
    from simlane.leagues.models import Invitation, Token

    addresses = {instance.email, *instance.emailaddress_set.values_list("email", flat=True)} - {""}
    Invitation.objects.filter(email__in=addresses).update(email="")
    now = timezone.now()
    Token.objects.filter(made_by=instance.pk, revoked_at=None).update(revoked_at=now)
    Invitation.objects.filter(made_by=instance.pk, used_at=None, revoked_at=None).update(revoked_at=now, email="")
