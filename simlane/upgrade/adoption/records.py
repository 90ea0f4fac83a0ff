"""The rows of `django_migrations` that say the old release's schema is there."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from simlane.upgrade.adoption.acts import Act, literal
from simlane.upgrade.schema.expected import recorded


def acts(*, stops: bool) -> Iterator[Act]:
    """Adds what is missing up to sim.0008; what the install recorded of its own stays and does no harm."""
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = [key for key in recorded() if key not in applied]
    if missing:
        pairs = ", ".join(f"({literal(app)}, {literal(name)})" for app, name in missing)
        yield Act(
            "record the old release's migrations",
            (
                f"""INSERT INTO django_migrations (app, name, applied)
                SELECT app, name, now() FROM (VALUES {pairs}) AS missing (app, name)""",
            ),
            (f"DELETE FROM django_migrations WHERE (app, name) IN ({pairs})",),
            stops_old_release=stops,
        )
