"""The tables as they are in the database, in the words of `expected`."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.upgrade.schema.expected import Column, Table, canonical

COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
        EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid
            AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL),
        k.confrelid::regclass::text, t.attname,
        a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '',
        a.attidentity <> '' OR pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL,
        EXISTS (SELECT 1 FROM pg_constraint b WHERE b.conrelid = a.attrelid AND a.attnum = ANY(b.conkey)
            AND b.contype IN ('f', 'c', 'x', 'p'))
        OR EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique
            AND a.attnum = ANY(i.indkey))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN LATERAL (SELECT confrelid, confkey FROM pg_constraint WHERE conrelid = a.attrelid AND contype = 'f'
        AND conkey = ARRAY[a.attnum] ORDER BY oid LIMIT 1) k ON true
    LEFT JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[1]
    WHERE a.attrelid = to_regclass(quote_ident(%s)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""


def tables(database: BaseDatabaseWrapper) -> set[str]:
    """Every table there is; views are none."""
    with database.cursor() as cursor:
        return {info.name for info in database.introspection.get_table_list(cursor) if info.type in {"t", "p"}}


def table(database: BaseDatabaseWrapper, name: str) -> Table:
    """One table's columns; none when it is not there."""
    rows = _postgresql(database, name) if database.vendor == "postgresql" else _sqlite(database, name)
    return Table(name, {row.name: row for row in rows})


def _postgresql(database: BaseDatabaseWrapper, name: str) -> list[Column]:
    with database.cursor() as cursor:
        cursor.execute(COLUMNS, [name])
        return [
            Column(
                column,
                canonical(type_),
                null,
                unique,
                (target, target_column) if target else None,
                default,
                numbered,
                bound,
            )
            for column, type_, null, unique, target, target_column, default, numbered, bound in cursor.fetchall()
        ]


def _sqlite(database: BaseDatabaseWrapper, name: str) -> list[Column]:
    with database.cursor() as cursor:
        cursor.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(%s)', [name])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute('SELECT "from", "table", "to" FROM pragma_foreign_key_list(%s)', [name])
        keys = {column: (target, other) for column, target, other in cursor.fetchall()}
        constraints = database.introspection.get_constraints(cursor, name)
    unique = {each["columns"][0] for each in constraints.values() if each["unique"] and len(each["columns"]) == 1}
    return [
        Column(
            column,
            canonical(type_),
            not not_null and not key,
            column in unique or bool(key),
            keys.get(column),
            default is not None,
            bool(key) and type_.lower() == "integer",
        )
        for column, type_, not_null, default, key in rows
    ]
