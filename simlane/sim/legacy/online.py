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


class OnPostgreSQL(Operation):
    """An operation of Django's, or none, that is done in another way on PostgreSQL: by `forwards` and `backwards`.

    Both get the model as it is with what the operation adds. One that asks the database is shown as Django's own.
    """

    model_name: str
    asks_database = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if self._use_django_default(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            self.forwards(schema_editor, to_state.apps.get_model(app_label, self.model_name))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if self._use_django_default(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            self.backwards(schema_editor, from_state.apps.get_model(app_label, self.model_name))

    def _use_django_default(self, editor: BaseDatabaseSchemaEditor) -> bool:
        return editor.connection.vendor != "postgresql" or (self.asks_database and editor.collect_sql)

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        """Do it."""

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        """Undo it, unless another operation does."""


class OnlyOnPostgreSQL(OnPostgreSQL):
    """One without a counterpart in Django: it leaves the state and other databases as they are."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state has had it since another operation added it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not self._use_django_default(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not self._use_django_default(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)


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


class AddCheckOnline(OnPostgreSQL, AddConstraint):
    """AddConstraint of a check that holds for new rows at once; `ValidateChecks` looks at the others."""

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        editor.execute(f"{self.constraint.create_sql(model, editor)} NOT VALID", params=None)

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        editor.remove_constraint(model, self.constraint)


class AddCheckOnceOnline(AddCheckOnline):
    """The same in a migration that is not atomic, and so may run again."""

    asks_database = True

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        if not has_constraint(editor, model._meta.db_table, self.constraint.name):
            super().forwards(editor, model)

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        drop_constraint(editor, model._meta.db_table, self.constraint.name)


class _AddFieldOnline(OnPostgreSQL, AddField):
    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        editor.remove_field(model, model._meta.get_field(self.name))


class AddCounterOnline(_AddFieldOnline):
    """AddField of a PositiveIntegerField with a default, its check as by AddCheckOnline."""

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        q, table, column = editor.quote_name, model._meta.db_table, self.name
        editor.execute(
            f"ALTER TABLE {q(table)} ADD COLUMN {q(column)} integer DEFAULT 0 NOT NULL, "
            f"ADD CONSTRAINT {q(f'{table}_{column}_check')} CHECK ({q(column)} >= 0) NOT VALID"
        )


class ValidateChecks(OnlyOnPostgreSQL):
    """Looks at the rows of a table for every check that was added without; writers go on meanwhile."""

    reduces_to_sql = False
    asks_database = True

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        table = model._meta.db_table
        with editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s) AND NOT convalidated", [table]
            )
            names = [name for (name,) in cursor.fetchall()]
        q = editor.quote_name
        for name in names:
            editor.execute(f"ALTER TABLE {q(table)} VALIDATE CONSTRAINT {q(name)}")

    def describe(self) -> str:
        return f"Looks at every row of {self.model_name} for its new checks"


class AddUncheckedForeignKey(_AddFieldOnline):
    """AddField of a foreign key whose constraint waits for `CheckForeignKeyOnline`: filling it asks for no row each.

    Its index, if it has one, waits for `indexes.BuildIndexes`.
    """

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        field = model._meta.get_field(self.name)
        indexed = field.db_index
        field.db_constraint = field.db_index = False
        editor.add_field(model, field)
        field.db_constraint, field.db_index = True, indexed


class CheckForeignKeyOnline(OnlyOnPostgreSQL):
    """The constraint of a foreign key, for new rows at once; `ValidateChecks` looks at the others."""

    def __init__(self, model_name: str, name: str) -> None:
        super().__init__(model_name)
        self.name = name

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        sql, name = self._sql(editor, model)
        if not has_constraint(editor, model._meta.db_table, name):
            editor.execute(f"{sql} NOT VALID", params=None)

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        drop_constraint(editor, model._meta.db_table, self._sql(editor, model)[1])

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
