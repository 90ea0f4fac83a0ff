"""The end of the dual write: the owner's column goes, and the triggers that kept it in step."""

from __future__ import annotations

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.fields import RemoveField
from django.db.migrations.state import ProjectState

from simlane.sim.legacy import dual_write, own_objects
from simlane.sim.legacy.online import has_column

TABLE, COLUMN = "sim_simprofile", "user_id"


def drop_owner(connection: BaseDatabaseWrapper) -> None:
    """Drops the column and ends the dual write, in one short transaction."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        # First, for the whole of it: the old release must not meet a half.
        cursor.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
        dual_write.stop(connection, for_good=True)
        own_objects.note_on_owner(connection)
        cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS {COLUMN}")
        dual_write.release(connection)


class RemoveOwner(RemoveField):
    """RemoveField of the owner; while the contract is held, the column stays and only the models lose it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql" or schema_editor.collect_sql:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif not dual_write.is_held(schema_editor.connection):
            drop_owner(schema_editor.connection)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql" or schema_editor.collect_sql:
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        if not has_column(schema_editor, TABLE, COLUMN):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        dual_write.release(schema_editor.connection)
        dual_write.make_functions(schema_editor.connection)
        dual_write.start(schema_editor.connection)
        dual_write.open_to_both(schema_editor.connection)
