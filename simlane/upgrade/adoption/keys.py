"""Keys of another type than the old release's: a second key beside the first, and at the end they change names.

The first key stays the primary key, so that every other table that points at it goes on pointing.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from simlane.upgrade.adoption import columns, constraints, expressions
from simlane.upgrade.adoption.acts import Act, Kind, literal
from simlane.upgrade.adoption.context import Context, Derived
from simlane.upgrade.schema import Table
from simlane.upgrade.schema.comparing import fits

#: What a column is called while the old release serves, and the old one afterwards.
NEW, LEGACY = "adopt_", "legacy_"


def changed(wanted: dict[str, Table], has: dict[str, Table], wrong: list[str]) -> set[str]:
    """The tables whose key is of another type."""
    found = set()
    for name, table in wanted.items():
        there = has[name].columns
        if not there:
            continue
        if "id" not in there:
            wrong.append(f"{name} has no column id: only tables with that key can be adopted.")
        elif there["id"].null or not there["id"].unique:
            wrong.append(f"{name}.id is not unique or may be empty: make it the primary key first.")
        elif not fits(table.columns["id"].type, there["id"].type):
            if name == "users_user":
                wrong.append(
                    f"users_user.id is {there['id'].type}, expected {table.columns['id'].type}: sessions and other "
                    "applications point at accounts, so this cannot be adopted."
                )
            elif expressions.new_key(there["id"].type) is None and not there["id"].default:
                wrong.append(
                    f"{name}.id is {there['id'].type}: no value for new rows is known, give it a default first."
                )
            else:
                found.add(name)
    return found


def prepare(context: Context, name: str) -> Iterator[Act]:
    """The second key, which numbers new rows at once."""
    if name not in context.rekeyed:
        return
    table, type_ = context.table(name), context.wanted[name].columns["id"].type
    kept = f"sim_adopted_{name}"
    if type_ == "uuid":
        default = "gen_random_uuid()"
        before: tuple[str, ...] = ()
        sequence: tuple[str, ...] = ()
    else:
        number = f"{name}_adopt_seq"
        default = f"nextval('{number}')"
        before = (f"CREATE SEQUENCE {number}", *_grants(context, name, number), *_beyond(number, kept))
        sequence = (f"ALTER SEQUENCE {number} OWNED BY {table}.{NEW}id",)
    yield Act(
        f"add a key of {type_} to {name}",
        (
            *before,
            f"ALTER TABLE {table} ADD COLUMN {NEW}id {type_}",
            f"ALTER TABLE {table} ALTER COLUMN {NEW}id SET DEFAULT {default}",
            *sequence,
        ),
        (f"ALTER TABLE {table} DROP COLUMN {NEW}id",),
    )

    def value(row: str) -> str:
        if not _there(kept):
            return default
        return f"COALESCE((SELECT k.id FROM {kept} k WHERE k.legacy_id = {row}.id), {default})"

    context.derived[name].append(Derived(f"{NEW}id", value, (), null=False, once=True))


def _grants(context: Context, name: str, sequence: str) -> Iterator[str]:
    """Who may add rows may number them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
            FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = to_regclass(%s) AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner""",
            [context.table(name)],
        )
        yield from (f"GRANT USAGE ON SEQUENCE {sequence} TO {role}" for (role,) in cursor.fetchall())


def _beyond(sequence: str, kept: str) -> Iterator[str]:
    if _there(kept):
        yield f"SELECT setval('{sequence}', (SELECT COALESCE(max(id), 0) + 1 FROM {kept}), false)"


def _there(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return bool(cursor.fetchone()[0])


def follow(context: Context, name: str) -> Iterator[Act]:
    """Second columns that point at second keys; then both are filled, in batches, and kept in step."""
    for column in context.wanted[name].columns.values():
        if not context.points_at_rekeyed(column) or column.references is None:
            continue
        target, _ = column.references
        source = context.source(name, column.name)
        if source not in context.has[name].columns:
            context.wrong.append(f"[columns.{name}] {column.name} is missing: say which column points at {target}.")
            continue
        own, key = context.has[name].columns[source].type, context.has[target].columns["id"].type
        if own.split("(")[0] != key.split("(")[0]:
            context.wrong.append(f"{name}.{source} is {own}, but {target}.id is {key}: convert it first.")
            continue
        constraints.must_be_filled(context, name, source)
        constraints.must_point(context, name, source, target)
        added, pointed_at = _added(context, name, column.name), context.table(target)
        yield columns.add(context, name, added, column.type)
        context.derived[name].append(
            Derived(
                added,
                lambda row, pointed_at=pointed_at, source=source: (  # type: ignore[misc]
                    f'(SELECT o.{NEW}id FROM {pointed_at} o WHERE o.id = {row}."{source}")'
                ),
                (source,),
                null=False,
            )
        )


def _added(context: Context, name: str, column: str) -> str:
    return f"{NEW}{column}" if column in context.has[name].columns else column


def finish(context: Context, name: str) -> Iterator[Act]:
    """Once they are filled: indexes and constraints of second keys and of what points at them."""
    if name in context.rekeyed:
        yield constraints.index(
            f"{name}_adopt_pk", f"UNIQUE INDEX CONCURRENTLY {{name}} ON {context.table(name)} ({NEW}id)"
        )
    for column in context.wanted[name].columns.values():
        if context.points_at_rekeyed(column) and column.references:
            added = _added(context, name, column.name)
            yield constraints.index(
                f"{name}_{column.name}_adopt", f'INDEX CONCURRENTLY {{name}} ON {context.table(name)} ("{added}")'
            )
            yield from constraints.foreign_key(context, name, added, column.references[0], f"{NEW}id")


def switch(context: Context) -> Iterator[Act]:
    """In one moment the second keys get the names of the first; the old release cannot read them any more."""
    if not context.rekeyed:
        return
    forward: list[str] = []
    back: list[str] = []
    for name in context.wanted:
        table, has = context.table(name), context.has[name].columns
        renamed = ["id"] if name in context.rekeyed else []
        renamed += [
            column.name
            for column in context.wanted[name].columns.values()
            if context.points_at_rekeyed(column) and column.name in has
        ]
        for index in _indexes(context.mapping.table(name), renamed):
            aside = f"{LEGACY}{index}"[:63]
            forward.append(f'ALTER INDEX "{index}" RENAME TO "{aside}"')
            # A rollback may have built one of that name on the second key; it goes with its column. Read backwards.
            back += [
                f'ALTER INDEX "{aside}" RENAME TO "{index}"',
                f'ALTER INDEX IF EXISTS "{index}" RENAME TO "{f"{NEW}{index}"[:63]}"',
            ]
        for column in renamed:
            if f"{LEGACY}{column}" in has:
                context.wrong.append(f"{name} has a column {LEGACY}{column}: rename it first.")
            own = f"ALTER TABLE {table} ALTER COLUMN {LEGACY}{column}"
            required = column != "id" and not has[column].null
            if required:
                # Read backwards, once the column has its name again: the constraint is called after it.
                back.append(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
            forward += [
                f"ALTER TABLE {table} RENAME COLUMN {column} TO {LEGACY}{column}",
                f"ALTER TABLE {table} RENAME COLUMN {NEW}{column} TO {column}",
            ]
            back += [
                f"ALTER TABLE {table} RENAME COLUMN {LEGACY}{column} TO {column}",
                f"ALTER TABLE {table} RENAME COLUMN {column} TO {NEW}{column}",
            ]
            if required:
                forward.append(f"{own} DROP NOT NULL")
            elif column == "id" and not has["id"].default:
                forward.append(f"{own} SET DEFAULT {expressions.new_key(has['id'].type)}")
                back.append(f"{own} DROP DEFAULT")
    yield Act("switch keys", tuple(forward), tuple(reversed(back)), stops_old_release=True)
    yield from _carried_back(context)


def _carried_back(context: Context) -> Iterator[Act]:
    # Events of the adoption's own making have no first key to go back to.
    for name in (each for each in context.wanted if context.has[each].columns):
        if name in context.rekeyed:
            kept, as_text = f"sim_adopted_{name}", literal(f"sim_adopted_{name}")
            # Rows kept aside by a rollback point at the second keys: a later adoption gives the same ones again.
            yield Act(
                f"remember the keys of {name}",
                back=(
                    f"""DO $$ BEGIN
                    IF EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema()
                        AND tablename LIKE 'kept\\_%') THEN
                        EXECUTE 'DROP TABLE IF EXISTS ' || {as_text};
                        EXECUTE 'CREATE TABLE ' || {as_text} || ' AS SELECT legacy_id, id FROM {context.table(name)}';
                        EXECUTE 'CREATE UNIQUE INDEX {kept}_key ON {kept} (legacy_id)';
                    END IF; END $$""",
                ),
                stops_old_release=True,
            )
        for column in context.wanted[name].columns.values():
            if not context.points_at_rekeyed(column) or column.references is None:
                continue
            source = context.source(name, column.name)
            own = f"{LEGACY}{column.name}" if source == column.name else source
            yield Act(
                f"carry {name}.{column.name} back",
                back=(
                    f"""UPDATE {context.table(name)} t SET "{own}" = o.{LEGACY}id
                    FROM {context.table(column.references[0])} o
                    WHERE {{range}} AND o.id = t."{column.name}" AND t."{own}" IS DISTINCT FROM o.{LEGACY}id""",
                ),
                kind=Kind.BATCHES,
                table=context.mapping.table(name),
                stops_old_release=True,
            )


def _indexes(table: str, of: list[str]) -> list[str]:
    """The indexes with one of these columns; their names would be wanted again by the new ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
            WHERE i.indrelid = to_regclass(quote_ident(%s)) AND a.attname = ANY(%s) ORDER BY 1""",
            [table, of],
        )
        return [name for (name,) in cursor.fetchall()]
