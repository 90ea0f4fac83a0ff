"""Proof by code: a driver races under a name that holds a code only they were shown.

In a shared car the team's name proves nothing, since any of its drivers may have put the code there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from simlane.sim.acts import How
from simlane.sim.code_text import new_code
from simlane.sim.linking import NO_ACCOUNT, NOT_YOURS
from simlane.sim.models import OwnershipCode, SimProfile
from simlane.sim.ownership import Proof, give, lock_account, lock_profiles

VALID = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Seen:
    """A profile raced under names that held these codes, in a session."""

    profile: UUID
    codes: frozenset[str]
    session: int


def issue(profile: SimProfile, user: AbstractBaseUser) -> OwnershipCode:
    """A new code for this account and the profile it has linked; the one before is void.

    Raises ValueError, with a message for the person, when the link is not theirs or is proved.
    """
    now = timezone.now()
    with transaction.atomic():
        mine = SimProfile.objects.filter(pk=profile.pk, linked_user=user.pk, is_verified=False)
        if not mine.select_for_update().exists():
            raise ValueError(NOT_YOURS)
        try:
            code, _ = OwnershipCode.objects.update_or_create(
                user_id=user.pk,
                profile=profile,
                defaults={"code": new_code(), "made_at": now, "expires_at": now + VALID},
            )
        except IntegrityError as error:
            raise ValueError(NO_ACCOUNT) from error
    return code


def live_code(profile: SimProfile, user: AbstractBaseUser) -> OwnershipCode | None:
    """The account's code for the profile, while it is valid."""
    return OwnershipCode.objects.filter(profile=profile, user_id=user.pk, expires_at__gt=timezone.now()).first()


def redeem(seen: Iterable[Seen]) -> list[Proof]:
    """Verifies the links whose codes were seen on their own profile. Call it in the import's transaction."""
    by_code = {(each.profile, code): each for each in seen for code in each.codes}
    if not by_code:
        return []
    codes = OwnershipCode.objects.filter(
        code__in={code for _, code in by_code}, expires_at__gt=timezone.now()
    ).select_related("user", "profile")
    proofs = []
    for code in sorted(codes, key=lambda code: (code.user_id, code.pk)):
        found = by_code.get((code.profile_id, code.code))
        if found is None:
            continue
        try:
            with transaction.atomic():
                lock_account(code.user)
                rows = lock_profiles(SimProfile.objects.filter(pk=code.profile_id), code.user)
                # Used once, whatever it led to.
                if OwnershipCode.objects.filter(pk=code.pk, code=code.code).delete()[0]:
                    proofs.append(give(code.user, rows, how=How.CODE, by=code.user_id, session=found.session))
        except ValueError:
            # Whose account is gone or closed proves nothing; the results are in all the same.
            continue
    return proofs


def forget_expired() -> int:
    """Deletes codes that prove nothing any more; how many."""
    return OwnershipCode.objects.filter(expires_at__lte=timezone.now()).delete()[0]
