"""Unproved links lapse: a reminder on the tenth day, the end on the fourteenth, never without the reminder.

A link from the old model, years old, so gets its four days too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from simlane.sim.models import Claim, LinkReminder, SimProfile
from simlane.sim.ownership import codes
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.sim.ownership.history import Action, How
from simlane.sim.ownership.linking import unlink

BATCH = 500


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Counts of one daily run."""

    reminded: int
    lapsed: int
    codes: int


def run_daily() -> Lapsed:
    """Send reminders, end links that are due, delete expired codes; safe to run more often than daily."""
    now = timezone.now()
    return Lapsed(remind(now), lapse(now), codes.forget_expired())


def remind(now: datetime) -> int:
    """Remind the owners of links that end soon, once for each link; returns the number of links."""
    due = _unproved(now - timedelta(days=settings.LINK_REMINDER_DAYS)).exclude(Exists(_reminder()))
    count = 0
    while batch := _remind(due, now):
        count += batch
    return count


def lapse(now: datetime) -> int:
    """End links that are too old and whose owners were reminded in time; returns the number of links."""
    grace = timedelta(days=settings.LINK_LAPSE_DAYS - settings.LINK_REMINDER_DAYS)
    due = _unproved(now - timedelta(days=settings.LINK_LAPSE_DAYS)).filter(
        Exists(_reminder().filter(sent_at__lte=now - grace))
    )
    count = 0
    while batch := _lapse(due):
        count += batch
    return count


def lapses_at(profile: SimProfile, reminder: LinkReminder | None, now: datetime) -> datetime | None:
    """When the link ends if nobody proves it; None for a verified profile or one without a link."""
    if profile.linked_at is None or profile.is_verified:
        return None
    grace = timedelta(days=settings.LINK_LAPSE_DAYS - settings.LINK_REMINDER_DAYS)
    sent = reminder.sent_at if reminder and reminder.linked_at == profile.linked_at else now
    return max(profile.linked_at + timedelta(days=settings.LINK_LAPSE_DAYS), sent + grace)


def _unproved(since: datetime) -> QuerySet[SimProfile]:
    """Unverified links, except those whose owner waits for the staff to decide a claim."""
    waits = Claim.objects.filter(profile=OuterRef("pk"), claimant=OuterRef("linked_user"), state=Claim.State.OPEN)
    return SimProfile.objects.filter(linked_at__lte=since, is_verified=False).exclude(Exists(waits))


def _reminder() -> QuerySet[LinkReminder]:
    return LinkReminder.objects.filter(profile=OuterRef("pk"), linked_at=OuterRef("linked_at"))


@transaction.atomic
def _remind(due: QuerySet[SimProfile], now: datetime) -> int:
    rows = _lock_batch(due)
    reminders = [LinkReminder(profile=row, linked_at=row.linked_at, sent_at=now) for row in rows if row.linked_at]
    LinkReminder.objects.bulk_create(
        reminders, update_conflicts=True, unique_fields=["profile"], update_fields=["linked_at", "sent_at"]
    )
    notify(
        OwnershipEvent(Kind.REMINDER, row.linked_user_id, row, {"lapses_at": when.isoformat()})
        for row, reminder in zip(rows, reminders, strict=True)
        if row.linked_user_id is not None and (when := lapses_at(row, reminder, now)) is not None
    )
    return len(rows)


@transaction.atomic
def _lapse(due: QuerySet[SimProfile]) -> int:
    rows = _lock_batch(due)
    keys = [row.pk for row in rows]
    unlink(SimProfile.objects.filter(pk__in=keys), how=How.TIME, action=Action.LAPSE)
    LinkReminder.objects.filter(profile__in=keys).delete()
    notify(OwnershipEvent(Kind.LAPSED, row.linked_user_id, row) for row in rows if row.linked_user_id is not None)
    return len(rows)


def _lock_batch(due: QuerySet[SimProfile]) -> list[SimProfile]:
    """Lock and return up to BATCH of them; rows that another transaction has locked wait for the next run."""
    locked = due.select_related("simulator").select_for_update(of=("self",), skip_locked=True)
    return list(locked.order_by("pk")[:BATCH])
