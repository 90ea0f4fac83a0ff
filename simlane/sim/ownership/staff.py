"""The staff whom a new claim waits for."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from simlane.sim.ownership.events import Kind, OwnershipEvent

if TYPE_CHECKING:
    from simlane.sim.models import SimProfile

BACKEND = "django.contrib.auth.backends.ModelBackend"


def staff_with(permission: str) -> list[int]:
    """The keys of the active staff who have the permission, superusers among them."""
    accounts: Any = get_user_model()._default_manager
    found = accounts.with_perm(permission, backend=BACKEND).filter(is_staff=True, is_active=True)
    return sorted(found.values_list("pk", flat=True))


def claimed(claim: int, profile: SimProfile, parties: Collection[int | None]) -> list[OwnershipEvent]:
    """An event for each of the staff who may decide about the claim: not its parties."""
    deciding = [account for account in staff_with("sim.change_claim") if account not in parties]
    return [OwnershipEvent(Kind.CLAIMED, account, profile, {"claim": claim}) for account in deciding]
