"""Keeping aside what an older schema cannot hold: going back copies it, going forward again restores it.

A kept copy is a plain table `kept_<table>` outside Django's state, so that it survives at any older schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import DO_NOTHING


def kept_table(table: str, *parts: str) -> str:
    """The name of the copy, within PostgreSQL's 63 bytes."""
    return "_".join(("kept", table, *parts))[:63]


def exists(editor: BaseDatabaseSchemaEditor, table: str) -> bool:
    with editor.connection.cursor() as cursor:
        return table in editor.connection.introspection.table_names(cursor)


def columns_of(editor: BaseDatabaseSchemaEditor, table: str) -> list[str]:
    with editor.connection.cursor() as cursor:
        return [column.name for column in editor.connection.introspection.get_table_description(cursor, table)]


def check_now(editor: BaseDatabaseSchemaEditor) -> None:
    """A deferred foreign key check of rows changed before would stop PostgreSQL from altering their table."""
    if editor.connection.vendor == "postgresql":
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        editor.execute("SET CONSTRAINTS ALL DEFERRED")


def forget(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Ends every kept copy: without the tables of the old model there is nothing left to put them back into."""
    with editor.connection.cursor() as cursor:
        tables = editor.connection.introspection.table_names(cursor)
    for table in tables:
        if table.startswith(("kept_sim_", "kept_results_")):
            editor.execute(f"DROP TABLE {editor.quote_name(table)}")


def keep(editor: BaseDatabaseSchemaEditor, table: str, kept: str, columns: Sequence[str], key: str) -> None:
    """Copies `columns` of every row of `table` into the table `kept`; one statement, whatever the size."""
    names = ", ".join(map(editor.quote_name, columns))
    check_now(editor)
    rows = f"SELECT {names} FROM {editor.quote_name(table)}"
    index = editor.quote_name(f"{kept[:58]}_key")
    if exists(editor, kept):
        # What an earlier way forward could not put back: out of the way, since new rows may have the same keys.
        aside = next(name for number in count(1) if not exists(editor, name := f"{kept[:60]}_{number}"))
        editor.execute(f"DROP INDEX {index}")
        editor.execute(f"ALTER TABLE {editor.quote_name(kept)} RENAME TO {editor.quote_name(aside)}")
    editor.execute(f"CREATE TABLE {editor.quote_name(kept)} AS {rows}")
    editor.execute(f"CREATE UNIQUE INDEX {index} ON {editor.quote_name(kept)} ({editor.quote_name(key)})")


def drop_if_empty(editor: BaseDatabaseSchemaEditor, kept: str) -> None:
    """Ends a kept copy; what could not be put back stays in it, for a person to look at."""
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {editor.quote_name(kept)})")
        (rows_left,) = cursor.fetchone()
    if not rows_left:
        editor.execute(f"DROP TABLE {editor.quote_name(kept)}")


def restore_rows(editor: BaseDatabaseSchemaEditor, model: Any) -> None:
    """Puts kept rows of a whole table back; a row whose other end has gone meanwhile stays kept aside."""
    table = model._meta.db_table
    kept = kept_table(table)
    if not exists(editor, kept):
        return
    q = editor.quote_name
    available = set(columns_of(editor, kept))
    values: dict[str, str] = {}
    required = []
    for field in model._meta.local_concrete_fields:
        if field.column not in available:
            continue
        values[q(field.column)] = f"k.{q(field.column)}"
        if field.remote_field:
            if field.remote_field.on_delete is DO_NOTHING and not field.db_constraint:
                # It outlives what it names.
                continue
            there = _target_exists(editor, field)
            if field.null:
                values[q(field.column)] = f"CASE WHEN {there} THEN k.{q(field.column)} END"
            else:
                required.append(there)
    where = " AND ".join(required) or "1 = 1"
    editor.execute(
        f"INSERT INTO {q(table)} ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM {q(kept)} k WHERE {where}"
    )
    key = q(model._meta.pk.column)
    editor.execute(f"DELETE FROM {q(kept)} WHERE {key} IN (SELECT {key} FROM {q(table)})")
    drop_if_empty(editor, kept)
    if editor.connection.features.supports_sequence_reset:
        for sql in editor.connection.ops.sequence_reset_sql(no_style(), [model]):
            editor.execute(sql)


def _target_exists(editor: BaseDatabaseSchemaEditor, field: Any) -> str:
    """Whether the row that a kept copy `k` points at with a foreign key is still there."""
    target, q = field.related_model._meta, editor.quote_name
    return f"EXISTS (SELECT 1 FROM {q(target.db_table)} t WHERE t.{q(target.pk.column)} = k.{q(field.column)})"


def restore_columns(editor: BaseDatabaseSchemaEditor, model: Any, fields: Sequence[str]) -> None:
    """Puts kept columns back into the rows that are still there."""
    table = model._meta.db_table
    chosen = [model._meta.get_field(name) for name in fields]
    kept = kept_table(table, chosen[0].column)
    if not exists(editor, kept):
        return
    q = editor.quote_name
    key = q(model._meta.pk.column)
    values = {q(field.column): f"k.{q(field.column)}" for field in chosen}
    for field in chosen:
        if field.remote_field:
            values[q(field.column)] = f"CASE WHEN {_target_exists(editor, field)} THEN k.{q(field.column)} END"
    assignments = ", ".join(f"{column} = {value}" for column, value in values.items())
    editor.execute(f"UPDATE {q(table)} SET {assignments} FROM {q(kept)} k WHERE k.{key} = {q(table)}.{key}")
    editor.execute(f"DROP TABLE {q(kept)}")


class Keep(Operation):
    """Stands after what it keeps: `Keep("entry")` a whole new table, `Keep("event", ["series"])` new columns."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, model_name: str, fields: Sequence[str] = ()) -> None:
        self.model_name = model_name
        self.fields = list(fields)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The kept copy is no part of the state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.fields:
            restore_columns(schema_editor, model, self.fields)
        else:
            restore_rows(schema_editor, model)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model: Any = from_state.apps.get_model(app_label, self.model_name)
        meta = model._meta
        if self.fields:
            columns = [meta.get_field(name).column for name in self.fields]
            keep(
                schema_editor,
                meta.db_table,
                kept_table(meta.db_table, columns[0]),
                [meta.pk.column, *columns],
                meta.pk.column,
            )
        else:
            columns = [field.column for field in meta.local_concrete_fields]
            keep(schema_editor, meta.db_table, kept_table(meta.db_table), columns, meta.pk.column)

    def describe(self) -> str:
        return f"Keeps {', '.join(self.fields) or 'the rows'} of {self.model_name} over a way back"
