"""`manage.py worker`: does the jobs that the site leaves to it, sends the mails that are due, and the daily work."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections

from simlane.config import reporting, serving
from simlane.leagues import uploads
from simlane.users import daily, mail_retry
from simlane.users.notifications import delivery

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Does the site's jobs until SIGTERM or Ctrl-C, which end it after what it is doing. Several do no harm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, and end")
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between two looks (default: 1)")
        parser.add_argument(
            "--sweep", type=float, default=30.0, help="seconds between two looks at mails and daily work (default: 30)"
        )

    def handle(self, *args: Any, once: bool, interval: float, sweep: float, **options: Any) -> None:
        if settings.JOBS != "database":
            raise CommandError("Jobs are done at once here. Set JOBS=database for the site and the worker.")
        serving.check_migrated()
        reporting.start()
        loop = Loop(interval=interval, sweep=sweep)
        if once:
            loop.turn()
            return
        signal.signal(signal.SIGTERM, loop.stop)
        signal.signal(signal.SIGINT, loop.stop)
        self.stdout.write("The worker does the site's jobs  (Ctrl-C ends it)")
        self.stdout.flush()
        loop.run()


class Loop:
    """Waiting jobs first, by django-tasks-db's worker, one pass at a time; then due mails and daily jobs."""

    def __init__(self, *, interval: float, sweep: float) -> None:
        self._interval, self._sweep = interval, sweep
        self._swept: float | None = None
        self._stopping = False
        self._worker = mail_retry.worker("default")

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Ends after the job it is at; a second time at once."""
        if self._stopping:
            raise SystemExit(1)
        self._stopping = True
        self._worker.running = False

    def run(self) -> None:
        while not self._stopping:
            try:
                self.turn()
            except DatabaseError:
                # It comes back, and everything that is due is still in it.
                logger.exception("worker: the database failed")
            until = time.monotonic() + self._interval
            while not self._stopping and (left := until - time.monotonic()) > 0:
                time.sleep(min(left, 0.2))

    def turn(self) -> None:
        """The jobs that wait, and now and then mails that are due (again) and daily work."""
        close_old_connections()
        self._worker.run()
        # Somebody waits for the link in such a mail.
        mail_retry.send_waiting()
        if self._stopping or (self._swept is not None and time.monotonic() - self._swept < self._sweep):
            return
        self._swept = time.monotonic()
        daily.run_due()
        # Somebody waits for it, whose worker died.
        uploads.go_on_with_all()
        done = delivery.deliver(go_on=lambda: not self._stopping)
        if done.stopped:
            logger.warning("worker: the mail server fails (%s), mails wait", done.stopped)
