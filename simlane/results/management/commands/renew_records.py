"""`manage.py renew_records`: the records of tracks made anew from the results that stand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from simlane.results.command_line import say
from simlane.results.following import renew_records
from simlane.sim.models import Event, TrackRecord


class Command(BaseCommand):
    help = (
        "Makes the records of tracks anew where they are not what the results say: after an upgrade during which an "
        "older release went on importing. Again does no harm."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        renew_records(Event.objects.filter(track__isnull=False))
        say(self.stdout, f"{TrackRecord.objects.count()} records.")
