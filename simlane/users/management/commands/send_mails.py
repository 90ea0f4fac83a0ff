"""`manage.py send_mails`: the e-mails that are due, for cron where no worker runs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from simlane.users import mail_retry
from simlane.users.models import Notification
from simlane.users.notifications import delivery
from simlane.web.progress import Counter


class Command(BaseCommand):
    help = (
        "Sends the e-mails that are due. What cannot be sent stays and is tried again, later each "
        "time. Exit status 1 when the mail server does not answer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--given-up", action="store_true", help="also those that were given up after days of trying, from the start"
        )

    def handle(self, *args: Any, given_up: bool, **options: Any) -> None:
        if given_up:
            self.stdout.write(f"{delivery.retry_given_up()} that were given up are due again.")
        mail_retry.send_waiting()
        with Counter(self.stdout, "mails", delivery.due().count()) as counter:
            done = delivery.deliver(progress=lambda now: counter(now.sent + now.unwanted + now.failed + now.given_up))
        left = Notification.objects.filter(email_state=Notification.Mail.PENDING).count()
        self.stdout.write(f"{done.sent} sent, {done.unwanted} not wanted, {left} wait, {done.given_up} given up.")
        if done.stopped:
            self.stderr.write(f"The mail server fails ({done.stopped}): see EMAIL_URL. Nothing is lost; try again.")
            sys.exit(1)
