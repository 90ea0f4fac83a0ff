"""Puts the findings of `upgrade_profiles plan` together; reads only."""

from __future__ import annotations

from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from simlane.upgrade import grants, schema
from simlane.upgrade.plan import dependents, estimates, rows, server
from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.state import State, pending, position


def collect(*, backup: bool = True, directory: Path | None = None) -> Facts:
    """Reads everything; changes nothing. Without `backup` it does not look whether one can be made in `directory`."""
    where = position()
    to_come = pending()
    found = Facts(where.state.value, where.state.sentence, [f"{app}.{name}" for app, name in to_come])
    if where.state is State.EMPTY:
        return found
    upgrading = where.state in {State.LEGACY, State.UPGRADING}
    if where.state is State.LEGACY:
        found.differences = schema.differences(connection, to_come)
    if not found.differences:
        rows.count(connection, found)
        if where.state is State.LEGACY:
            rows.identifiers(connection, found)
            rows.simulators(connection, found)
        estimates.durations(found)
        if upgrading:
            estimates.room(found, backup=backup and where.state is State.LEGACY, directory=directory)
    if upgrading and connection.vendor == "postgresql":
        server.look(found, changed_tables(to_come), backup=backup and where.state is State.LEGACY)
        dependents.look(found)
        found.grants = grants.granted(connection)
        of_roles, stopping = grants.notes(connection)
        found.warnings += of_roles
        found.hindrances += stopping
    elif upgrading:
        found.warnings.append("SQLite has one writer: stop the site, run the upgrade, start the new release.")
    return found


def changed_tables(migrations: list[tuple[str, str]]) -> list[str]:
    """The tables of every application that has migrations to come: some of these alter them."""
    loader = MigrationLoader(connection)
    known = [key for key in loader.applied_migrations if key in loader.graph.nodes]
    apps = {app for app, _ in migrations}
    models = loader.project_state(known).apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.app_label in apps} | set(dependents.CHANGED))
