"""Row locks of the ownership rules, and the transaction that takes them.

Accounts are locked before profiles, both in the order of their keys, so that no two of these transactions deadlock.
An import locks profiles in the order of its files: it can deadlock with one of them, and PostgreSQL then aborts one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from simlane.sim.errors import Refused

if TYPE_CHECKING:
    from simlane.sim.models import SimProfile

NO_ACCOUNT = "This account does not exist any more."
ATTEMPTS = 4
DEADLOCK = "40P01"

P = ParamSpec("P")
Result = TypeVar("Result")


def atomic_with_retry(function: Callable[P, Result]) -> Callable[P, Result]:
    """Run in one transaction; retry up to 4 times on PostgreSQL deadlock 40P01.

    Inside another transaction there is no retry: PostgreSQL has aborted the outer one too.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> Result:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                is_deadlock = getattr(error.__cause__, "sqlstate", "") == DEADLOCK
                if not is_deadlock or attempt == ATTEMPTS or connection.in_atomic_block:
                    raise
        raise AssertionError("unreachable")

    return run


def lock_accounts(accounts: Iterable[int]) -> set[int]:
    """Lock these accounts against deletion until the transaction ends; returns those that exist and are active."""
    users = get_user_model()._default_manager.filter(pk__in=set(accounts), is_active=True)
    return set(users.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def lock_account(user: AbstractBaseUser) -> None:
    """Lock one account as `lock_accounts` does; raises Refused when it is deleted or inactive."""
    if not lock_accounts([user.pk]):
        raise Refused(NO_ACCOUNT)


def lock_profiles(profiles: QuerySet[SimProfile]) -> list[SimProfile]:
    """Lock the profiles until the transaction ends, and return them as they are now, with their simulators."""
    return list(profiles.select_related("simulator").select_for_update(of=("self",)).order_by("pk"))
