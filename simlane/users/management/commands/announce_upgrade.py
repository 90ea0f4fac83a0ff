"""`manage.py announce_upgrade`: tells every owner of a profile about the new model, once each."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from simlane.users.models import Notification
from simlane.users.notifications import announcing
from simlane.web.progress import Counter


class Command(BaseCommand):
    help = (
        "Tells every account with a linked profile about the upgrade: a notification, and an e-mail to those who want "
        "e-mails. Once each, however often it runs; interrupted, the same command goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many would be told and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        try:
            count = announcing.waiting().count()
            if dry_run:
                self.stdout.write(f"{count} accounts would be told. Nothing was changed.")
                return
            with Counter(self.stdout, "accounts", count) as counter:
                told = announcing.announce(counter)
        except KeyboardInterrupt:
            self.stderr.write("Stopped. Who was told stays told; start the same command again to go on behind them.")
            sys.exit(130)
        except DatabaseError as failure:
            raise CommandError(
                f"The database failed: {str(failure).splitlines()[0]}. Who was told stays told; start the same command "
                "again to go on behind them."
            ) from failure
        pending = Notification.objects.filter(email_state=Notification.Mail.PENDING).count()
        self.stdout.write(f"{told} accounts told, {pending} e-mails wait.")
        if pending:
            how = "The worker sends them." if settings.JOBS == "database" else "Next: manage.py send_mails."
            self.stdout.write(how)
