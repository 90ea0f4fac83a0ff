"""`manage.py recompute_ratings [--since DATE] [--resume]`: counts the ratings anew."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from simlane.ratings import counting, recomputing
from simlane.sim.errors import Refused
from simlane.web.progress import Counter


def _date(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date such as 2026-09-30") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


class Command(BaseCommand):
    help = (
        "Counts the ratings of all drivers anew, from the results as they are. Interrupted, --resume goes on; pages "
        "show the ratings that were there until a simulator's races are through."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--since", type=_date, metavar="DATE", help="only races from this date on (UTC), such as 2026-09-30"
        )
        which.add_argument("--resume", action="store_true", help="only what is still to be counted")

    def handle(self, *, since: datetime | None, resume: bool, **_: Any) -> None:
        try:
            if not resume:
                recomputing.begin(since)
            with Counter(self.stdout, "Races", counting.races_due()) as counter:
                caught = recomputing.catch_up(report=counter)
        except Refused as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted. recompute_ratings --resume goes on.", returncode=130) from None
        self.stdout.write(f"{caught.races:,} races counted.")
