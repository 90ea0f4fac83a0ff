"""Mails about an account itself (confirm an address, set a password): sent at once, or later when the server is down.

They hold links that let in whoever has them, so they are kept only while they wait: as jobs in the database, whatever
JOBS says. A request that cannot send one does not fail.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus, task
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger(__name__)

#: Such links end after three days.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440)]
#: A try takes some seconds: whoever tried for so long has died of it.
LEASE = timedelta(minutes=15)
BACKEND = "later"


class AccountAdapter(DefaultAccountAdapter):
    """allauth's own, whose mails break no request."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends a mail, or leaves it to wait."""
        request = allauth_context.request
        about = {"request": request, "email": email, "current_site": get_current_site(request)}
        message = self.render_mail(template_prefix, email, about | context)
        try:
            message.send()
        except OSError as error:
            # Of which smtplib's errors are some.
            _wait(_packed(message), 0, error)


@task(backend=BACKEND)
def send_late(message: dict[str, Any], tried: int) -> None:
    """One more try; while it fails there is another one, after a longer pause."""
    try:
        _unpacked(message).send()
    except OSError as error:
        _wait(message, tried, error)


def send_waiting() -> None:
    """Tries the mails whose pause is over. For the worker and `send_mails`; several at once do no harm."""
    left = DBTaskResult.objects.filter(backend_name=BACKEND, status=TaskResultStatus.RUNNING)
    left.filter(started_at__lt=timezone.now() - LEASE).update(status=TaskResultStatus.READY)
    Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name=BACKEND,
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    ).run()
    # The links in what was sent should not lie about.
    DBTaskResult.objects.filter(backend_name=BACKEND, status=TaskResultStatus.SUCCESSFUL).delete()


def forget_waiting(addresses: Iterable[str]) -> None:
    """Deletes the mails to these addresses, whatever became of them."""
    to = {address.casefold() for address in addresses if address}
    rows = DBTaskResult.objects.filter(backend_name=BACKEND).values_list("pk", "args_kwargs")
    gone = [key for key, given in rows if to & {address.casefold() for address in given["args"][0]["to"]}]
    DBTaskResult.objects.filter(pk__in=gone).delete()


def _wait(message: dict[str, Any], tried: int, error: OSError) -> None:
    if tried >= len(PAUSES):
        logger.error("an account's mail given up after %s tries: %s", tried + 1, type(error).__name__)
        return
    logger.warning("an account's mail not sent, again in %s: %s", PAUSES[tried], type(error).__name__)
    send_late.using(run_after=timezone.now() + PAUSES[tried]).enqueue(message, tried + 1)


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
