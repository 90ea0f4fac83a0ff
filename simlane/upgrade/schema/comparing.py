"""What is not as the old release's migrations left it, in a line each."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from simlane.upgrade.schema import actual
from simlane.upgrade.schema.expected import Column, Table, created, expected, length, recorded

SHOWN = 5


def differences(database: BaseDatabaseWrapper, pending: list[tuple[str, str]]) -> list[str]:
    """Tables, columns, keys and recorded migrations that stop the upgrade from beginning at `sim.0008`.

    `pending` are the migrations to come: a table that one of them creates must not be there.
    """
    there = actual.tables(database)
    found: list[str] = []
    for name, wanted in expected(database).items():
        if name not in there:
            found.append(f"the table {name} is missing")
            continue
        found += compare(database, wanted, actual.table(database, name))
    found += [
        f"the table {name} is there, but the upgrade creates one of that name"
        for name in created(pending)
        if name in there
    ]
    if "django_migrations" in there:
        applied = set(MigrationRecorder(database).applied_migrations())
        missing = [f"{app}.{name}" for app, name in recorded() if (app, name) not in applied]
        if missing:
            found.append(f"django_migrations has no {', '.join(missing)}")
    else:
        found.append("the table django_migrations is missing")
    return found


def compare(database: BaseDatabaseWrapper, wanted: Table, there: Table) -> list[str]:
    """The same for one table."""
    found: list[str] = []
    for name, column in wanted.columns.items():
        place = f"{wanted.name}.{name}"
        if name not in there.columns:
            found.append(f"{place} is missing ({column.type}{'' if column.null else ', not null'})")
            continue
        has = there.columns[name]
        if not fits(column.type, has.type):
            found.append(f"{place} is {has.type}, expected {column.type}")
            continue
        if has.null != column.null:
            found.append(f"{place} may {'' if has.null else 'not '}be null, expected the opposite")
        if column.unique and not has.unique:
            found.append(f"{place} is not unique{_duplicates(database, wanted.name, name)}")
        if column.numbered and not has.numbered:
            found.append(f"{place} does not number new rows: it has no sequence")
        found += _reference(place, column, has)
    for name, has in there.columns.items():
        if name not in wanted.columns and not has.null and not has.default:
            found.append(
                f"{wanted.name}.{name} is not expected, and no row can be added without it (not null, no default)"
            )
    return found


def fits(wanted: str, there: str) -> bool:
    """Whether a column of the type `there` holds all that one of the type `wanted` does."""
    if wanted == there:
        return True
    wanted_length, length_there = length(wanted), length(there)
    return wanted_length is not None and length_there is not None and length_there >= wanted_length


def _reference(place: str, wanted: Column, there: Column) -> list[str]:
    if wanted.references == there.references:
        return []
    target = ".".join(wanted.references or ())
    if wanted.references is None or there.references is None:
        return [f"{place} has no foreign key to {target}"] if wanted.references else []
    return [f"{place} points at {'.'.join(there.references)}, expected {target}"]


def _duplicates(database: BaseDatabaseWrapper, table: str, column: str) -> str:
    q = database.ops.quote_name
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT {q(column)} FROM {q(table)} WHERE {q(column)} IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1 "
            f"ORDER BY 1 LIMIT {SHOWN}"
        )
        values = [repr(value) for (value,) in cursor.fetchall()]
    return f", and these stand several times: {', '.join(values)}" if values else ""
