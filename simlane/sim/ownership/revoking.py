"""Proofs by code that rest on a league alone: they end when staff no longer confirm it. Anybody may write a file."""

from __future__ import annotations

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from simlane.sim.models import HistoryEntry, LinkReminder, SimProfile
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.sim.ownership.history import How, change
from simlane.sim.ownership.locks import atomic_with_retry, lock_profiles

BATCH = 500


def revoke_codes(league: int) -> int:
    """Ends what codes in the league's results proved and nothing has proved since; returns the number of profiles.

    The links stay, unverified, and have as long to be proved as new ones. Their owners are told. Again does no harm.
    """
    count = 0
    while batch := _revoke(league):
        count += batch
    return count


def proved_by(league: int) -> QuerySet[SimProfile]:
    """The profiles that are verified by a code in the league's results."""
    proofs = HistoryEntry.objects.filter(profile=OuterRef("pk"), verified=True).exclude(
        was_verified=True, account=F("was_account")
    )
    last = Subquery(proofs.order_by("-pk").values("pk")[:1])
    by_code = HistoryEntry.objects.filter(how=How.CODE, evidence__league=league)
    rows = SimProfile.objects.filter(is_verified=True, pk__in=by_code.values("profile")).annotate(proof=last)
    return rows.filter(proof__in=by_code.values("pk"))


@atomic_with_retry
def _revoke(league: int) -> int:
    keys = list(proved_by(league).order_by("pk").values_list("pk", flat=True)[:BATCH])
    lock_profiles(SimProfile.objects.filter(pk__in=keys))
    # As they are now: somebody may have proved one at their platform meanwhile.
    rows = list(proved_by(league).filter(pk__in=keys).select_related("simulator"))
    found = [row.pk for row in rows]
    SimProfile.objects.filter(pk__in=found).update(
        is_verified=False,
        is_public=True,
        linked_at=timezone.now(),
        last_change=change(How.STAFF, league=league),
    )
    LinkReminder.objects.filter(profile__in=found).delete()
    notify(OwnershipEvent(Kind.UNVERIFIED, row.linked_user_id, row) for row in rows if row.linked_user_id is not None)
    return len(keys)
