"""Names and addresses of accounts: who may have which, decided for one account after the other.

A unique index on addresses would be the shorter way, but installs of the old model hold accounts with equal and empty
ones, which no upgrade may lose or rename. So whoever takes a name or an address holds a lock while it is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import connection, transaction

if TYPE_CHECKING:
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


def check_username(user: User) -> None:
    """Raises ValidationError when the account, new or as it is about to be saved, may not have its new username.

    One that it has already may stay: the old model knew none of these rules.
    """
    accounts, username = type(user)._default_manager, user.username
    # A form has said already what is wrong with one that is missing.
    if not username or accounts.filter(pk=user.pk, username=username).exists():
        return
    if username in NO_ADDRESS:
        raise ValidationError(f"“{username}” cannot stand in an address: choose another username.")
    if accounts.filter(username__iexact=username).exclude(pk=user.pk).exists():
        raise ValidationError("A user with that username already exists.")
    # Who signs in types a name or an address, and a name may be anybody's address: today's or tomorrow's.
    if "@" in username and not _has_confirmed(user, username):
        raise ValidationError("Only a confirmed address of your own may be your username: choose one without “@”.")


def _has_confirmed(user: User, address: str) -> bool:
    return user.pk is not None and user.emailaddress_set.filter(email__iexact=address, verified=True).exists()
