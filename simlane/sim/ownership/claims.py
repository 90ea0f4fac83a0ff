"""Proof by staff: a member says that a profile is theirs, with a message and pictures, and staff decide."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from simlane.sim.errors import Refused
from simlane.sim.models import Claim, ClaimImage, SimProfile
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.sim.ownership.history import How
from simlane.sim.ownership.linking import GONE
from simlane.sim.ownership.locks import atomic_with_retry, lock_profiles
from simlane.sim.ownership.pictures import Picture
from simlane.sim.ownership.proof import assign_verified, lock_for
from simlane.sim.ownership.staff import claimed

MAX_PICTURES = 3
YOURS_ALREADY = "This profile is verified as yours already."
WAITING = "Your claim is with the site's staff already. We'll let you know."
DECIDED = "This claim has been decided or withdrawn already."
OWN_CAUSE = "You are a party to this claim: somebody else of the staff must decide it."
NO_REASON = "Say why: the claimant is told."


@atomic_with_retry
def submit(profile: SimProfile, user: AbstractBaseUser, message: str, pictures: Sequence[Picture] = ()) -> Claim:
    """Put a claim into the staff's queue; against a verified link of another account it is a dispute.

    Raises Refused, with a message for the person. `message` and the number of pictures are the form's to bound.
    """
    rows = lock_for(user, SimProfile.objects.filter(pk=profile.pk))
    if not rows:
        raise Refused(GONE)
    (row,) = rows
    if row.linked_user_id == user.pk and row.is_verified:
        raise Refused(YOURS_ALREADY)
    # The account is locked: no other claim of it is made meanwhile.
    if Claim.objects.filter(profile=row, claimant=user.pk, state=Claim.State.OPEN).exists():
        raise Refused(WAITING)
    claim = Claim.objects.create(
        profile=row, claimant_id=user.pk, message=message, how=How.STAFF, disputed=row.is_verified
    )
    ClaimImage.objects.bulk_create(
        ClaimImage(claim=claim, picture=each.data, width=each.width, height=each.height) for each in pictures
    )
    told = claimed(claim.pk, row, (user.pk, row.linked_user_id))
    if row.is_verified and row.linked_user_id is not None:
        told.append(OwnershipEvent(Kind.DISPUTED, row.linked_user_id, row))
    notify(told)
    return claim


def withdraw(claim: Claim, user: AbstractBaseUser) -> None:
    """Withdraw a claim, for its claimant; raises Refused when it is decided."""
    mine = Claim.objects.filter(pk=claim.pk, claimant=user.pk, state=Claim.State.OPEN)
    if not mine.update(state=Claim.State.WITHDRAWN, decided_at=timezone.now()):
        raise Refused(DECIDED)


@atomic_with_retry
def accept(claim: Claim, *, by: AbstractBaseUser, reason: str = "") -> None:
    """Accept a claim: the profile is the claimant's, verified. Raises Refused when it is decided or void."""
    claimant, profile = _decide(claim, Claim.State.ACCEPTED, by, reason)
    assign_verified(claimant, [profile], how=How.STAFF, actor=by.pk, claim=claim.pk)
    _notify(claim, profile, accepted=True, reason=reason)


@atomic_with_retry
def refuse(claim: Claim, *, by: AbstractBaseUser, reason: str) -> None:
    """Refuse a claim: the profile stays as it is. Raises Refused without a reason, or when the claim is decided."""
    if not reason.strip():
        raise Refused(NO_REASON)
    _, profile = _decide(claim, Claim.State.REFUSED, by, reason)
    _notify(claim, profile, accepted=False, reason=reason)


def _decide(claim: Claim, state: Claim.State, by: AbstractBaseUser, reason: str) -> tuple[AbstractBaseUser, SimProfile]:
    """Record the only decision, by nobody whom it concerns; returns the claimant and the profile, both locked."""
    claimant = get_user_model()._default_manager.filter(pk=claim.claimant_id).first()
    if claimant is None:
        raise Refused(DECIDED)
    profiles = SimProfile.objects.filter(claims=claim.pk)
    # A claim may be refused whose account is closed since.
    rows = lock_for(claimant, profiles) if state == Claim.State.ACCEPTED else lock_profiles(profiles)
    if not rows:
        raise Refused(DECIDED)
    if by.pk in (claimant.pk, rows[0].linked_user_id):
        raise Refused(OWN_CAUSE)
    decided = Claim.objects.filter(pk=claim.pk, state=Claim.State.OPEN, profile=rows[0]).update(
        state=state, decided_at=timezone.now(), decided_by=by.pk, reason=reason.strip()
    )
    if not decided:
        raise Refused(DECIDED)
    return claimant, rows[0]


def _notify(claim: Claim, profile: SimProfile, *, accepted: bool, reason: str) -> None:
    """Notify the claimant, and the holder of a refused dispute. `assign_verified` notifies one who lost the profile."""
    parties = {claim.claimant_id: accepted}
    if claim.disputed and not accepted and profile.linked_user_id is not None:
        parties.setdefault(profile.linked_user_id, True)
    notify(
        OwnershipEvent(
            Kind.DECIDED,
            account,
            profile,
            {"accepted": won, "holder": account != claim.claimant_id, "reason": reason.strip()},
        )
        for account, won in parties.items()
    )
