"""Linking, unlinking, showing and hiding a profile: rules 2 to 5.

Each change is one UPDATE whose WHERE holds its condition, so of two rivals exactly one changes the row. The methods of
SimProfile call these. Verified links are made in sim.ownership.proof.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from simlane.sim import shown
from simlane.sim.errors import Refused
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.sim.ownership.history import Action, How, change
from simlane.sim.ownership.locks import lock_account

if TYPE_CHECKING:
    from simlane.sim.models import SimProfile

ALREADY_LINKED = "This profile is already linked to another user."
GONE = "This profile does not exist any more."
NOT_PROVED = "Only the owner of a verified link may hide a profile. Verify your ownership first."
NOT_YOURS = "This profile is not linked to your account, or is verified already."
TOO_MANY = (
    "You have {number} {simulator} profiles linked that are not verified yet. "
    "Verify one, or unlink one, before you link another."
)
LAPSED = (
    "Your link to this profile ended without a proof. You cannot link it again before {day:%-d %b %Y}, "
    "unless you prove that it is yours: claim it."
)
LINK_COLUMNS = ["linked_user", "linked_at", "is_verified", "is_public", "merged_into"]


def can_user_link(profile: SimProfile, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether `user` may link `profile`, as it was last read: it is nobody's, or theirs already."""
    free = profile.merged_into_id is None and profile.linked_user_id in (None, user.pk)
    return user.is_authenticated and user.is_active and free


def link_to_user(profile: SimProfile, user: AbstractBaseUser, *, verified: bool = False) -> None:
    """Link `profile` to the account; when it is linked already, only `verified` can change anything.

    Raises Refused, with a message for the person, when another account has it, a row is gone, or the account has
    linked too much without proof.
    """
    with transaction.atomic(), shown.only():
        shown.rows("profile", [profile.pk])
        # The account first, as everywhere: see sim.ownership.locks. While it is locked its other links wait.
        lock_account(user)
        was_linked = _row(profile).filter(linked_user=user.pk).exists()
        if not verified and not was_linked:
            _check_stock(profile, user)
        linked = (
            _row(profile)
            .filter(Q(linked_user__isnull=True) | Q(linked_user=user.pk), merged_into__isnull=True)
            .update(
                linked_user=user.pk,
                linked_at=Coalesce(F("linked_at"), timezone.now()),
                # A profile of nobody is not verified (rule 2): unless this proves it, it stays as it is.
                is_verified=True if verified else F("is_verified"),
                last_change=change(How.CLICK, user.pk),
            )
        )
        if linked and not was_linked:
            notify([OwnershipEvent(Kind.LINKED, user.pk, profile)])
    _reread(profile)
    if not linked:
        raise Refused(ALREADY_LINKED)


def _check_stock(profile: SimProfile, user: AbstractBaseUser) -> None:
    """Raises Refused when the account holds enough without proof, or has held this profile long enough without."""
    profiles = type(profile)._default_manager
    held = profiles.filter(linked_user=user.pk, is_verified=False, simulator=profile.simulator_id).count()
    if held >= settings.UNVERIFIED_LINKS:
        raise Refused(TOO_MANY.format(number=held, simulator=profile.simulator.name))
    if (ended := _ended_without_proof(profile, user)) is not None:
        raise Refused(LAPSED.format(day=ended + timedelta(days=settings.RELINK_DAYS)))


def _ended_without_proof(profile: SimProfile, user: AbstractBaseUser) -> datetime | None:
    """When the account's last link to the profile ended, if that keeps it from the next one for now.

    A lapse does. So does unlinking, once the account has had as long as a link may last: else who unlinks and links
    before each lapse would keep the profile. Sooner it is a change of mind.
    """
    now = timezone.now()
    since = now - timedelta(days=settings.RELINK_DAYS)
    ends = profile.history.filter(Q(action=Action.LAPSE) | Q(action=Action.UNLINK, how=How.CLICK))
    last = ends.filter(was_account=user.pk, at__gt=since).order_by("-id").first()
    if last is None or last.was_verified:
        return None
    lasts = timedelta(days=settings.LINK_LAPSE_DAYS)
    begins = profile.history.filter(account=user.pk, at__gt=since - lasts).exclude(was_account=user.pk)
    first = begins.order_by("id").values_list("at", flat=True).first()
    if last.action == Action.UNLINK and first is not None and first > now - lasts:
        return None
    return last.at


def unlink_from_user(profile: SimProfile) -> bool:
    """End the link `profile` was read with, with verification and hiding; returns whether there was still one."""
    if profile.linked_user_id is None:
        return False
    owner = profile.linked_user_id
    with transaction.atomic(), shown.only():
        shown.rows("profile", [profile.pk])
        # It was together with the others of this member.
        shown.rows("account", [owner])
        ended = unlink(_row(profile).filter(linked_user=owner), how=How.CLICK, actor=owner)
        # A code that the member has not raced under yet must not link the profile again.
        profile.ownership_codes.filter(user=owner).delete()
    _reread(profile)
    return bool(ended)


def set_visibility(profile: SimProfile, user: AbstractBaseUser, *, public: bool) -> None:
    """Show or hide a profile for its owner; raises Refused when the link is not theirs or not verified."""
    with shown.only():
        shown.rows("profile", [profile.pk])
        changed = (
            _row(profile)
            .filter(linked_user=user.pk, is_verified=True)
            .update(is_public=public, last_change=change(How.CLICK, user.pk))
        )
    _reread(profile)
    if not changed:
        raise Refused(NOT_PROVED)


def unlink(profiles: QuerySet[SimProfile], *, how: How, actor: int | None = None, action: Action | None = None) -> int:
    """End the links of `profiles`; returns how many had one."""
    return profiles.filter(linked_user__isnull=False).update(
        linked_user=None,
        linked_at=None,
        is_verified=False,
        is_public=True,
        last_change=change(how, actor, action=action),
    )


def show(profiles: QuerySet[SimProfile], *, by: AbstractBaseUser) -> int:
    """Make the hidden ones among `profiles` public, for staff; returns how many were hidden."""
    hidden = profiles.filter(is_public=False, merged_into__isnull=True)
    return hidden.update(is_public=True, last_change=change(How.STAFF, by.pk))


def _row(profile: SimProfile) -> QuerySet[SimProfile]:
    return type(profile)._default_manager.filter(pk=profile.pk)


def _reread(profile: SimProfile) -> None:
    """Read the link columns again; raises Refused when the row is gone."""
    try:
        profile.refresh_from_db(fields=LINK_COLUMNS)
    except type(profile).DoesNotExist as error:
        raise Refused(GONE) from error
