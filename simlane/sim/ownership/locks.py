"""Acts that hold several rows: as one transaction, in one order, and begun again when the database had to end one.

Accounts are held before profiles, both by key, so that no two acts wait for each other. An import changes profiles in
the order of its files: of an act and an import that wait for each other, the database ends one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

if TYPE_CHECKING:
    from simlane.sim.models import SimProfile

NO_ACCOUNT = "This account does not exist any more."
ATTEMPTS = 4
DEADLOCK = "40P01"

P = ParamSpec("P")
Answer = TypeVar("Answer")


def whole(act: Callable[P, Answer]) -> Callable[P, Answer]:
    """Makes `act` one transaction, which begins again when it and another one waited for each other."""

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return act(*args, **kwargs)
            except OperationalError as error:
                again = getattr(error.__cause__, "sqlstate", "") == DEADLOCK and attempt < ATTEMPTS
                # Inside another transaction that one is lost as a whole.
                if not again or connection.in_atomic_block:
                    raise
        raise AssertionError("unreachable")

    return run


def hold_accounts(accounts: Iterable[int]) -> set[int]:
    """Keeps these accounts from going until the transaction ends; those that are there and open."""
    users = get_user_model()._default_manager.filter(pk__in=set(accounts), is_active=True)
    return set(users.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def hold_account(user: AbstractBaseUser) -> None:
    """As `hold_accounts`, for one; raises ValueError when it is gone or closed."""
    if not hold_accounts([user.pk]):
        raise ValueError(NO_ACCOUNT)


def hold_profiles(profiles: QuerySet[SimProfile]) -> list[SimProfile]:
    """The profiles, with their simulators, as they are now and stay until the transaction ends."""
    return list(profiles.select_related("simulator").select_for_update(of=("self",)).order_by("pk"))
