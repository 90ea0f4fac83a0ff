"""Where no worker runs, a thread sends the mails that are due and ends: no request waits for a mail server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction

from simlane.users import mail_retry
from simlane.users.notifications import delivery

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_thread: threading.Thread | None = None
_more = False


def send_soon() -> None:
    """Send what is due, once the transaction is kept."""
    transaction.on_commit(_wake, robust=True)


def deliver_soon(keys: Sequence[int]) -> None:
    """Send these notifications' mails; call it when they are kept."""
    if settings.MAIL_THREAD:
        _wake()
    else:
        delivery.enqueue(keys)


def _wake() -> None:
    """One thread a process: what comes while it sends, it finds before it ends. After one that died comes another."""
    global _thread, _more
    if settings.JOBS == "database":
        # The worker looks for it each second.
        return
    if not settings.MAIL_THREAD:
        _send()
        return
    with _lock:
        _more = True
        if _thread is not None and _thread.is_alive():
            return
        # No daemon: a command that ends waits until its mails are out.
        _thread = threading.Thread(target=_send_all, name="mail")
        try:
            _thread.start()
        except RuntimeError as error:
            logger.error("mails wait for the next one: %s", error)


def _send_all() -> None:
    global _thread, _more
    while True:
        with _lock:
            if not _more:
                _thread = None
                return
            _more = False
        try:
            _send()
        except Exception:
            logger.exception("mails could not be sent, and wait")
        finally:
            connection.close()


def _send() -> None:
    mail_retry.send_waiting()
    delivery.deliver()
