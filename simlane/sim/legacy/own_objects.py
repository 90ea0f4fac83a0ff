"""What the operator has added to the old release's tables: indexes on the owner, tables that point at profiles.

The contract drops the owner's column and every index on it; a way back deletes the profiles of nobody and with them
what points at them. Both are kept here until the column, or the profile, is back. PostgreSQL only: on SQLite
`upgrade_profiles plan` names what is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy.batches import LAST_PAGE, by_page
from simlane.sim.legacy.preserving import exists

TABLE, OWNER = "sim_simprofile", "user_id"
DEFINITIONS = "kept_sim_definitions"
#: How the copies of own tables' rows are called; the comment on each says of which table it is.
ROWS = "kept_sim_own_"
PAGES_AT_ONCE = 10

#: What goes with a column of a table: its definition, and its name.
_ON_COLUMN = """
    SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refobjid = %(table)s::regclass AND d.refobjsubid = %(number)s)
    UNION ALL
    SELECT c.conname, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', c.conrelid::regclass, c.conname,
        pg_get_constraintdef(c.oid)) FROM pg_constraint c
    WHERE c.conrelid = %(table)s::regclass AND %(number)s = ANY(c.conkey)
        AND NOT (c.contype = 'f' AND c.confrelid = to_regclass('users_user')) AND c.contype <> 'n'
    UNION ALL
    SELECT s.stxname, pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s
    WHERE s.stxrelid = %(table)s::regclass AND %(number)s = ANY(s.stxkeys)"""


def on_owner(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The operator's own indexes, constraints and statistics on the owner's column: each name and what makes it."""
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attnum FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped",
            [TABLE, OWNER],
        )
        if not (row := cursor.fetchone()):
            return {}
        cursor.execute(_ON_COLUMN, {"table": TABLE, "number": row[0]})
        found = dict(cursor.fetchall())
    # Django's own index of the foreign key, which its migration makes again.
    found.pop(connection.schema_editor()._create_index_name(TABLE, [OWNER]), None)  # type: ignore[attr-defined]
    return found


def note_on_owner(connection: BaseDatabaseWrapper) -> None:
    """Before the column goes: writes down what goes with it."""
    if not (found := on_owner(connection)):
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {DEFINITIONS} (name text PRIMARY KEY, definition text NOT NULL)")
        for name, definition in found.items():
            cursor.execute(
                f"""INSERT INTO {DEFINITIONS} VALUES (%s, %s)
                ON CONFLICT (name) DO UPDATE SET definition = EXCLUDED.definition""",
                [name, definition],
            )


def make_on_owner(editor: BaseDatabaseSchemaEditor) -> None:
    """Once the column is back and filled: makes what was written down, again."""
    if editor.connection.vendor != "postgresql" or not exists(editor, DEFINITIONS):
        return
    there = on_owner(editor.connection)
    with editor.connection.cursor() as cursor:
        # A constraint may stand on an index.
        cursor.execute(f"SELECT name, definition FROM {DEFINITIONS} ORDER BY definition LIKE 'ALTER TABLE%', name")
        missing = [definition for name, definition in cursor.fetchall() if name not in there]
        for definition in missing:
            cursor.execute(definition)
        cursor.execute(f"DROP TABLE {DEFINITIONS}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key of one column: which column of which table points at which column of which other table."""

    table: str
    column: str
    target: str
    target_column: str
    #: What the server does to a row whose target is deleted: `c` deletes it, `n` and `d` empty the column.
    on_delete: str


def _references(connection: BaseDatabaseWrapper, where: str, name: str) -> list[Reference]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, f.attname,
                c.confdeltype::text
            FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1]
            WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND c.{where} = %s::regclass ORDER BY c.oid""",
            [name],
        )
        return [Reference(*row) for row in cursor.fetchall()]


def keep_rows(editor: BaseDatabaseSchemaEditor, ours: set[str], target: str, gone: str) -> None:
    """Before the rows `gone` of `target` are deleted: moves what points at them, and at that in turn, into copies."""
    if editor.connection.vendor == "postgresql":
        _keep_rows(editor, ours, target, gone, (target,))


def _keep_rows(
    editor: BaseDatabaseSchemaEditor, ours: set[str], target: str, gone: str, above: tuple[str, ...]
) -> None:
    q = editor.quote_name
    for each in _references(editor.connection, "confrelid", target):
        if each.table in ours or each.table in above or each.on_delete in "nd":
            continue
        rows = f"{q(each.column)} IN (SELECT {q(each.target_column)} FROM {target} WHERE {gone})"
        _keep_rows(editor, ours, each.table, rows, (*above, each.table))
        with editor.connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {each.table} WHERE {rows})")
            if not cursor.fetchone()[0]:
                continue
        kept = q((ROWS + "".join(c if c.isalnum() else "_" for c in each.table))[:63])
        types = _columns(editor, each.table)
        columns = ", ".join(types)
        editor.execute(f"CREATE TABLE IF NOT EXISTS {kept} AS SELECT {columns} FROM {each.table} WITH NO DATA")
        for column in types.keys() - _columns(editor, kept):
            # It is of an earlier way back, when the table had fewer.
            editor.execute(f"ALTER TABLE {kept} ADD COLUMN {column} {types[column]}")
        editor.execute(f"COMMENT ON TABLE {kept} IS %s", [each.table])
        editor.execute(f"INSERT INTO {kept} ({columns}) SELECT {columns} FROM {each.table} WHERE {rows}")
        editor.execute(f"DELETE FROM {each.table} WHERE {rows}")


def _columns(editor: BaseDatabaseSchemaEditor, table: str) -> dict[str, str]:
    """Its columns that can be written, each with its type."""
    with editor.connection.cursor() as cursor:
        cursor.execute(
            """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum""",
            [table],
        )
        return {editor.quote_name(name): kind for name, kind in cursor.fetchall()}


def put_back_rows(editor: BaseDatabaseSchemaEditor) -> None:
    """Moves the rows back whose targets are there again; of what is left the copy stays.

    A row whose place somebody else's has taken meanwhile is left, too. Columns are those that both tables have.
    """
    if editor.connection.vendor != "postgresql":
        return
    found = _kept_rows(editor.connection)
    # Rows of a table that points at itself come back after those that they point at.
    while any(_put_back(editor, kept, table) for kept, table in found):
        pass
    with editor.connection.cursor() as cursor:
        for kept, _ in found:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {kept})")
            if not cursor.fetchone()[0]:
                cursor.execute(f"DROP TABLE {kept}")


def _put_back(editor: BaseDatabaseSchemaEditor, kept: str, table: str) -> int:
    """Goes through the copy once, some pages at a time; returns how many rows came back."""
    q = editor.quote_name
    ready = " AND ".join(
        f"(k.{q(each.column)} IS NULL OR EXISTS (SELECT 1 FROM {each.target} t "
        f"WHERE t.{q(each.target_column)} = k.{q(each.column)}))"
        for each in _references(editor.connection, "conrelid", table)
    )
    there = _columns(editor, kept)
    columns = ", ".join(name for name in _columns(editor, table) if name in there)
    move = f"""WITH back AS (DELETE FROM {kept} WHERE ctid = ANY(%s::tid[]) RETURNING {columns})
        INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM back"""

    def moved(places: list[str]) -> int:
        try:
            with transaction.atomic(editor.connection.alias), editor.connection.cursor() as cursor:
                cursor.execute(move, [places])
                return int(cursor.rowcount)
        except IntegrityError:
            # Those halves come back that hold no such row.
            middle = len(places) // 2
            return moved(places[:middle]) + moved(places[middle:]) if middle else 0

    following, rows = by_page(editor.connection, kept, 1), 0
    low: int | None = 0
    while low is not None:
        high = following(low, PAGES_AT_ONCE)
        with editor.connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT k.ctid::text FROM {kept} k
                WHERE k.ctid >= %s::tid AND k.ctid < %s::tid AND {ready or "true"}""",
                [f"({low},0)", f"({LAST_PAGE if high is None else high},0)"],
            )
            places = [place for (place,) in cursor.fetchall()]
        if places:
            rows += moved(places)
        low = high
    return rows


def _kept_rows(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Each copy and its table, a table before those that point at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT oid::regclass::text, obj_description(oid, 'pg_class') FROM pg_class
            WHERE relname LIKE %s AND relkind = 'r' AND to_regclass(obj_description(oid, 'pg_class')) IS NOT NULL
                AND pg_table_is_visible(oid) ORDER BY oid DESC""",
            [ROWS.replace("_", "\\_") + "%"],
        )
        found: list[tuple[str, str]] = cursor.fetchall()
    return found
