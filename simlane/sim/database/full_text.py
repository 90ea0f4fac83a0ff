"""SQLite's full-text tables of three-letter pieces, one beside each searched table.

Spaces around a word make its beginning and its end pieces of their own, as PostgreSQL's pg_trgm does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper


@dataclass(frozen=True, slots=True)
class FullText:
    """A searched table: the column whose text is searched, and `text`, SQL with `{column}`, that is indexed."""

    table: str
    column: str
    text: str = "{column}"

    @property
    def name(self) -> str:
        """The full-text table."""
        return f"{self.table}_fts"

    @property
    def triggers(self) -> tuple[str, ...]:
        """The triggers that keep it in step."""
        return tuple(f"{self.name}_{change}" for change in ("insert", "delete", "update"))

    def indexed(self, row: str) -> str:
        """SQL of the text indexed for `row`."""
        return self.text.format(column=f"{row}.{self.column}")


_TABLES = [FullText("sim_profilename", "folded"), FullText("sim_nameword", "word", "'  ' || {column} || ' '")]


def register(table: FullText) -> None:
    """Keep a full-text table for one more table; for an app's ready()."""
    if table not in _TABLES:
        _TABLES.append(table)


def tables() -> tuple[FullText, ...]:
    """Every searched table."""
    return tuple(_TABLES)


def drop(cursor: CursorWrapper) -> None:
    """Before migrations: drop the full-text tables and their triggers."""
    for table in _TABLES:
        for trigger in table.triggers:
            cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
        cursor.execute(f"DROP TABLE IF EXISTS {table.name}")


def install(connection: BaseDatabaseWrapper, cursor: CursorWrapper, existing: set[str]) -> None:
    """After migrations: make and fill the missing ones of the tables that exist and have their column."""
    for table in _TABLES:
        if table.name in existing or table.table not in existing:
            continue
        columns = {column.name for column in connection.introspection.get_table_description(cursor, table.table)}
        if table.column not in columns:
            continue
        fts, insert, delete, update = table.name, *table.triggers
        add = f"INSERT INTO {fts}(rowid, text) VALUES (new.id, {table.indexed('new')});"
        remove = f"INSERT INTO {fts}({fts}, rowid, text) VALUES ('delete', old.id, {table.indexed('old')});"
        # content='': the index alone, since only row ids are asked of it.
        cursor.execute(f"CREATE VIRTUAL TABLE {fts} USING fts5(text, content='', tokenize='trigram case_sensitive 1')")
        cursor.execute(f"INSERT INTO {fts}(rowid, text) SELECT id, {table.indexed(table.table)} FROM {table.table}")
        cursor.execute(f"CREATE TRIGGER {insert} AFTER INSERT ON {table.table} BEGIN {add} END")
        cursor.execute(f"CREATE TRIGGER {delete} AFTER DELETE ON {table.table} BEGIN {remove} END")
        cursor.execute(f"CREATE TRIGGER {update} AFTER UPDATE ON {table.table} BEGIN {remove} {add} END")


def all_of(words: Iterable[str]) -> str:
    """A full-text query: every word."""
    return " ".join(map(_quoted, words))


def any_of(words: Iterable[str]) -> str:
    """A full-text query: one of the words."""
    return " OR ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
