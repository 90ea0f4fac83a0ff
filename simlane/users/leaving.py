"""The end of an account: its profiles stay, and nothing keeps its name."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from simlane.users.models import User

NAMELESS = "a deleted account"


class OnlySuperuserError(Exception):
    """Nobody could administer the site any more."""


def is_only_superuser(user: User) -> bool:
    """Whether the site would have no superuser who can sign in without this one."""
    return user.is_superuser and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists()


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete the account and what is only its own; the database unlinks its profiles (rule 4).

    Raises OnlySuperuserError and changes nothing when no superuser would be left.
    """
    if user.is_superuser:
        # Of two superusers who leave at the same moment, the second waits here and then is the only one.
        list(User.objects.select_for_update().filter(is_superuser=True).order_by("pk").values_list("pk"))
        if is_only_superuser(user):
            raise OnlySuperuserError
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    # What staff did to the account stays in their log; each such row holds the username.
    about.update(object_repr=NAMELESS)
    user.delete()
