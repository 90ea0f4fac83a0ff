"""Where an install is between the old model and the new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max

from simlane.sim.legacy import dual_write
from simlane.sim.models import OldReleaseWrite

LEGACY = "0008_alter_event_event_source"
EXPAND, BACKFILL, UNIQUE, CONTRACT = (
    "0009_add_profile_fields",
    "0010_migrate_profile_data",
    "0011_add_unique_constraint",
    "0012_remove_user",
)
TABLE = "sim_simprofile"


class State(StrEnum):
    """The states in order; `sentence` says them to a person."""

    EMPTY = "empty"
    LEGACY = "legacy"
    UPGRADING = "upgrading"
    DUAL_WRITE = "window"
    NEW = "new"

    @property
    def sentence(self) -> str:
        return {
            State.EMPTY: "This database has no profiles yet: nothing has to be upgraded.",
            State.LEGACY: "The old model: a profile belongs to a user.",
            State.UPGRADING: "Between the models: the old release serves; upgrade_profiles run goes on.",
            State.DUAL_WRITE: "Both releases can serve: deploy the new one, then upgrade_profiles run --contract.",
            State.NEW: "The new model: the old release cannot serve any more.",
        }[self]


@dataclass(frozen=True, slots=True)
class Position:
    """What the database itself says."""

    state: State
    #: Applied migrations of `sim` from 0009 on.
    applied: tuple[str, ...]
    has_owner_column: bool
    held: bool
    #: When the old release was last seen writing, since the expand.
    old_release_seen_at: datetime | None


def position() -> Position:
    """Reads it; changes nothing."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        columns = (
            {column.name for column in connection.introspection.get_table_description(cursor, TABLE)}
            if TABLE in tables
            else set()
        )
    seen_at = None
    if OldReleaseWrite._meta.db_table in tables:
        seen_at = OldReleaseWrite.objects.aggregate(last=Max("seen_at"))["last"]
    recorded = set(MigrationRecorder(connection).applied_migrations()) if "django_migrations" in tables else set()
    applied = tuple(sorted(name for app, name in recorded if app == "sim" and name >= EXPAND))
    has_owner = "user_id" in columns
    if not columns:
        state = State.EMPTY
    elif "linked_at" not in columns:
        state = State.LEGACY
    elif not has_owner and CONTRACT in applied:
        state = State.NEW
    elif CONTRACT in applied and not pending():
        state = State.DUAL_WRITE
    else:
        state = State.UPGRADING
    return Position(state, applied, has_owner, dual_write.is_held(connection), seen_at)


def pending() -> list[tuple[str, str]]:
    """The migrations, as app and name, that are not applied yet, in order."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]
