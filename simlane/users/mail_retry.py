"""The outbox of mails about an account itself (confirm an address, set a password): sent soon, and tried again.

No request waits for a mail server. Such a mail holds a link that lets in anybody who has it, so it is kept only until
it is sent or given up: as a job in the database, whatever JOBS says.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus, task
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger(__name__)

#: Between the tries of one mail. The link in it ends after three days, as the tries do.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440)]
#: A try takes seconds: a worker that has not finished one in this time is dead.
LEASE = timedelta(minutes=15)
BACKEND = "later"


def send(message: EmailMessage) -> None:
    """Keep the mail until it is sent; `mail_thread.send_soon` has it sent."""
    send_late.enqueue(_packed(message), 0)


@task(backend=BACKEND)
def send_late(message: dict[str, Any], tried: int) -> None:
    """Try; while that fails, wait for the next and longer pause."""
    _send(_unpacked(message), tried)


def send_waiting() -> None:
    """Send the mails whose pause is over; safe to run in several processes at once."""
    left = DBTaskResult.objects.filter(backend_name=BACKEND, status=TaskResultStatus.RUNNING)
    left.filter(started_at__lt=timezone.now() - LEASE).update(status=TaskResultStatus.READY)
    worker(BACKEND).run()
    # A mail that was sent must not keep its link in the database.
    DBTaskResult.objects.filter(backend_name=BACKEND, status=TaskResultStatus.SUCCESSFUL).delete()


def worker(backend: str) -> Worker:
    """django-tasks-db's worker for one backend: `run` does the jobs that are due, and ends."""
    return Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name=backend,
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )


def forget_waiting(addresses: Iterable[str]) -> None:
    """Delete every kept mail to one of these addresses."""
    to = {address.casefold() for address in addresses if address}
    rows = DBTaskResult.objects.filter(backend_name=BACKEND).values_list("pk", "args_kwargs")
    gone = [key for key, given in rows if to & {address.casefold() for address in given["args"][0]["to"]}]
    DBTaskResult.objects.filter(pk__in=gone).delete()


def _send(message: EmailMessage, tried: int) -> None:
    try:
        message.send()
    except OSError as error:
        # smtplib's errors are OSErrors too.
        _put_off(message, tried, error)


def _put_off(message: EmailMessage, tried: int, error: OSError) -> None:
    if tried >= len(PAUSES):
        logger.error("an account's mail given up after %s tries: %s", tried + 1, type(error).__name__)
        return
    logger.warning("an account's mail not sent, again in %s: %s", PAUSES[tried], type(error).__name__)
    send_late.using(run_after=timezone.now() + PAUSES[tried]).enqueue(_packed(message), tried + 1)


def _packed(message: EmailMessage) -> dict[str, Any]:
    html = [str(content) for content, _ in getattr(message, "alternatives", [])]
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "html": html[0] if html else "",
        "from_email": message.from_email,
        "to": list(message.to),
        "headers": dict(message.extra_headers),
    }


def _unpacked(packed: dict[str, Any]) -> EmailMultiAlternatives:
    html = packed["html"]
    message = EmailMultiAlternatives(**{name: value for name, value in packed.items() if name != "html"})
    if html:
        message.attach_alternative(html, "text/html")
    return message
