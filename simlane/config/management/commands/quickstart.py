"""From a fresh tree to a served site: what `make run` runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import DatabaseError

from simlane.config import serving
from simlane.config.environment import text


class Command(BaseCommand):
    help = "Migrate, import the demo results and those that RESULTS names, and serve the site."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        # Everything that can be refused is refused before anything is changed.
        host, port = serving.listen_address()
        listener = serving.bind(host, port)
        serving.server_size()
        results = own_results()
        serving.check_database()

        self.stdout.write("Preparing the database ...")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise ImproperlyConfigured(f"the database cannot be prepared ({reason}).") from error
        self.stdout.write("Importing the demo results ...")
        self.import_results([settings.BASE_DIR / "demo"])
        if results:
            self.stdout.write("Importing your results ...")
            self.import_results(results)
        call_command("collectstatic", verbosity=0, interactive=False)

        serving.listen(listener, host, port)
        self.stdout.write(f"\nSimLane serves {serving.address(host, port)}  (Ctrl-C ends it)")
        call_command("demo_member", stdout=self.stdout)
        serving.serve(listener, [*settings.ALLOWED_HOSTS, *serving.names(host)])

    def import_results(self, paths: list[Path]) -> None:
        """A file that cannot be read is reported, and the site is served all the same."""
        try:
            call_command("import_results", *map(str, paths), stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            self.stderr.write(str(error))
        except SystemExit as end:
            if end.code not in (0, 1):
                raise


def own_results() -> list[Path]:
    """The files and directories that `RESULTS` names, separated by spaces."""
    if "RESULTS" not in os.environ:
        return []
    value = text("RESULTS", "")
    # A single path may hold spaces.
    paths = [Path(value)] if Path(value).exists() else [Path(part) for part in value.split()]
    for path in paths:
        if not path.exists():
            raise ImproperlyConfigured(f"RESULTS names {str(path)!r}, which does not exist.")
    return paths
