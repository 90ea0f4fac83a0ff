"""The announcement of the upgrade: one notification for every account that has a profile, once each, whenever.

Accounts go by key, a batch in each transaction. Interrupted, the next run finds who has none yet; the database holds
that nobody gets two.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from simlane.sim.models import SimProfile
from simlane.sim.ownership.events import Kind
from simlane.users.models import Notification, User
from simlane.users.notifications.groups import choices, wants

BATCH = 1000


def waiting() -> QuerySet[User]:
    """Accounts with a linked profile that have not been told."""
    told = Notification.objects.filter(user=OuterRef("pk"), kind=Kind.UPGRADED)
    linked = SimProfile.objects.filter(linked_user=OuterRef("pk"))
    return User.objects.filter(Exists(linked), ~Exists(told), is_active=True)


def announce(progress: Callable[[int], None] = lambda told: None) -> int:
    """Notify the waiting accounts; returns how many. Mails are queued, not sent."""
    total, last = 0, 0
    while found := _announce_after(last):
        last, told = found
        total += told
        progress(total)
    return total


@transaction.atomic
def _announce_after(last: int) -> tuple[int, int] | None:
    """Tell the next accounts by key, locked against deletion; returns the last key and how many were told."""
    rows = waiting().filter(pk__gt=last).order_by("pk").select_for_update(of=("self",), no_key=True)
    accounts = list(rows.values_list("pk", flat=True)[:BATCH])
    if not accounts:
        return None
    profiles = dict(
        SimProfile.objects.filter(linked_user__in=accounts)
        .order_by()
        .values_list("linked_user")
        .annotate(profiles=Count("pk"))
    )
    chosen = choices(accounts)
    now = timezone.now()
    told = [
        (account, wants(chosen, account, Kind.UPGRADED), profiles[account])
        for account in accounts
        # Unlinked between the two statements: there is nothing to tell.
        if account in profiles
    ]
    Notification.objects.bulk_create(
        [
            Notification(
                user_id=account,
                kind=Kind.UPGRADED,
                created_at=now,
                about={"detail": {"profiles": count}},
                email_state=Notification.Mail.PENDING if mailed else Notification.Mail.NONE,
                email_due_at=now if mailed else None,
            )
            for account, mailed, count in told
        ],
        ignore_conflicts=True,
    )
    return accounts[-1], len(told)
