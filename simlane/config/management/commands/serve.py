"""Serve the site with the application server, after checking that it can work."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from simlane.config import serving


class Command(BaseCommand):
    help = "Serve the site on HOST and PORT, with WEB_WORKERS processes of WEB_THREADS threads."
    # Warnings about the code are for those who change it; what stops a start is checked below.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--allow-pending-migrations",
            action="store_true",
            help="serve although migrations are not applied: between the steps of an upgrade",
        )

    def handle(self, *, allow_pending_migrations: bool, **options: Any) -> None:
        host, port = serving.listen_address()
        listener = serving.bind(host, port)
        serving.server_size()
        serving.check_database()
        if not allow_pending_migrations:
            serving.check_migrated()
        serving.check_static_files()
        serving.listen(listener, host, port)
        self.stdout.write(f"SimLane serves {serving.address(host, port)}")
        allowed = list(settings.ALLOWED_HOSTS)
        if "ALLOWED_HOSTS" not in os.environ:
            allowed += serving.names(host)
        serving.serve(listener, allowed)
