"""`manage.py lapse_links`: for cron, once a day, where no worker runs."""

from typing import Any

from django.core.management.base import BaseCommand

from simlane.sim.ownership import lapsing


class Command(BaseCommand):
    help = (
        "Reminds the owners of links that nobody has proved, ends links that are due, and forgets expired codes. Once "
        "a day, where no worker runs; more often does no harm."
    )

    def handle(self, **options: Any) -> None:
        done = lapsing.run_daily()
        self.stdout.write(f"{done.reminded} reminded, {done.lapsed} ended, {done.codes} expired codes forgotten.")
