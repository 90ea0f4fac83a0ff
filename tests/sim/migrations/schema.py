"""The schema of the test's database as text: tables, constraints, indexes, triggers, functions, and filled rows.

Tables of libraries are left out, since their own migrations make them. The text is the same for every supported version
of a database: PostgreSQL's is put together from what its catalogs deparse.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

_COLUMNS = """SELECT a.attrelid::regclass::text, 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
        || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || a.attidentity::text END
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid::regclass::text = ANY(%s)"""
# PostgreSQL 18 has a constraint for each NOT NULL: the columns say that.
_CONSTRAINTS = """SELECT conrelid::regclass::text, 'constraint ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype NOT IN ('n', 't') AND conrelid::regclass::text = ANY(%s)"""
_INDEXES = """SELECT indrelid::regclass::text, CASE WHEN indisvalid THEN '' ELSE 'invalid ' END || 'index '
        || pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid::regclass::text = ANY(%s)"""
_TRIGGERS = """SELECT tgrelid::regclass::text, 'trigger ' || pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY(%s)"""
# What folds and lowers text is put together from the tables of Python's Unicode and of the server's locale.
_FUNCTIONS = """SELECT CASE WHEN p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql')
        THEN p.oid::regprocedure || ' in SQL, ' ELSE pg_get_functiondef(p.oid) END
        || CASE WHEN has_function_privilege('public', p.oid, 'execute') THEN 'everybody' ELSE 'the owner' END
        || ' may execute it'
    FROM pg_proc p WHERE pronamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY p.oid::regprocedure::text"""


def schema() -> str:
    """The schema of the test's own database."""
    lines = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    return "\n".join([*lines, "", *_simulators(), ""])


def added(text: str, to: str) -> str:
    """What the schema `text` has and another one has not: functions, tables, lines of tables. Rows do not count."""
    known = {part.partition("\n")[0]: part.splitlines() for part in to.split("\n\n")}
    found = []
    for part in text.split("\n\n"):
        name, *lines = part.splitlines()
        new = [line for line in lines if line not in known.get(name, [])]
        if (new or name not in known) and not name.startswith("simulator "):
            found.append("\n".join([name, *(new if name.startswith("table ") else lines)]))
    return "\n\n".join(found) + "\n"


def _tables_of_libraries() -> set[str]:
    models = apps.get_models(include_auto_created=True)
    theirs = {model._meta.db_table for model in models if not model.__module__.startswith("simlane.")}
    return theirs | {MigrationRecorder.Migration._meta.db_table}


def _postgresql() -> Iterator[str]:
    tables = sorted(set(connection.introspection.table_names()) - _tables_of_libraries())
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")
        yield from (line for (line,) in cursor.fetchall())
        parts: dict[str, list[str]] = {table: [] for table in tables}
        for query in (_COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS):
            cursor.execute(query, [tables])
            for table, line in sorted(cursor.fetchall()):
                parts[table].append(line)
        for table in tables:
            yield from ("", f"table {table}", *parts[table])
        cursor.execute(_FUNCTIONS)
        for (definition,) in cursor.fetchall():
            yield from ("", *_stripped(definition))


def _sqlite() -> Iterator[str]:
    with connection.cursor() as cursor:
        # SQLite makes these itself for each full-text table.
        cursor.execute("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
        hidden = _tables_of_libraries() | {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY tbl_name, type, name")
        for table, sql in cursor.fetchall():
            if table not in hidden and not table.startswith("sqlite_"):
                yield from ("", *(_by_lines(sql) if sql.startswith("CREATE TABLE") else _stripped(sql)))


def _stripped(sql: str) -> Iterator[str]:
    yield from (line.strip() for line in sql.splitlines() if line.strip())


def _by_lines(sql: str) -> Iterator[str]:
    """A CREATE TABLE with a column or constraint a line, so that a difference is a short one."""
    depth, line = 0, ""
    for character in sql:
        depth += {"(": 1, ")": -1}.get(character, 0)
        line += character
        if depth == 1 and character in "(,":
            yield line.strip()
            line = ""
    yield line.strip()


def _simulators() -> Iterator[str]:
    """The rows that a migration fills."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, name, identifier_kind FROM sim_simulator ORDER BY slug")
        for row in cursor.fetchall():
            yield f"simulator {', '.join(row)}"
