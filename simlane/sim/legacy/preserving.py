"""Keeping aside what an older schema cannot hold: going back copies it, going forward again restores it in batches.

A kept copy is a plain table `kept_<table>` outside Django's state, so that it survives at any older schema. A row
leaves it in the transaction that puts it back: interrupted, the next way forward goes on behind it, and another way
back adds to it. What cannot be put back stays in `kept_<table>_1` for a person, or for `upgrade_profiles forget`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from django.apps.registry import Apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import DO_NOTHING

from simlane.sim.legacy.batches import Write, by_key, in_batches

OURS = ("kept_sim_", "kept_results_", "kept_leagues_", "kept_users_")


def kept_table(table: str, *parts: str) -> str:
    """The name of the copy, within PostgreSQL's 63 bytes."""
    return "_".join(("kept", table, *parts))[:63]


def kept_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """Every kept copy there is."""
    with connection.cursor() as cursor:
        return sorted(each for each in connection.introspection.table_names(cursor) if each.startswith(OURS))


def sizes(connection: BaseDatabaseWrapper) -> list[tuple[str, int, int | None]]:
    """Each kept copy with its rows, and its bytes where the database tells them."""
    found: list[tuple[str, int, int | None]] = []
    with connection.cursor() as cursor:
        for table in kept_tables(connection):
            size = f"pg_total_relation_size('{connection.ops.quote_name(table)}')"
            cursor.execute(
                f"SELECT COUNT(*), {size if connection.vendor == 'postgresql' else 'NULL'} "
                f"FROM {connection.ops.quote_name(table)}"
            )
            found.append((table, *cursor.fetchone()))
    return found


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


def forget(connection: BaseDatabaseWrapper) -> None:
    """Ends every kept copy."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for table in kept_tables(connection):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")


def forget_without_tables(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Without the tables of the old model there is nothing left to put the kept copies back into."""
    forget(editor.connection)


def keep(
    editor: BaseDatabaseSchemaEditor,
    table: str,
    kept: str,
    columns: Sequence[str],
    key: str,
    *,
    still_kept: str = "1 = 0",
) -> None:
    """Copies `columns` of every row of `table` into the table `kept`; one statement, whatever the size.

    When an interrupted way forward left some in it, the table's row counts, but for rows `t` that are `still_kept`.
    """
    q = editor.quote_name
    names = ", ".join(map(q, columns))
    check_now(editor)
    if not exists(editor, kept):
        editor.execute(f"CREATE TABLE {q(kept)} AS SELECT {names} FROM {q(table)}")
        editor.execute(f"CREATE UNIQUE INDEX {q(_index(kept))} ON {q(kept)} ({q(key)})")
        return
    editor.execute(
        f"DELETE FROM {q(kept)} WHERE EXISTS (SELECT 1 FROM {q(table)} t WHERE t.{q(key)} = {q(kept)}.{q(key)} "
        f"AND NOT ({still_kept}))"
    )
    editor.execute(
        f"INSERT INTO {q(kept)} ({names}) SELECT {names} FROM {q(table)} t "
        f"WHERE NOT EXISTS (SELECT 1 FROM {q(kept)} k WHERE k.{q(key)} = t.{q(key)})"
    )


def _index(kept: str) -> str:
    return f"{kept[:58]}_key"


def finish(editor: BaseDatabaseSchemaEditor, kept: str) -> None:
    """Ends a kept copy that has been put back; what could not be goes aside, for a person to look at.

    Out of the way, since the next way back makes a copy of that name, and new rows may have the same keys.
    """
    q = editor.quote_name
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {q(kept)})")
        (rows_left,) = cursor.fetchone()
    if not rows_left:
        editor.execute(f"DROP TABLE {q(kept)}")
        return
    aside = next(name for number in count(1) if not exists(editor, name := f"{kept[:60]}_{number}"))
    with transaction.atomic(editor.connection.alias):
        editor.execute(f"DROP INDEX IF EXISTS {q(_index(kept))}")
        editor.execute(f"ALTER TABLE {q(kept)} RENAME TO {q(aside)}")


def in_parts(connection: BaseDatabaseWrapper, kept: str, key: str, write: Write) -> None:
    """Calls `write` for ranges of a kept copy's keys, or for all at once where the migration is one transaction."""
    if connection.in_atomic_block:
        write(None, None)
    else:
        in_batches(connection, kept, by_key(connection, kept, key), write)


def within(column: str, low: Any, high: Any) -> tuple[str, list[Any]]:
    """A condition for the keys behind `low` and up to `high`, with its parameters."""
    ends = {f"{column} > %s": low, f"{column} <= %s": high}
    given = {condition: key for condition, key in ends.items() if key is not None}
    return " AND ".join(given) or "1 = 1", list(given.values())


def restore_rows(editor: BaseDatabaseSchemaEditor, model: Any, unique: Sequence[str] = ()) -> None:
    """Puts kept rows of a whole table back; a row whose other end has gone meanwhile stays kept aside.

    Of two rows with the same values in the fields `unique` the one that is there stays.
    """
    table, connection = model._meta.db_table, editor.connection
    kept = kept_table(table)
    if not exists(editor, kept):
        return
    q, own_key = editor.quote_name, model._meta.pk.column
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
    same = [model._meta.get_field(name).column for name in unique] or [own_key]
    alike = " AND ".join(f"t.{q(column)} = k.{q(column)}" for column in same)
    there = f"EXISTS (SELECT 1 FROM {q(table)} t WHERE {alike})"
    ways = [(values, required)]
    if unique:
        # A row that a trigger wrote meanwhile may have the number.
        ways.append(
            ({name: value for name, value in values.items() if name != q(own_key)}, [*required, f"NOT {there}"])
        )

    def write(low: Any, high: Any) -> int:
        part, parameters = within(f"k.{q(own_key)}", low, high)
        with connection.cursor() as cursor:
            for chosen, conditions in ways:
                cursor.execute(
                    f"INSERT INTO {q(table)} ({', '.join(chosen)}) SELECT {', '.join(chosen.values())} "
                    f"FROM {q(kept)} k WHERE {' AND '.join([part, *conditions])} ON CONFLICT DO NOTHING",
                    parameters,
                )
            cursor.execute(f"DELETE FROM {q(kept)} AS k WHERE {part} AND {there}", parameters)
            return int(cursor.rowcount)

    _number_behind(editor, model, kept)
    in_parts(connection, kept, own_key, write)
    finish(editor, kept)


def _number_behind(editor: BaseDatabaseSchemaEditor, model: Any, kept: str) -> None:
    """New rows are numbered behind the kept ones, which then find their own numbers free."""
    q, key = editor.quote_name, model._meta.pk.column
    if editor.connection.vendor == "postgresql" and model._meta.auto_field:
        sequence = f"pg_get_serial_sequence('{q(model._meta.db_table)}', '{key}')"
        editor.execute(
            f"SELECT setval({sequence}, highest) FROM (SELECT max({q(key)}) AS highest FROM {q(kept)}) AS found "
            f"WHERE highest > COALESCE(pg_sequence_last_value({sequence}::regclass), 0)"
        )


def _target_exists(editor: BaseDatabaseSchemaEditor, field: Any) -> str:
    """Whether the row that a kept copy `k` points at with a foreign key is still there."""
    target, q = field.related_model._meta, editor.quote_name
    return f"EXISTS (SELECT 1 FROM {q(target.db_table)} t WHERE t.{q(target.pk.column)} = k.{q(field.column)})"


def restore_columns(editor: BaseDatabaseSchemaEditor, model: Any, fields: Sequence[str], current: str = "") -> None:
    """Puts kept columns back into the rows that are still there; a value in the field `current` stays."""
    table, connection = model._meta.db_table, editor.connection
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
        elif field.name == current:
            values[q(field.column)] = f"COALESCE(NULLIF({q(table)}.{q(field.column)}, ''), k.{q(field.column)})"
    assignments = ", ".join(f"{column} = {value}" for column, value in values.items())

    def write(low: Any, high: Any) -> int:
        part, parameters = within(f"k.{key}", low, high)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {q(table)} SET {assignments} FROM {q(kept)} k WHERE k.{key} = {q(table)}.{key} AND {part}",
                parameters,
            )
            rows = int(cursor.rowcount)
            part, parameters = within(key, low, high)
            cursor.execute(f"DELETE FROM {q(kept)} WHERE {part}", parameters)
            return rows

    in_parts(connection, kept, model._meta.pk.column, write)
    editor.execute(f"DROP TABLE {q(kept)}")


class _Preserved(Operation):
    """`("entry")` is a whole new table, `("event", ["series"])` new columns of one."""

    reversible = True

    def __init__(self, model_name: str, fields: Sequence[str] = ()) -> None:
        self.model_name = model_name
        self.fields = list(fields)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The kept copy is no part of the state."""

    def describe(self) -> str:
        return f"Keeps {', '.join(self.fields) or 'the rows'} of {self.model_name} over a way back"


class PreserveOnReverse(_Preserved):
    """Stands behind what makes the table or the columns, in the same migration: a way back copies them first.

    Also when rows are still being put back: `RestorePreserved`, which does that, stands in a later migration.
    """

    reduces_to_sql = True

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """What is kept comes back by `RestorePreserved`."""

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: Any = from_state.apps.get_model(app_label, self.model_name)
        meta = model._meta
        with transaction.atomic(schema_editor.connection.alias):
            if self.fields:
                columns = [meta.get_field(name).column for name in self.fields]
                keep(
                    schema_editor,
                    meta.db_table,
                    kept_table(meta.db_table, columns[0]),
                    [meta.pk.column, *columns],
                    meta.pk.column,
                    # Values that have not been put back yet count: the row has none of its own.
                    still_kept="1 = 1",
                )
            else:
                columns = [field.column for field in meta.local_concrete_fields]
                keep(schema_editor, meta.db_table, kept_table(meta.db_table), columns, meta.pk.column)


class RestorePreserved(_Preserved):
    """Puts back what `PreserveOnReverse` copied: in batches, where the migration is not atomic.

    Columns of a row get their kept values, but for `current`, if that has one by then. Of two rows with the same
    `unique` fields the one that is there stays.
    """

    reduces_to_sql = False

    def __init__(
        self, model_name: str, fields: Sequence[str] = (), *, current: str = "", unique: Sequence[str] = ()
    ) -> None:
        super().__init__(model_name, fields)
        self.current = current
        self.unique = list(unique)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.fields:
            restore_columns(schema_editor, model, self.fields, self.current)
        else:
            restore_rows(schema_editor, model, self.unique)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """`PreserveOnReverse` copies it, whether this migration has ended or not."""
