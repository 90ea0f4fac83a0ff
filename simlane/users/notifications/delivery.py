"""Sending the e-mails of notifications: each row is leased, sent and marked as sent, or retried later.

A lease is one UPDATE that sets the row's next try to the lease's end, so only one of two workers gets it. A worker
that dies after the mail server accepted the mail leaves the row due after the lease: that mail may be sent twice, with
the same Message-ID, and is never lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone
from django_tasks import task

from simlane.users.mail_retry import PAUSES
from simlane.users.models import Notification
from simlane.users.notifications.groups import choices, group_of, wants
from simlane.users.notifications.mails import address, mail
from simlane.users.notifications.result_texts import digest
from simlane.users.notifications.texts import text
from simlane.users.notifications.wording import Text

logger = logging.getLogger(__name__)

#: Longer than one mail can take; shorter than anybody minds to wait after a crash.
LEASE = timedelta(minutes=10)
#: The pauses of an account's mails and two days more: given up after five days, as mail servers do.
BACKOFF = [*PAUSES, timedelta(days=1), timedelta(days=1)]
BATCH = 200
HOUR = timedelta(hours=1)
#: Mail servers end long conversations.
PER_CONNECTION = 50
#: Errors of the mail server that concern one mail; any other concerns all of them.
OF_ONE_MAIL = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError)

Mail = Notification.Mail


@dataclass(slots=True)
class Delivered:
    """Counts of one run: `failed` are tried again, `given_up` are not; nobody wants those that are `unwanted`.

    `stopped` names the error of a mail server that does not answer: the other due mails stay due. Those of the accounts
    `over` their bound wait.
    """

    sent: int = 0
    unwanted: int = 0
    failed: int = 0
    given_up: int = 0
    stopped: str = ""
    over: set[int] = field(default_factory=set)


@task()
def deliver_mails(keys: list[int]) -> None:
    """Sends the e-mails of these notifications."""
    deliver(keys)


def enqueue(keys: Sequence[int]) -> None:
    """Leave these notifications' e-mails to the worker. (Under the immediate backend of tests they go out here.)"""
    deliver_mails.enqueue(list(keys))


def due(keys: Sequence[int] | None = None) -> QuerySet[Notification]:
    """The rows due now: all, or those among `keys`."""
    rows = Notification.objects.filter(email_state=Mail.PENDING, email_due_at__lte=timezone.now())
    return rows if keys is None else rows.filter(pk__in=keys)


def deliver(
    keys: Sequence[int] | None = None,
    progress: Callable[[Delivered], None] = lambda done: None,
    go_on: Callable[[], bool] = lambda: True,
) -> Delivered:
    """Send the due mails until none is left, the mail server fails or `go_on` returns False; raises for no mail."""
    done = Delivered()
    with _Connection() as connection:
        for key, account in _due(keys, done.over):
            if account not in done.over and _lease(key):
                _deliver(key, connection, done)
            progress(done)
            if done.stopped or not go_on():
                break
    return done


def retry_given_up() -> int:
    """Makes mails that were given up due again, now and from the first try; how many."""
    return Notification.objects.filter(email_state=Mail.GIVEN_UP).update(
        email_state=Mail.PENDING, email_due_at=timezone.now(), email_attempts=0
    )


def _due(keys: Sequence[int] | None, over: set[int]) -> Iterator[tuple[int, int]]:
    """The keys of due rows, with their accounts, but for accounts that are `over` their bound by then."""
    # A row that was tried is not due before its pause is over, so each pass finds others.
    rows = due(keys).order_by("email_due_at", "pk").values_list("pk", "user")
    while batch := list(rows.exclude(user__in=over)[:BATCH]):
        yield from batch


def _lease(key: int) -> bool:
    now = timezone.now()
    mine = Notification.objects.filter(pk=key, email_state=Mail.PENDING, email_due_at__lte=now)
    return bool(mine.update(email_due_at=now + LEASE, email_attempts=F("email_attempts") + 1))


def _deliver(key: int, connection: _Connection, done: Delivered) -> None:
    """Send one leased mail and mark it as sent, or put it off."""
    row = Notification.objects.select_related("user").filter(pk=key).first()
    if row is None:
        # The account has gone since.
        return
    rows = _with_others(row)
    try:
        to = address(row.user)
        words = _words(rows) if to and wants(choices([row.user_id]), row.user_id, row.kind) else None
        if words is None:
            _mark(rows, Mail.NONE)
            done.unwanted += 1
            return
        if (free_at := _free_at(row.user_id)) is not None:
            _wait_all(rows, free_at)
            done.over.add(row.user_id)
            return
        message = mail(rows[0], to, words)
        message.connection = connection.ready()
        message.send()
    except Exception as error:
        _put_off(rows, error, done)
        if isinstance(error, OSError) and not isinstance(error, OF_ONE_MAIL):
            done.stopped = type(error).__name__
    else:
        _mark(rows, Mail.SENT)
        done.sent += 1


def _with_others(row: Notification) -> list[Notification]:
    """The leased row; of a kind that comes once a day all that are due of the account, leased with it, by age."""
    group = group_of(row.kind)
    if not group.as_digest:
        return [row]
    now = timezone.now()
    due_too = due().filter(user=row.user_id, kind__in=group.kinds)
    keys = list(due_too.values_list("pk", flat=True))
    due_too.filter(pk__in=keys).update(email_due_at=now + LEASE, email_attempts=F("email_attempts") + 1)
    # What somebody else leased meanwhile has another time.
    others = Notification.objects.filter(pk__in=keys, email_state=Mail.PENDING, email_due_at=now + LEASE)
    return sorted([row, *others.select_related("user")], key=attrgetter("pk"))


def _words(rows: Sequence[Notification]) -> Text | None:
    """What the mail says; None when there is nothing to say any more."""
    row = rows[0]
    return digest(rows, row.user) if group_of(row.kind).as_digest else text(row)


def _free_at(account: int) -> datetime | None:
    """When the account may get its next mail; None: now."""
    since = timezone.now() - HOUR
    sent = Notification.objects.filter(user=account, emailed_at__gt=since).order_by("-emailed_at")
    # All that went in one mail has one time.
    times = list(sent.values_list("emailed_at", flat=True).distinct()[: settings.MAILS_AN_HOUR])
    return times[-1] + HOUR if len(times) == settings.MAILS_AN_HOUR and times[-1] else None


def _wait_all(rows: Sequence[Notification], until: datetime) -> None:
    """Nothing is lost, and nobody's post box is filled: every mail of the account waits, and this was no try."""
    tried = [row.pk for row in rows]
    theirs = Notification.objects.filter(user=rows[0].user_id, email_state=Mail.PENDING)
    theirs.filter(Q(email_due_at__lt=until) | Q(pk__in=tried)).update(
        email_due_at=until,
        email_attempts=F("email_attempts") - Case(When(pk__in=tried, then=1), default=0),
    )


def _put_off(rows: Sequence[Notification], error: Exception, done: Delivered) -> None:
    """Retry after the next pause; after the last one give up."""
    row = rows[0]
    # The mail server's answer may hold an address: only its number is for the log.
    what = f"{type(error).__name__} {getattr(error, 'smtp_code', '') or getattr(error, 'errno', '') or ''}".strip()
    if row.email_attempts > len(BACKOFF):
        _mark(rows, Mail.GIVEN_UP)
        done.given_up += 1
        logger.error("mail of notification %s given up after %s tries: %s", row.pk, row.email_attempts, what)
        return
    pause = BACKOFF[row.email_attempts - 1]
    _update(rows, email_due_at=timezone.now() + pause)
    done.failed += 1
    logger.warning("mail of notification %s not sent, again in %s: %s", row.pk, pause, what)


def _mark(rows: Sequence[Notification], state: Mail) -> None:
    _update(rows, email_state=state, email_due_at=None, emailed_at=timezone.now() if state is Mail.SENT else None)


def _update(rows: Sequence[Notification], **values: Any) -> None:
    """The rows while they are still ours: not one whose lease ended, and which somebody else took."""
    by_tries = sorted(rows, key=attrgetter("email_attempts"))
    for tries, same in groupby(by_tries, key=attrgetter("email_attempts")):
        keys = [row.pk for row in same]
        ours = Notification.objects.filter(pk__in=keys, email_state=Mail.PENDING, email_attempts=tries)
        ours.update(**values)


class _Connection:
    """One conversation with the mail server for many mails, begun with the first."""

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None
        self._mails = 0

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def ready(self) -> BaseEmailBackend:
        """Open; raises OSError (of which smtplib's errors are some) when the mail server does not answer."""
        if self._mails >= PER_CONNECTION:
            self._close()
        if self._backend is None:
            backend = get_connection()
            backend.open()
            self._backend, self._mails = backend, 0
        self._mails += 1
        return self._backend

    def _close(self) -> None:
        if self._backend is not None:
            backend, self._backend = self._backend, None
            backend.close()
