"""Writing a notification for each event of the domain, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from simlane.results.report import Report
from simlane.sim.identity.names import printable
from simlane.sim.ownership.events import Kind, OwnershipEvent
from simlane.sim.ownership.staff import staff_with
from simlane.users.models import Notification
from simlane.users.notifications import mail_thread
from simlane.users.notifications.groups import choices, wants


def record(events: Sequence[OwnershipEvent], **_: Any) -> None:
    """Writes a notification for each; the e-mails that are wanted go out once the transaction is kept."""
    there = _staying({each.account_id for each in events})
    told = [each for each in events if each.account_id in there]
    if not told:
        return
    prefetch_related_objects([each.profile for each in told], "simulator")
    _write([(each.account_id, each.kind, _about(each)) for each in told])


def record_refused(report: Report, **_: Any) -> None:
    """Tells the staff which files an import refused; again only once they have read it, or when it is another."""
    if not report.refused:
        return
    label, error = report.refused[0]
    about = {"detail": {"files": len(report.refused), "first": printable(f"{label}: {error}", 1000)}}
    with transaction.atomic():
        there = _staying(staff_with("results.view_resultfile"))
        unread = Notification.objects.filter(user__in=there, kind=Kind.IMPORT_REFUSED, read_at__isnull=True)
        there -= {account for account, known in unread.values_list("user", "about") if known == about}
        _write([(account, Kind.IMPORT_REFUSED, about) for account in sorted(there)])


@transaction.atomic
def tell(accounts: Collection[int], kind: Kind, detail: Mapping[str, str | int]) -> None:
    """Writes a notification for each of the accounts that are there, in the transaction of what happened."""
    _write([(account, kind, {"detail": dict(detail)}) for account in sorted(_staying(accounts))])


def _write(told: list[tuple[int, Kind, dict[str, Any]]]) -> None:
    """A row for each account, kind and text; the wanted e-mails go out once the transaction is kept."""
    chosen = choices({account for account, _, _ in told})
    now = timezone.now()
    rows = []
    for account, kind, about in told:
        mailed = wants(chosen, account, kind)
        rows.append(
            Notification(
                user_id=account,
                kind=kind,
                created_at=now,
                about=about,
                email_state=Notification.Mail.PENDING if mailed else Notification.Mail.NONE,
                email_due_at=now if mailed else None,
            )
        )
    Notification.objects.bulk_create(rows)
    keys = [row.pk for row in rows if row.email_state == Notification.Mail.PENDING]
    if keys:
        transaction.on_commit(partial(mail_thread.deliver_soon, keys), robust=True)


def _about(event: OwnershipEvent) -> dict[str, Any]:
    profile = event.profile
    return {
        "profile": str(profile.pk),
        "name": profile.profile_name,
        "simulator": profile.simulator.name,
        "detail": dict(event.detail),
    }


def _staying(accounts: Collection[int]) -> set[int]:
    """The accounts that exist and that nobody is deleting, locked against deletion until the transaction ends.

    The caller has locked profiles, and a deletion locks its account and then waits for its profiles: waiting for the
    account here would deadlock, so an account that is being deleted is skipped.
    """
    if connection.vendor != "postgresql":
        return set(get_user_model()._default_manager.filter(pk__in=accounts).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM users_user WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE SKIP LOCKED", [list(accounts)]
        )
        return {key for (key,) in cursor.fetchall()}
