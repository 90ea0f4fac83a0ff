"""Indexes for a table that is being written: built CONCURRENTLY on PostgreSQL, and after the rows are filled.

A migration with these is not atomic, so each of them may be run again after an interruption. SQLite gets Django's
own operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.indexes import PostgresIndex
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.migrations.operations.models import AddConstraint, AddIndex
from django.db.models import UniqueConstraint

from simlane.sim.legacy.online import OnlyOnPostgreSQL, OnPostgreSQL, drop_constraint, fetch, has_constraint

#: As Django's templates, for SQL that is shown too: some of the indexes may be there.
INDEX = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS "
    "%(name)s ON %(table)s%(using)s (%(columns)s)%(include)s%(extra)s%(condition)s"
)
UNIQUE_INDEX = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS %(name)s ON %(table)s (%(columns)s)%(condition)s"


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


class AddIndexOnline(OnPostgreSQL, AddIndex):
    """AddIndex without blocking writers."""

    atomic = False
    asks_database = True

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        index: PostgresIndex = self.index  # type: ignore[assignment]
        build_index(editor, index.name, str(index.create_sql(model, editor, concurrently=True)))

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        drop_index(editor, self.index.name)


class AddIndexLater(OnPostgreSQL, AddIndex):
    """AddIndex whose index `BuildIndexes` builds: rows are filled faster without it."""

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        editor.execute(f"DROP INDEX IF EXISTS {editor.quote_name(self.index.name)}")


class AddUniqueIndexLater(OnPostgreSQL, AddConstraint):
    """AddConstraint of a uniqueness with a condition, which is an index that `BuildIndexes` builds."""

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        editor.execute(f"DROP INDEX IF EXISTS {editor.quote_name(self.constraint.name)}")


class BuildIndexes(OnlyOnPostgreSQL):
    """Builds every index of a model that is not there yet: those of `AddIndexLater` and its like."""

    atomic = False

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        for sql in _statements(editor, model):
            if editor.collect_sql:
                editor.execute(sql, params=None)
            else:
                build_index(editor, str(sql.parts["name"]).strip('"'), str(sql))

    def describe(self) -> str:
        return f"Builds the indexes of {self.model_name}"


def _statements(editor: Any, model: Any) -> Iterator[Statement]:
    """What makes each index of a model; of its fields', those of foreign keys."""
    for index in model._meta.indexes:
        yield index.create_sql(model, editor, sql=INDEX)
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.condition is not None:
            sql: Any = constraint.create_sql(model, editor)
            yield Statement(UNIQUE_INDEX, **sql.parts)
    for field in model._meta.local_fields:
        if field.remote_field and field.db_index and not field.unique:
            yield editor._create_index_sql(model, fields=[field], sql=INDEX)


class AddUniqueOnline(OnPostgreSQL, AddConstraint):
    """AddConstraint of a uniqueness without blocking writers while its index is built."""

    atomic = False
    asks_database = True

    def forwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        table, name = model._meta.db_table, self.constraint.name
        if has_constraint(editor, table, name):
            return
        q = editor.quote_name
        fields: Sequence[str] = self.constraint.fields  # type: ignore[attr-defined]
        columns = ", ".join(q(model._meta.get_field(field).column) for field in fields)
        build_index(editor, name, f"CREATE UNIQUE INDEX CONCURRENTLY {q(name)} ON {q(table)} ({columns})")
        editor.execute(f"ALTER TABLE {q(table)} ADD CONSTRAINT {q(name)} UNIQUE USING INDEX {q(name)}")

    def backwards(self, editor: BaseDatabaseSchemaEditor, model: Any) -> None:
        drop_constraint(editor, model._meta.db_table, self.constraint.name)
        # The index alone, when the constraint was never made of it.
        drop_index(editor, self.constraint.name)
