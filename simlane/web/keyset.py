"""Paging that costs the same on every page: a page starts where the last one ended, by the order's own key.

No OFFSET and no COUNT: an index is read from the cursor on, one row more than the page shows.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Func, Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)
MAX_CURSOR = 2000


class InvalidCursorError(ValueError):
    """The text is no cursor of this order."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order rows are listed in: by `field`, rows with the same value by primary key, both the same way."""

    field: str
    descending: bool = False

    def columns(self, *, backwards: bool = False) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [f"{sign}{self.field}", f"{sign}pk"]

    def cursor(self, row: Model) -> str:
        """Where `row` stands, as text for an address."""
        fields: tuple[Any, Any] = (row._meta.get_field(self.field), row._meta.pk)
        values = [field.value_to_string(row) for field in fields]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")

    def position(self, model: type[Model], cursor: str) -> tuple[object, object]:
        """The values a cursor holds; raises InvalidCursorError for anything `cursor` did not write."""
        try:
            if len(cursor) > MAX_CURSOR:
                raise ValueError("too long")
            padded = cursor + "=" * (-len(cursor) % 4)
            value, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not (isinstance(value, str) and isinstance(key, str)):
                raise ValueError("not what cursor() writes")
            # Neither a half surrogate nor a NUL can be sent to a database; the first raises a ValueError.
            if "\0" in value.encode().decode():
                raise ValueError("a NUL")
            fields: tuple[Any, Any] = (model._meta.get_field(self.field), model._meta.pk)
            values = [field.clean(given, None) for field, given in zip(fields, (value, key), strict=True)]
        except (ValueError, TypeError, RecursionError, binascii.Error, ValidationError) as error:
            raise InvalidCursorError("This page link is damaged. Start again from the first page.") from error
        return values[0], values[1]


class _RowComparison(Func):
    """`(a, b) < (x, y)`: both databases read an index from there on. Django's own comparison of tuples takes that
    form on PostgreSQL only; on SQLite it becomes an OR, which reads the index from its beginning."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        compiled = [compiler.compile(expression) for expression in self.source_expressions]
        field, key, value, last_key = (sql for sql, _ in compiled)
        sql = f"({field}, {key}) {self.extra['operator']} ({value}, {last_key})"
        return sql, tuple(parameter for _, parameters in compiled for parameter in parameters)


def _beyond(model: type[Model], order: Order, position: tuple[object, object], operator: str) -> _RowComparison:
    field: Any = model._meta.get_field(order.field)
    value, key = position
    return _RowComparison(F(order.field), F("pk"), Value(value, field), Value(key, model._meta.pk), operator=operator)


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """A page's rows and the cursors of its neighbours; None where there is no neighbour."""

    items: list[Row]
    after: str | None
    before: str | None


def read(rows: QuerySet[Row], order: Order, size: int, *, after: str = "", before: str = "") -> Slice[Row]:
    """The `size` rows that follow the cursor `after`, or precede `before`, or the first ones.

    Raises InvalidCursorError.
    """
    backwards = bool(before) and not after
    if cursor := after or before:
        position = order.position(rows.model, cursor)
        rows = rows.filter(_beyond(rows.model, order, position, "<" if order.descending != backwards else ">"))
    found = list(rows.order_by(*order.columns(backwards=backwards))[: size + 1])
    items, further = found[:size], len(found) > size
    if backwards:
        items.reverse()
    has_next, has_previous = (True, further) if backwards else (further, bool(cursor))
    return Slice(
        items,
        after=order.cursor(items[-1]) if items and has_next else None,
        before=order.cursor(items[0]) if items and has_previous else None,
    )
