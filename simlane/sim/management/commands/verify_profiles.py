"""Whether every profile keeps the rules; for operators, before and after an upgrade, and for monitoring."""

from __future__ import annotations

import json
import sys
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from simlane.sim.integrity import findings
from simlane.sim.models import SimProfile


class Command(BaseCommand):
    help = "Check every rule on every profile: counts, the first offending ids, and exit status 1 if any is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON object instead of lines")

    def handle(self, **options: Any) -> None:
        started = perf_counter()
        found = []
        for finding in findings():
            found.append(finding)
            if options["json"]:
                continue
            if finding.count:
                self.stdout.write(self.style.ERROR(f"BROKEN {finding.check}: {finding.count:,}. {finding.rule}"))
                self.stdout.write(f"       first: {', '.join(finding.first)}")
            else:
                self.stdout.write(f"ok     {finding.check}: {finding.rule}")
        broken = [finding for finding in found if finding.count]
        profiles = SimProfile.objects.count()
        if options["json"]:
            checks = [
                {"check": each.check, "rule": each.rule, "broken": each.count, "first": list(each.first)}
                for each in found
            ]
            self.stdout.write(json.dumps({"ok": not broken, "profiles": profiles, "checks": checks}, indent=1))
        else:
            outcome = f"{len(broken)} of {len(found)} checks found broken rows" if broken else "every rule holds"
            self.stdout.write(f"{profiles:,} profiles, {perf_counter() - started:.1f} s: {outcome}.")
        if broken:
            sys.exit(1)
