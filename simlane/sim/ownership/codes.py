"""Proof by code: a driver races under a name that holds a code only they were shown.

In a shared car the team's name proves nothing, since any of its drivers may have put the code there.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from simlane.sim.errors import Refused
from simlane.sim.models import OwnershipCode, SimProfile
from simlane.sim.ownership.code_text import new_code
from simlane.sim.ownership.history import How
from simlane.sim.ownership.linking import NOT_YOURS
from simlane.sim.ownership.locks import atomic_with_retry, lock_accounts
from simlane.sim.ownership.proof import Proof, assign_verified, lock_for

VALID = timedelta(days=7)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """The codes in the names that a profile raced under in a session, whose results a league brought in, or none."""

    profile: UUID
    codes: frozenset[str]
    session: int
    league: int | None = None


@atomic_with_retry
def issue(profile: SimProfile, user: AbstractBaseUser) -> OwnershipCode:
    """A new code for this account and the profile it has linked; the one before is void.

    Raises Refused, with a message for the person, when the link is not theirs or is proved.
    """
    now = timezone.now()
    locked = lock_for(user, SimProfile.objects.filter(pk=profile.pk))
    if not any(row.linked_user_id == user.pk and not row.is_verified for row in locked):
        raise Refused(NOT_YOURS)
    code, _ = OwnershipCode.objects.update_or_create(
        user_id=user.pk, profile=locked[0], defaults={"code": new_code(), "made_at": now, "expires_at": now + VALID}
    )
    return code


def live_code(profile: SimProfile, user: AbstractBaseUser) -> OwnershipCode | None:
    """The account's code for the profile, while it is valid."""
    return _live().filter(profile=profile, user_id=user.pk).first()


def lock_code_owners(codes: Collection[str]) -> None:
    """Lock the accounts that these codes belong to, before an import changes a profile."""
    if codes:
        lock_accounts(_live().filter(code__in=codes).values_list("user", flat=True))


def redeem(seen: Iterable[Seen]) -> list[Proof]:
    """Verify the links whose codes were seen on their own profile; call it in the import's transaction.

    One proof that fails is logged and leaves its code valid; the others, and the import, go on.
    """
    by_code = {(each.profile, code): each for each in seen for code in each.codes}
    if not by_code:
        return []
    found = _live().filter(code__in={code for _, code in by_code}).select_related("user").order_by("user", "pk")
    return [
        proof
        for code in found
        if (place := by_code.get((code.profile_id, code.code))) and (proof := _redeem(code, place)) is not None
    ]


def _redeem(code: OwnershipCode, seen: Seen) -> Proof | None:
    try:
        with transaction.atomic():
            rows = lock_for(code.user, SimProfile.objects.filter(pk=code.profile_id))
            # A code is used up even when it leads to a dispute.
            if OwnershipCode.objects.filter(pk=code.pk, code=code.code).delete()[0]:
                evidence = {"session": seen.session} | ({"league": seen.league} if seen.league is not None else {})
                return assign_verified(code.user, rows, how=How.CODE, actor=code.user_id, **evidence)
    except Refused as refusal:
        # Its account was closed since.
        logger.info("the code for profile %s in session %s proves nothing: %s", seen.profile, seen.session, refusal)
    except DatabaseError:
        # The import itself answers for the database: it runs again, or says which file cannot be stored.
        raise
    except Exception:
        logger.exception("the proof of profile %s by its code in session %s failed", seen.profile, seen.session)
    return None


def _live() -> QuerySet[OwnershipCode]:
    return OwnershipCode.objects.filter(expires_at__gt=timezone.now())


def forget_expired() -> int:
    """Delete expired codes; returns how many."""
    return OwnershipCode.objects.filter(expires_at__lte=timezone.now()).delete()[0]
