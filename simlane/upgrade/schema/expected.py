"""The tables of the old release, as its migrations describe them: what the upgrade begins from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from simlane.upgrade.state import LEGACY

HEADS = [("sim", LEGACY), ("users", "0001_initial")]
#: In the order in which they point at each other.
MODELS = (("users", "User"), ("sim", "Simulator"), ("sim", "SimProfile"), ("sim", "Event"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type in lower case as the database writes it, and the keys it is part of on its own."""

    name: str
    type: str
    null: bool = False
    unique: bool = False
    #: The table and column that a foreign key points at.
    references: tuple[str, str] | None = None
    #: Whether an INSERT may leave it out.
    default: bool = False
    #: Whether the database numbers rows with it.
    numbered: bool = False
    #: A foreign key, a check or an index of several columns holds it.
    bound: bool = False


@dataclass(slots=True)
class Table:
    """A table by its columns."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)


def expected(database: BaseDatabaseWrapper) -> dict[str, Table]:
    """The four tables that count, by name, in the order in which they point at each other."""
    state = MigrationLoader(None).project_state(HEADS).apps
    found: dict[str, Table] = {}
    for app, name in MODELS:
        model: Any = state.get_model(app, name)
        table = Table(model._meta.db_table)
        for each in model._meta.local_concrete_fields:
            target = each.remote_field and each.target_field
            table.columns[each.column] = Column(
                each.column,
                canonical(each.db_type(database)),
                each.null,
                each.unique or each.primary_key,
                (target.model._meta.db_table, target.column) if target else None,
                numbered=each.primary_key and each.get_internal_type() == "BigAutoField",
            )
        found[table.name] = table
    return found


@cache
def recorded() -> tuple[tuple[str, str], ...]:
    """The migrations, as app and name, that are recorded when a database is there."""
    loader = MigrationLoader(None)
    return tuple(key for head in HEADS for key in loader.graph.forwards_plan(head) if key[0] in {"sim", "users"})


def created(migrations: list[tuple[str, str]]) -> list[str]:
    """The tables that these migrations create, but for the old release's own."""
    loader, own = MigrationLoader(None), recorded()
    found: list[str] = []
    for key in migrations:
        if key in own:
            continue
        found += _created(loader.graph.nodes[key].operations, loader.graph.nodes[key])
    return found


def _created(operations: Any, migration: Migration) -> list[str]:
    found: list[str] = []
    for operation in operations:
        found += _created(getattr(operation, "operations", ()), migration)
        if type(operation).__name__ == "CreateModel":
            own = f"{migration.app_label}_{operation.name.lower()}"
            table = operation.options.get("db_table") or own
            found.append(table)
            found += [f"{table}_{name}" for name, each in operation.fields if each.many_to_many]
    return found


def canonical(type_: str | None) -> str:
    """A type as PostgreSQL's format_type() writes it, or as SQLite has it, in lower case."""
    text = re.sub(r"\bcharacter varying\b", "varchar", (type_ or "").lower())
    return re.sub(r"\s+", " ", text.replace("timestamptz", "timestamp with time zone")).strip()


def length(type_: str) -> int | None:
    """How many characters a text type holds: None when it is no text, a large number when it has no limit."""
    if type_ in {"text", "varchar", "citext"}:
        return 1 << 30
    match = re.fullmatch(r"varchar\((\d+)\)", type_)
    return int(match[1]) if match else None
