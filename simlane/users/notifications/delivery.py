"""Sending the e-mails of notifications: each row is leased, sent and marked as sent, or retried later.

A lease is one UPDATE that sets the row's next try to the lease's end, so only one of two workers gets it. A worker
that dies after the mail server accepted the mail leaves the row due after the lease: that mail may be sent twice, with
the same Message-ID, and is never lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, QuerySet
from django.utils import timezone
from django_tasks import task

from simlane.users.mail_retry import PAUSES
from simlane.users.models import Notification
from simlane.users.notifications.groups import choices, wants
from simlane.users.notifications.mails import address, mail

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

    `stopped` names the error of a mail server that does not answer: the other due mails stay due.
    """

    sent: int = 0
    unwanted: int = 0
    failed: int = 0
    given_up: int = 0
    stopped: str = ""


@task()
def deliver_mails(keys: list[int]) -> None:
    """Sends the e-mails of these notifications."""
    deliver(keys)


def enqueue(keys: Sequence[int]) -> None:
    """Makes it a job, for a worker or (JOBS=immediate) to be done here and now; a failure is no error."""
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
        for key in _due_keys(keys):
            if _lease(key):
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


def _due_keys(keys: Sequence[int] | None) -> Iterator[int]:
    # A row that was tried is not due before its pause is over, so each pass finds others.
    while batch := list(due(keys).order_by("email_due_at", "pk").values_list("pk", flat=True)[:BATCH]):
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
    try:
        to = address(row.user)
        if not to or not wants(choices([row.user_id]), row.user_id, row.kind):
            _mark(row, Mail.NONE)
            done.unwanted += 1
            return
        if (free_at := _free_at(row.user_id)) is not None:
            # Nothing is lost, and nobody's post box is filled.
            _mine(row).update(email_due_at=free_at, email_attempts=F("email_attempts") - 1)
            return
        message = mail(row, to)
        message.connection = connection.ready()
        message.send()
    except Exception as error:
        _put_off(row, error, done)
        if isinstance(error, OSError) and not isinstance(error, OF_ONE_MAIL):
            done.stopped = type(error).__name__
    else:
        _mark(row, Mail.SENT)
        done.sent += 1


def _free_at(account: int) -> datetime | None:
    """When the account may get its next mail; None: now."""
    since = timezone.now() - HOUR
    sent = Notification.objects.filter(user=account, emailed_at__gt=since).order_by("-emailed_at")
    times = list(sent.values_list("emailed_at", flat=True)[: settings.MAILS_AN_HOUR])
    return times[-1] + HOUR if len(times) == settings.MAILS_AN_HOUR and times[-1] else None


def _put_off(row: Notification, error: Exception, done: Delivered) -> None:
    """Retry after the next pause; after the last one give up."""
    # The mail server's answer may hold an address: only its number is for the log.
    what = f"{type(error).__name__} {getattr(error, 'smtp_code', '') or getattr(error, 'errno', '') or ''}".strip()
    if row.email_attempts > len(BACKOFF):
        _mark(row, Mail.GIVEN_UP)
        done.given_up += 1
        logger.error("mail of notification %s given up after %s tries: %s", row.pk, row.email_attempts, what)
        return
    pause = BACKOFF[row.email_attempts - 1]
    _mine(row).update(email_due_at=timezone.now() + pause)
    done.failed += 1
    logger.warning("mail of notification %s not sent, again in %s: %s", row.pk, pause, what)


def _mark(row: Notification, state: Mail) -> None:
    _mine(row).update(email_state=state, email_due_at=None, emailed_at=timezone.now() if state is Mail.SENT else None)


def _mine(row: Notification) -> QuerySet[Notification]:
    """The row while it is still ours: not when the lease ended and somebody else took it."""
    return Notification.objects.filter(pk=row.pk, email_state=Mail.PENDING, email_attempts=row.email_attempts)


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
