"""Proving that a profile is one's own, and which of two accounts gets it.

the link is             proof by platform sign-in     by code                    by staff's decision
nobody's, unverified    linked and verified           the same                   the same
another's, unverified   moves                         moves                      moves
another's, verified     moves: the platform says so   a dispute, staff decide    moves
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from simlane.sim import shown
from simlane.sim.identity.identifiers import IdentifierKind
from simlane.sim.models import Claim, LinkReminder, Merge, OwnershipCode, SimProfile
from simlane.sim.ownership import merging
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.sim.ownership.history import How, change
from simlane.sim.ownership.linking import unlink
from simlane.sim.ownership.locks import atomic_with_retry, lock_account, lock_profiles
from simlane.sim.ownership.staff import claimed

#: The platform is the authority about its own ids; anything else does not overrule a verified link.
BY_PLATFORM = {How.STEAM, How.IRACING}
SETTLED = "The platform itself has confirmed whose profile this is."
CONFIRMED = "The staff have marked the link as verified."


@dataclass(frozen=True, slots=True)
class Proof:
    """The outcome of a proof: `verified` are this account's now, `already` were, `merged` went into one of them.

    `disputed` are verified as another account's: staff decide. All empty: no profile has this id yet.
    """

    verified: list[SimProfile] = field(default_factory=list)
    already: list[SimProfile] = field(default_factory=list)
    disputed: list[SimProfile] = field(default_factory=list)
    merged: list[Merge] = field(default_factory=list)


def lock_for(user: AbstractBaseUser, profiles: QuerySet[SimProfile]) -> list[SimProfile]:
    """Lock the account, then the profiles; instead of a merged one, the profile it was merged into.

    The account's other profiles are locked too, as a proof may merge them. Raises Refused when the account is
    deleted or inactive.
    """
    lock_account(user)
    keys = {merged_into or key for key, merged_into in profiles.values_list("pk", "merged_into")}
    locked = lock_profiles(SimProfile.objects.filter(Q(pk__in=keys) | Q(linked_user=user.pk)))
    return [profile for profile in locked if profile.pk in keys and profile.merged_into_id is None]


@atomic_with_retry
def prove(user: AbstractBaseUser, kinds: Collection[IdentifierKind], identifier: str, *, how: How) -> Proof:
    """A platform says that `identifier` (canonical) is this person's, on every simulator with ids of `kinds`.

    Raises Refused, with a message for the person, when the account is gone.
    """
    named = SimProfile.objects.filter(simulator__identifier_kind__in=kinds, profile_identifier=identifier)
    return assign_verified(user, lock_for(user, named), how=how, actor=user.pk, identifier=identifier)


def assign_verified(
    user: AbstractBaseUser, profiles: Iterable[SimProfile], *, how: How, actor: int | None, **evidence: Any
) -> Proof:
    """Link `profiles` to the account as verified, as far as the table above lets `how` do it.

    The profiles and the account must be locked.
    """
    proof = Proof()
    for profile in profiles:
        if profile.linked_user_id == user.pk and profile.is_verified:
            proof.already.append(profile)
        elif profile.is_verified and how is How.CODE:
            proof.disputed.append(profile)
        else:
            proof.verified.append(profile)
    keys = [profile.pk for profile in proof.verified]
    now = timezone.now()
    shown.rows("profile", keys)
    SimProfile.objects.filter(pk__in=keys).update(
        linked_user=user.pk,
        linked_at=Case(When(linked_user=user.pk, then=Coalesce(F("linked_at"), Value(now))), default=Value(now)),
        is_verified=True,
        last_change=change(how, actor, **evidence),
    )
    former = [
        OwnershipEvent(Kind.TAKEN_OVER, profile.linked_user_id, profile, {"was_verified": profile.is_verified})
        for profile in proof.verified
        if profile.linked_user_id not in (None, user.pk)
    ]
    # Whose claim the staff accept hears of their decision, and that says it all.
    told = [] if how is How.STAFF else proof.verified
    notify([OwnershipEvent(Kind.VERIFIED, user.pk, profile) for profile in told] + former)
    _settle(user, keys, how)
    for profile in proof.disputed:
        dispute(user, profile, how, **evidence)
    for profile in proof.verified:
        profile.linked_at = now if profile.linked_user_id != user.pk else profile.linked_at or now
        profile.linked_user_id, profile.is_verified = user.pk, True
    for profile in proof.verified + proof.already:
        proof.merged.extend(merging.merge_unidentified(user, profile))
    return proof


def dispute(user: AbstractBaseUser, profile: SimProfile, how: How, **evidence: Any) -> None:
    """Open a dispute for the staff: this account has a proof for a profile that is verified as another's."""
    claim, made = Claim.objects.get_or_create(
        profile=profile,
        claimant_id=user.pk,
        state=Claim.State.OPEN,
        defaults={"how": how, "evidence": evidence or None, "disputed": True},
    )
    if not made:
        Claim.objects.filter(pk=claim.pk).update(how=how, evidence=evidence or None, disputed=True)
    parties = (user.pk, profile.linked_user_id)
    told = [
        OwnershipEvent(Kind.DISPUTED, account, profile)
        for account in parties
        if account is not None and (made or account == user.pk)
    ]
    notify([*told, *(claimed(claim.pk, profile, parties) if made else [])])


@atomic_with_retry
def confirm(profiles: QuerySet[SimProfile], *, by: AbstractBaseUser) -> int:
    """Mark the linked ones among `profiles` as verified, for staff; returns how many were not before."""
    rows = lock_profiles(profiles.filter(linked_user__isnull=False, is_verified=False))
    keys = [profile.pk for profile in rows]
    SimProfile.objects.filter(pk__in=keys).update(is_verified=True, last_change=change(How.STAFF, by.pk))
    OwnershipCode.objects.filter(profile__in=keys).delete()
    LinkReminder.objects.filter(profile__in=keys).delete()
    notify(OwnershipEvent(Kind.VERIFIED, row.linked_user_id, row) for row in rows if row.linked_user_id)
    Claim.objects.filter(profile__in=keys, state=Claim.State.OPEN, claimant=F("profile__linked_user")).update(
        state=Claim.State.ACCEPTED, decided_at=timezone.now(), decided_by=by.pk, reason=CONFIRMED
    )
    _dispute_what_waits(keys)
    return len(rows)


@atomic_with_retry
def staff_unlink(profiles: QuerySet[SimProfile], *, by: AbstractBaseUser) -> int:
    """End the links of `profiles`, for staff; returns how many had one."""
    rows = lock_profiles(profiles.filter(linked_user__isnull=False))
    keys = [profile.pk for profile in rows]
    unlink(SimProfile.objects.filter(pk__in=keys), how=How.STAFF, actor=by.pk)
    # A code that is still under way must not link it again.
    OwnershipCode.objects.filter(profile__in=keys, user__in=[row.linked_user_id for row in rows]).delete()
    notify(OwnershipEvent(Kind.UNLINKED, row.linked_user_id, row) for row in rows if row.linked_user_id)
    return len(rows)


def _dispute_what_waits(profiles: Collection[UUID]) -> None:
    """Make disputes of other accounts' open claims to profiles that have just been verified; both sides are told."""
    waiting = Claim.objects.filter(profile__in=profiles, state=Claim.State.OPEN, disputed=False)
    disputed = list(waiting.select_related("profile__simulator").select_for_update(of=("self",)).order_by("pk"))
    waiting.filter(pk__in=[claim.pk for claim in disputed]).update(disputed=True)
    parties = {
        (account, claim.profile_id): OwnershipEvent(Kind.DISPUTED, account, claim.profile)
        for claim in disputed
        for account in (claim.claimant_id, claim.profile.linked_user_id)
        if account is not None
    }
    notify(parties.values())


def _settle(user: AbstractBaseUser, profiles: Collection[UUID], how: How) -> None:
    """End the codes, reminders and claims for profiles that this account has just proved."""
    OwnershipCode.objects.filter(profile__in=profiles, user_id=user.pk).delete()
    LinkReminder.objects.filter(profile__in=profiles).delete()
    waiting = Claim.objects.filter(profile__in=profiles, state=Claim.State.OPEN)
    now = timezone.now()
    waiting.filter(claimant=user.pk).update(state=Claim.State.ACCEPTED, decided_at=now, reason=SETTLED)
    if how not in BY_PLATFORM:
        _dispute_what_waits(profiles)
    else:
        refused = list(waiting.select_related("profile__simulator").select_for_update(of=("self",)).order_by("pk"))
        waiting.filter(pk__in=[claim.pk for claim in refused]).update(
            state=Claim.State.REFUSED, decided_at=now, reason=SETTLED
        )
        notify(
            OwnershipEvent(Kind.DECIDED, claim.claimant_id, claim.profile, {"accepted": False, "reason": SETTLED})
            for claim in refused
        )
