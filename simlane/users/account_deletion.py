"""Deleting an account: its profiles stay, and nothing keeps its name."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from simlane.sim.models import SimProfile
from simlane.sim.ownership.locks import atomic_with_retry, lock_profiles
from simlane.users.mail_retry import forget_waiting
from simlane.users.models import User

NAMELESS = "a deleted account"
#: The rows of an account in tables that the old release does not know: see sim.database.deleted_accounts.
ROWS = {
    "account_emailconfirmation": "email_address_id IN (SELECT id FROM account_emailaddress WHERE user_id = OLD.id)",
    "account_emailaddress": "user_id = OLD.id",
    "mfa_authenticator": "user_id = OLD.id",
    "waffle_flag_users": "user_id = OLD.id",
    "socialaccount_socialtoken": "account_id IN (SELECT id FROM socialaccount_socialaccount WHERE user_id = OLD.id)",
    "socialaccount_socialaccount": "user_id = OLD.id",
    "users_notification": "user_id = OLD.id",
    "users_mailchoice": "user_id = OLD.id",
    "users_follow": "user_id = OLD.id",
}


class OnlySuperuserError(Exception):
    """Nobody could administer the site any more."""


def is_only_superuser(user: User) -> bool:
    """Whether the site would have no superuser who can sign in without this one."""
    return user.is_superuser and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists()


@atomic_with_retry
def delete_account(user: User) -> None:
    """Delete the account and what is only its own; the database unlinks its profiles (rule 4).

    Raises OnlySuperuserError and changes nothing when no superuser would be left.
    """
    # Locked first, so that no other transaction writes rows for the account meanwhile. Of two superusers who delete
    # their accounts at once, the second waits here and is then the only one.
    locked = Q(pk=user.pk) | Q(is_superuser=True) if user.is_superuser else Q(pk=user.pk)
    list(User.objects.select_for_update().filter(locked).order_by("pk").values_list("pk"))
    if is_only_superuser(user):
        raise OnlySuperuserError
    # Locked in the order of sim.ownership.locks; the database's trigger would lock them in any order.
    lock_profiles(SimProfile.objects.linked_to(user))
    # What staff did to the account stays in their log; each such row holds the username or an address.
    for model, keys in (
        (User, [user.pk]),
        (EmailAddress, user.emailaddress_set.values_list("pk", flat=True)),
        (SocialAccount, user.socialaccount_set.values_list("pk", flat=True)),
    ):
        about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
        about.filter(object_id__in=list(map(str, keys))).update(object_repr=NAMELESS)
    forget_waiting([user.email, *user.emailaddress_set.values_list("email", flat=True)])
    user.delete()
