"""Django's `migrate`, which waits for another process that migrates the same database: an upgrade, a deployment."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from simlane.sim.legacy.recorded import one_at_a_time


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        # Before it looks what is to be done: of that nothing is left when the other one has done it.
        with one_at_a_time(connections[options["database"]]):
            super().handle(*args, **options)
