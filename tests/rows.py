"""The rows that migrations made, put back before each test that ends with every table emptied.

Django does it too (`serialized_rollback`), by its models and a statement or two a row: for our few hundred that took
longer than most such tests. Nothing is emptied or put back where nobody looks: in a database that a test of migrations
left elsewhere, and for a test that only makes databases of its own (the fixture `database_server`).
"""

from __future__ import annotations

from django.db import connection, transaction
from django.test import TransactionTestCase

from tests import databases

#: Each table that migrations fill, and on PostgreSQL its rows as COPY gives them.
_kept: dict[str, bytes] = {}
#: Whether the running test leaves its own database alone.
untouched = False


def stay() -> bool:
    """Whether the test's own database stays as it is before and after this test."""
    return untouched or databases.is_away()


def begin_tests_with_them() -> None:
    """From the test's database as it is when nothing has used it yet."""
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            if not _is_empty(cursor, table):
                _kept[table] = _copied(cursor, table)
    # Of the classes: Playwright runs an event loop in this thread, where Django has a connection of its own.
    type(connection.creation).deserialize_db_from_string = _put_back  # type: ignore[assignment, method-assign]
    type(connection.creation.connection)._test_serialized_contents = ""  # type: ignore[attr-defined]
    empty = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: None if stay() else empty(self)  # type: ignore[method-assign]


def _put_back(self: object, data: str) -> None:
    """Fill each of the tables that is empty: before the first such test none is."""
    if stay():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("ATTACH DATABASE %s AS kept", [str(databases.sqlite_file(databases.NEWEST))])
        # Foreign keys are looked at in the end.
        with transaction.atomic():
            for table, rows in _kept.items():
                if not _is_empty(cursor, table):
                    continue
                if connection.vendor == "sqlite":
                    # With a condition: whole tables are copied in a way that does not count foreign keys.
                    cursor.execute(f"INSERT INTO main.{table} SELECT * FROM kept.{table} WHERE true")
                else:
                    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                        copy.write(rows)
        if connection.vendor == "sqlite":
            cursor.execute("DETACH DATABASE kept")


def _copied(cursor, table: str) -> bytes:
    if connection.vendor == "sqlite":
        return b""
    with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        return b"".join(bytes(part) for part in copy)


def _is_empty(cursor, table: str) -> bool:
    cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
    return cursor.fetchone() is None
