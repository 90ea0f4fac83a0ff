"""`manage.py evaluate_ratings`: how well the rating and plainer systems predict the races of a file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from simlane.ratings.evaluation import EARLIER_STARTS, FITTED, evaluate
from simlane.ratings.races import RaceFileError, Races, read
from simlane.sim.errors import Refused
from simlane.sim.identity.names import printable


class Command(BaseCommand):
    help = (
        "Replays the races of a CSV (race,year,position,finished,drivers) in order and says how well each system "
        "predicts who is ahead: docs/ratings.md. Needs no database."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="several drivers of a car are separated by |")
        parser.add_argument("--json", action="store_true", dest="as_json", help="a JSON list of objects, one a system")

    def handle(self, *args: Any, file: Path, as_json: bool, **options: Any) -> None:
        try:
            races = self._read(file)
            measured = evaluate(races)
        except (RaceFileError, Refused) as refusal:
            raise CommandError(printable(f"{file}: {refusal}")) from None
        for warning in races.warnings:
            self.stderr.write(printable(f"{file}: {warning}"))
        if as_json:
            self.stdout.write(json.dumps([asdict(each) for each in measured], indent=1))
            return
        self.stdout.write(
            f"{len(races.races):,} races, {len(races.drivers):,} drivers; {races.finish_rate:.1%} of the starts "
            "finished, the others are left out of skill."
        )
        self.stdout.write(
            f"Scale fitted on the first {FITTED:.0%}, tested on the rest; drivers with {EARLIER_STARTS} earlier starts."
        )
        self.stdout.write(f"{'system':34} {'accuracy':>8} {'log-loss':>8} {'pairs':>10}")
        for each in measured:
            mark = "  chosen" if each.chosen else ""
            self.stdout.write(f"{each.system:34} {each.accuracy:8.2%} {each.log_loss:8.4f} {each.pairs:10,}{mark}")

    def _read(self, file: Path) -> Races:
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                return read(lines)
        except OSError as error:
            raise CommandError(printable(f"{file}: cannot be read ({error.strerror}).")) from None
