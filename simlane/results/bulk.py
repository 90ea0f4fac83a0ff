"""Writing many rows fast: COPY on PostgreSQL, one prepared statement on SQLite. For tables without Python defaults.

Django's own bulk_create builds an object and a placeholder a value; laps come by the hundred thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

UPDATE_ROWS = 2000


def _column(model: type[Model], field: str) -> str:
    found: Any = model._meta.pk if field == "pk" else model._meta.get_field(field)
    return str(found.column)


def reserve_ids(model: type[Model], count: int) -> list[int]:
    """`count` new primary keys of the table, nobody else's. Call it inside the transaction that uses them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [key for (key,) in cursor.fetchall()]
        # The transaction holds SQLite's only write lock; AUTOINCREMENT follows the keys that are written.
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone()
        return list(range(last + 1, last + 1 + count))


def _target(model: type[Model], fields: Sequence[str]) -> tuple[str, str]:
    """The table and its columns, quoted, as an INSERT names them."""
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), ", ".join(quote(_column(model, name)) for name in fields)


def insert(model: type[Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes the rows, their values in the order of `fields`; the table's constraints hold as ever."""
    if not rows:
        return
    table, columns = _target(model, fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608 - our names


def stored(value: UUID | datetime | None) -> Any:
    """A key or an instant as this database takes it in `insert`; text and numbers go as they are."""
    if connection.vendor == "postgresql" or value is None:
        return value
    if isinstance(value, UUID):
        return value.hex
    return connection.ops.adapt_datetimefield_value(value)


def insert_missing(model: type[Model], fields: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """Writes those rows of text that break no unique constraint; the others are there already."""
    if not rows:
        return
    table, columns = _target(model, fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(["%s::text[]"] * len(fields))
            sql = f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"  # noqa: S608
            cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608


def update(model: type[Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Sets `fields` of many rows to a value each: every row is a primary key and the values in order."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    key = quote(_column(model, "pk"))
    columns = [quote(_column(model, name)) for name in fields]
    names = ", ".join(("new_key", *columns))
    assignments = ", ".join(f"{column} = new.{column}" for column in columns)
    places = "(" + ", ".join(["%s"] * (len(fields) + 1)) + ")"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), UPDATE_ROWS):
            chunk = rows[start : start + UPDATE_ROWS]
            values = ", ".join([places] * len(chunk))
            cursor.execute(
                f"WITH new({names}) AS (VALUES {values}) "  # noqa: S608 - our names
                f"UPDATE {table} SET {assignments} FROM new WHERE {table}.{key} = new.new_key",
                [value for row in chunk for value in row],
            )
