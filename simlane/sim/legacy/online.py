"""Schema changes for a table that is being written: no statement here blocks its writers for longer than a moment.

On PostgreSQL a constraint is added NOT VALID, then validated; for indexes see sim.legacy.indexes. A migration with
these may be run again after an interruption. SQLite gets Django's own operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import AddField, AlterField
from django.db.migrations.operations.models import AddConstraint
from django.db.migrations.state import ProjectState

from simlane.sim.legacy.recorded import flush


def use_django_default(editor: BaseDatabaseSchemaEditor) -> bool:
    """Whether Django's own way will do where ours asks the database: on another one, or for SQL that is only shown.

    What `upgrade_profiles` runs at once it has collected before: an operation for that asks for the vendor alone.
    """
    return editor.connection.vendor != "postgresql" or editor.collect_sql


def fetch(editor: BaseDatabaseSchemaEditor, sql: str, parameters: Sequence[Any] = ()) -> Any:
    """The first column of the first row, or None."""
    with editor.connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def has_column(editor: BaseDatabaseSchemaEditor, table: str, column: str) -> bool:
    """Whether the table has it."""
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_table_description(cursor, table)
    return any(each.name == column for each in found)


def has_constraint(editor: BaseDatabaseSchemaEditor, table: str, name: str) -> bool:
    """Whether the table has one of that name."""
    sql = "SELECT true FROM pg_constraint WHERE conname = %s AND conrelid = to_regclass(%s)"
    return bool(fetch(editor, sql, [name, table]))


def drop_constraint(editor: BaseDatabaseSchemaEditor, table: str, name: str) -> None:
    """Drops a constraint, if it is there."""
    editor.execute(f"ALTER TABLE {editor.quote_name(table)} DROP CONSTRAINT IF EXISTS {editor.quote_name(name)}")


class Together(Operation):
    """Operations in one transaction inside a migration that is not atomic; done before when `column` is there."""

    reversible = True
    reduces_to_sql = True
    atomic = True

    def __init__(self, table: str, column: str, operations: Sequence[Operation]) -> None:
        self.table = table
        self.column = column
        self.operations = list(operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def _done(self, editor: BaseDatabaseSchemaEditor) -> bool:
        return has_column(editor, self.table, self.column)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not schema_editor.collect_sql and self._done(schema_editor):
            return
        if schema_editor.connection.vendor != "postgresql" or schema_editor.collect_sql:
            self._apply(app_label, schema_editor, from_state, only_sql=schema_editor.collect_sql)
            # Foreign keys and the like that Django leaves for the end of the migration belong to this transaction.
            flush(schema_editor)
            return
        # Written down first and then run at once: Django would think for longer than others may wait for the lock.
        with schema_editor.connection.schema_editor(collect_sql=True, atomic=False) as collector:
            self._apply(app_label, collector, from_state, only_sql=True)
        # Its models, for what is not SQL.
        from_state.apps  # noqa: B018
        for sql in collector.collected_sql:
            if not sql.startswith("--"):
                schema_editor.execute(sql, params=None)
        for operation in self.operations:
            if not operation.reduces_to_sql:
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def _apply(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, from_state: ProjectState, *, only_sql: bool
    ) -> None:
        state = from_state.clone()
        for operation in self.operations:
            before = state.clone()
            operation.state_forwards(app_label, state)
            if operation.reduces_to_sql or not only_sql:
                operation.database_forwards(app_label, editor, before, state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not schema_editor.collect_sql and not self._done(schema_editor):
            return
        states = [to_state.clone()]
        for operation in self.operations:
            after = states[-1].clone()
            operation.state_forwards(app_label, after)
            states.append(after)
        for number, operation in reversed(list(enumerate(self.operations))):
            operation.database_backwards(app_label, schema_editor, states[number + 1], states[number])
        # Foreign keys and the like that Django leaves for the end of the migration belong to this transaction.
        flush(schema_editor)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


class AddCheckOnline(AddConstraint):
    """AddConstraint of a check that holds for new rows at once; `ValidateChecks` looks at the others."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID", params=None)


class AddCounterOnline(AddField):
    """AddField of a PositiveIntegerField with a default, its check as by AddCheckOnline."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        q, table, column = schema_editor.quote_name, model._meta.db_table, self.name
        schema_editor.execute(
            f"ALTER TABLE {q(table)} ADD COLUMN {q(column)} integer DEFAULT 0 NOT NULL, "
            f"ADD CONSTRAINT {q(f'{table}_{column}_check')} CHECK ({q(column)} >= 0) NOT VALID"
        )


class ValidateChecks(Operation):
    """Looks at the rows of a table for every check that was added without; writers go on meanwhile."""

    reversible = True
    reduces_to_sql = False

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state has had the checks since they were added."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if use_django_default(schema_editor):
            return
        table = table_of(to_state, app_label, self.model_name)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND NOT convalidated", [table]
            )
            names = [name for (name,) in cursor.fetchall()]
        q = schema_editor.quote_name
        for name in names:
            schema_editor.execute(f"ALTER TABLE {q(table)} VALIDATE CONSTRAINT {q(name)}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """A check does no harm for having been looked over."""

    def describe(self) -> str:
        return f"Looks at every row of {self.model_name} for its new checks"


class AddUncheckedForeignKey(AddField):
    """AddField of a foreign key whose constraint waits for `CheckForeignKeyOnline`: filling it asks for no row each.

    Its index, if it has one, waits for `indexes.BuildIndexes`.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        indexed = field.db_index
        field.db_constraint = field.db_index = False
        schema_editor.add_field(model, field)
        field.db_constraint, field.db_index = True, indexed


class CheckForeignKeyOnline(Operation):
    """The constraint of a foreign key, for new rows at once; `ValidateChecks` looks at the others."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state has it with the field."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        sql, name = self._sql(schema_editor, model)
        if not has_constraint(schema_editor, model._meta.db_table, name):
            schema_editor.execute(f"{sql} NOT VALID", params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model: Any = from_state.apps.get_model(app_label, self.model_name)
        drop_constraint(schema_editor, model._meta.db_table, self._sql(schema_editor, model)[1])

    def _sql(self, editor: Any, model: Any) -> tuple[str, str]:
        """The statement that adds it, and its name."""
        sql = editor._create_fk_sql(model, model._meta.get_field(self.name), "_fk_%(to_table)s_%(to_column)s")
        return str(sql), str(sql.parts["name"]).strip('"')

    def describe(self) -> str:
        return f"Constrains {self.name} of {self.model_name}"


class AlterForeignKeyOnline(AlterField):
    """AlterField of a foreign key's `null` or `db_index`; its constraint stays as it is (see CheckForeignKeyOnline)."""

    def _alter(self, app_label: str, editor: BaseDatabaseSchemaEditor, old: ProjectState, new: ProjectState) -> None:
        before: Any = old.apps.get_model(app_label, self.model_name)
        after: Any = new.apps.get_model(app_label, self.model_name)
        was, becomes = before._meta.get_field(self.name), after._meta.get_field(self.name)
        q, table = editor.quote_name, after._meta.db_table
        if was.null != becomes.null:
            change = "DROP" if becomes.null else "SET"
            editor.execute(f"ALTER TABLE {q(table)} ALTER COLUMN {q(becomes.column)} {change} NOT NULL")
        if becomes.db_index and not was.db_index:
            editor.execute(editor._create_index_sql(after, fields=[becomes]))  # type: ignore[attr-defined]
        if was.db_index and not becomes.db_index:
            # By its name: on the same column an operator may have an index too.
            name = editor._create_index_name(table, [was.column])  # type: ignore[attr-defined]
            editor.execute(f"DROP INDEX IF EXISTS {q(name)}")

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            self._alter(app_label, schema_editor, from_state, to_state)
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self.database_forwards(app_label, schema_editor, from_state, to_state)


def table_of(state: ProjectState, app_label: str, model_name: str) -> str:
    """The table of a model, as it is called in that state."""
    model: Any = state.apps.get_model(app_label, model_name)
    return str(model._meta.db_table)
