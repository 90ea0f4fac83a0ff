"""Names and addresses of accounts: who may have which, decided for one account after the other.

A unique index on addresses would be the shorter way, but installs of the old model hold accounts with equal and empty
ones, which no upgrade may lose or rename. So whoever takes a name or an address holds a lock while it is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_username
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from simlane.users.models import User

#: Browsers take these for steps in a path: a page of that name could not be opened.
NO_ADDRESS = {".", ".."}
_LOCK = 0x5A_4E_41


@contextmanager
def taking_names() -> Iterator[None]:
    """A transaction in which nobody else takes a name or an address."""
    with transaction.atomic():
        # SQLite has one writer at a time, from the beginning of its transaction.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def check_username(username: str, user: User | None = None) -> None:
    """Raises ValidationError when `user`, None for a new account, may not be called so."""
    if username in NO_ADDRESS:
        raise ValidationError(f"“{username}” cannot stand in an address: choose another username.")
    # No account has this key.
    own = user.pk if user else 0
    taken = filter_users_by_username(username).exclude(pk=own).exists()
    if taken or ("@" in username and _is_anothers_address(username, own)):
        raise ValidationError("A user with that username already exists.")


def _is_anothers_address(address: str, own: int) -> bool:
    """Who signs in types a name or an address: one must not pass for another's other."""
    return (
        User.objects.filter(email__iexact=address).exclude(pk=own).exists()
        or EmailAddress.objects.filter(email__iexact=address).exclude(user_id=own).exists()
    )
