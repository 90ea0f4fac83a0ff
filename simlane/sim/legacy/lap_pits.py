"""Whether laps went through the pits, kept aside over a way back: see sim.legacy.preserving.

A lap is told by its entry and number, so by no one column as other rows are. Of most laps no file says it: those are
not copied.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from simlane.sim.legacy.preserving import check_now, exists, in_parts, kept_table, within

TABLE = "sim_lap"
KEPT = kept_table(TABLE, "pit")
_COPY = f"SELECT entry_id, number, pit FROM {TABLE} WHERE pit IS NOT NULL"
_SAME = f"{KEPT}.entry_id = {TABLE}.entry_id AND {KEPT}.number = {TABLE}.number"


class _OfPits(Operation):
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The kept copy is no part of the state."""

    def describe(self) -> str:
        return "Keeps over a way back which laps went through the pits"


class KeepPits(_OfPits):
    """Stands behind what makes the column, in the same migration: a way back copies it first."""

    reduces_to_sql = True

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """What is kept comes back by `RestorePits`."""

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        with transaction.atomic(schema_editor.connection.alias):
            check_now(schema_editor)
            if exists(schema_editor, KEPT):
                # A way forward was interrupted: what the laps say by now counts.
                schema_editor.execute(
                    f"DELETE FROM {KEPT} WHERE EXISTS (SELECT 1 FROM {TABLE} WHERE {_SAME} AND {TABLE}.pit IS NOT NULL)"
                )
                schema_editor.execute(f"INSERT INTO {KEPT} (entry_id, number, pit) {_COPY}")
                return
            schema_editor.execute(f"CREATE TABLE {KEPT} AS {_COPY}")
            schema_editor.execute(f"CREATE UNIQUE INDEX {KEPT}_key ON {KEPT} (entry_id, number)")


class RestorePits(_OfPits):
    """Puts back what `KeepPits` copied into the laps that are still there, in batches."""

    reduces_to_sql = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not exists(schema_editor, KEPT):
            return
        connection = schema_editor.connection

        def write(low: Any, high: Any) -> int:
            with connection.cursor() as cursor:
                part, parameters = within(f"{KEPT}.entry_id", low, high)
                cursor.execute(
                    f"UPDATE {TABLE} SET pit = {KEPT}.pit FROM {KEPT} WHERE {_SAME} AND {TABLE}.pit IS NULL AND {part}",
                    parameters,
                )
                rows = int(cursor.rowcount)
                part, parameters = within("entry_id", low, high)
                cursor.execute(f"DELETE FROM {KEPT} WHERE {part}", parameters)
                return rows

        in_parts(connection, KEPT, "entry_id", write)
        schema_editor.execute(f"DROP TABLE {KEPT}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """`KeepPits` copies it, whether this migration has ended or not."""
