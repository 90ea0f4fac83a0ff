"""Indexes for a table that is being written: built CONCURRENTLY on PostgreSQL, and after the rows are filled.

A migration with these is not atomic, so each of them may be run again after an interruption. SQLite gets Django's
own operations.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.indexes import PostgresIndex
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AddConstraint, AddIndex
from django.db.migrations.state import ProjectState
from django.db.models import UniqueConstraint

from simlane.sim.legacy.online import drop_constraint, fetch, has_constraint, table_of, use_django_default


def build_index(editor: BaseDatabaseSchemaEditor, name: str, sql: str) -> None:
    """Builds an index CONCURRENTLY unless it is there; what an interrupted build left is dropped first."""
    valid = fetch(editor, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
    if valid:
        return
    if valid is not None:
        editor.execute(f"DROP INDEX CONCURRENTLY {editor.quote_name(name)}")
    editor.execute(sql)


def drop_index(editor: BaseDatabaseSchemaEditor, name: str) -> None:
    """Drops an index CONCURRENTLY, if it is there."""
    editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {editor.quote_name(name)}")


class AddIndexOnline(AddIndex):
    """AddIndex without blocking writers."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if use_django_default(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        index: PostgresIndex = self.index  # type: ignore[assignment]
        sql = index.create_sql(model, schema_editor, concurrently=True)
        build_index(schema_editor, index.name, str(sql))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if use_django_default(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        drop_index(schema_editor, self.index.name)


class _Later(Operation):
    """Leaves the building to `BuildIndexes`: rows are filled faster without an index."""

    @property
    @abstractmethod
    def index_name(self) -> str: ...

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(self.index_name)}")
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class AddIndexLater(_Later, AddIndex):
    """AddIndex whose index `BuildIndexes` builds."""

    @property
    def index_name(self) -> str:
        return self.index.name


class AddUniqueIndexLater(_Later, AddConstraint):
    """AddConstraint of a uniqueness with a condition, which is an index, and built by `BuildIndexes`."""

    @property
    def index_name(self) -> str:
        return self.constraint.name


class BuildIndexes(Operation):
    """Builds every index of a model that is not there yet: those of `AddIndexLater` and its like."""

    reversible = True
    reduces_to_sql = True
    atomic = False

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state has had the indexes since they were added."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        for name, sql in _statements(schema_editor, model):
            if schema_editor.collect_sql:
                schema_editor.execute(sql.replace(" INDEX ", " INDEX CONCURRENTLY IF NOT EXISTS ", 1), params=None)
            else:
                build_index(schema_editor, name, sql.replace(" INDEX ", " INDEX CONCURRENTLY ", 1))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Each goes with the operation that added it."""

    def describe(self) -> str:
        return f"Builds the indexes of {self.model_name}"


def _statements(editor: Any, model: Any) -> Iterator[tuple[str, str]]:
    """The name of each index of a model and what makes it; of its fields', those of foreign keys."""
    made = [index.create_sql(model, editor) for index in model._meta.indexes]
    made += [
        constraint.create_sql(model, editor)
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint) and constraint.condition is not None
    ]
    made += [
        editor._create_index_sql(model, fields=[field])
        for field in model._meta.local_fields
        if field.remote_field and field.db_index and not field.unique
    ]
    for sql in made:
        yield str(sql.parts["name"]).strip('"'), str(sql)


class AddUniqueOnline(AddConstraint):
    """AddConstraint of a uniqueness without blocking writers while its index is built."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if use_django_default(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model: Any = to_state.apps.get_model(app_label, self.model_name)
        table, name = model._meta.db_table, self.constraint.name
        if has_constraint(schema_editor, table, name):
            return
        q = schema_editor.quote_name
        fields: Sequence[str] = self.constraint.fields  # type: ignore[attr-defined]
        columns = ", ".join(q(model._meta.get_field(field).column) for field in fields)
        build_index(schema_editor, name, f"CREATE UNIQUE INDEX CONCURRENTLY {q(name)} ON {q(table)} ({columns})")
        schema_editor.execute(f"ALTER TABLE {q(table)} ADD CONSTRAINT {q(name)} UNIQUE USING INDEX {q(name)}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if use_django_default(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        drop_constraint(schema_editor, table_of(from_state, app_label, self.model_name), self.constraint.name)
        # The index alone, when the constraint was never made of it.
        drop_index(schema_editor, self.constraint.name)
