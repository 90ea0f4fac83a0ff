"""Writing many rows fast: COPY on PostgreSQL, a few prepared statements on SQLite. For tables without Python defaults.

Django's own bulk_create builds an object and a placeholder a value; laps come by the hundred thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

from simlane.sim import shown

UPDATE_ROWS = 2000
#: How many values one statement asks for.
CHUNK = 5000
#: How many values one statement of any SQLite takes.
SQLITE_VALUES = 999

Item = TypeVar("Item")


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in pieces that one statement can ask for."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _column(model: type[Model], field: str) -> str:
    found: Any = model._meta.pk if field == "pk" else model._meta.get_field(field)
    return str(found.column)


def reserve_ids(model: type[Model], count: int) -> list[int]:
    """`count` new primary keys of the table, nobody else's. Call it inside the transaction that uses them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Beside the keys, and not within nextval(), the sequence is looked up once and not for each of them.
            cursor.execute(
                "SELECT nextval(ids) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS ids OFFSET 0) AS one, "
                "generate_series(1, %s)",
                [table, count],
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
            shown.note()
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            _insert_many(cursor, f"INSERT INTO {table} ({columns}) VALUES", rows)


def _insert_many(cursor: Any, insert_into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Executes SQLite's statement with many rows at once, in half the time of one at a time, then with what is left."""
    width = len(rows[0])
    place = f"({', '.join(['%s'] * width)})"
    at_once = SQLITE_VALUES // width
    whole = len(rows) - len(rows) % at_once
    pieces = [tuple(chain.from_iterable(rows[start : start + at_once])) for start in range(0, whole, at_once)]
    cursor.executemany(f"{insert_into} {', '.join([place] * at_once)}", pieces)
    cursor.executemany(f"{insert_into} {place}", rows[whole:])


def stored(value: UUID | datetime | None) -> Any:
    """A key or an instant as this database takes it in `insert`; text and numbers go as they are."""
    return adapter()(value)


def adapter() -> Callable[[UUID | datetime | None], Any]:
    """`stored` for many values: which database it is for is asked once."""
    return _as_it_is if connection.vendor == "postgresql" else _as_text


def _as_it_is(value: UUID | datetime | None) -> Any:
    return value


def _as_text(value: UUID | datetime | None) -> Any:
    if value is None:
        return value
    return value.hex if isinstance(value, UUID) else _instant(value)


@lru_cache(maxsize=1024)
def _instant(value: datetime) -> Any:
    """All drivers of a session have one time."""
    return connection.ops.adapt_datetimefield_value(value)


def insert_missing(model: type[Model], fields: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    """Writes those rows of text that break no unique constraint; the others are there already."""
    if not rows:
        return
    table, columns = _target(model, fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(["%s::text[]"] * len(fields))
            sql = f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"
            cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])
        else:
            _insert_many(cursor, f"INSERT OR IGNORE INTO {table} ({columns}) VALUES", rows)


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
                f"WITH new({names}) AS (VALUES {values}) "
                f"UPDATE {table} SET {assignments} FROM new WHERE {table}.{key} = new.new_key",
                [value for row in chunk for value in row],
            )
