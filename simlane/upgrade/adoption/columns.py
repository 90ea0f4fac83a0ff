"""The acts that give an install's tables the columns of the old release, and take them away again."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction
from django.db.utils import DatabaseError

from simlane.upgrade.adoption import constraints, expressions, simulators
from simlane.upgrade.adoption.acts import Act, Kind, literal
from simlane.upgrade.adoption.context import Context, Derived
from simlane.upgrade.adoption.mapping import Value
from simlane.upgrade.schema import Column
from simlane.upgrade.schema.comparing import fits
from simlane.upgrade.schema.expected import length


def adapt(context: Context, name: str) -> Iterator[Act]:
    """Adds and alters the columns of one table that are no keys."""
    has = context.has[name]
    for column in context.wanted[name].columns.values():
        if context.points_at_rekeyed(column) or (column.name == "id" and name in context.rekeyed):
            continue
        if column.name in has.columns:
            yield from _altered(context, name, column, has.columns[column.name])
        else:
            yield from _added(context, name, column)
    for extra in has.columns.values():
        if extra.name not in context.wanted[name].columns and not extra.null and not extra.default:
            yield _optional(context, name, extra)


def _optional(context: Context, name: str, extra: Column) -> Act:
    table, what = context.table(name), f'ALTER COLUMN "{extra.name}"'
    given = context.mapping.columns.get(name, {}).get(extra.name)
    default = literal(given.value) if isinstance(given, Value) else expressions.default_for(extra)
    if default is None:
        return Act(
            f"{name}.{extra.name} may be left empty",
            (f"ALTER TABLE {table} {what} DROP NOT NULL",),
            _required_again(context, name, extra),
        )
    return Act(
        f"{name}.{extra.name} has a default",
        (f"ALTER TABLE {table} {what} SET DEFAULT {default}",),
        (f"ALTER TABLE {table} {what} DROP DEFAULT",),
    )


def _required_again(context: Context, name: str, extra: Column) -> tuple[str, ...]:
    """Forbids NULL again: a text that the new release's rows lack is empty.

    Such rows leave it allowed where there is no text, or the empty one breaks a constraint of the install's.
    """
    table = context.table(name)
    filled = ""
    if length(extra.type) is not None and extra.references is None:
        filled = f'UPDATE {table} SET "{extra.name}" = \'\' WHERE "{extra.name}" IS NULL;'
    return (
        f"""DO $adopt$ BEGIN {filled}
            ALTER TABLE {table} ALTER COLUMN "{extra.name}" SET NOT NULL;
        EXCEPTION WHEN integrity_constraint_violation THEN NULL; END $adopt$""",
    )


def _added(context: Context, name: str, column: Column) -> Iterator[Act]:
    given = context.mapping.columns.get(name, {}).get(column.name)
    place = (name, column.name)
    if place == ("sim_simulator", "slug"):
        yield add(context, name, column.name, column.type)
        here = context.has[name]
        context.derived[name].append(
            Derived("slug", lambda row: simulators.slug_expression(context.mapping, here, row, "id"), (), null=False)
        )
    elif place == ("sim_simprofile", "profile_data") and given is None:
        yield from _platform(context, name, column)
    elif isinstance(given, str):
        if trouble := _cannot(f'SELECT max(("{given}"::{column.type})::text) FROM {context.table(name)}'):
            context.wrong.append(f"[columns.{name}] {column.name}: {given} cannot become {column.type}: {trouble}")
            return
        if not column.null:
            constraints.must_be_filled(context, name, given)
        if column.unique:
            constraints.must_differ(context, name, given)
        if column.references:
            constraints.must_point(context, name, given, column.references[0], column.type)
        yield add(context, name, column.name, column.type)
        context.derived[name].append(
            Derived(column.name, lambda row: f'{row}."{given}"::{column.type}', (given,), column.null)
        )
    elif isinstance(given, Value) and (column.references or column.unique):
        context.wrong.append(f"[columns.{name}] {column.name}: it differs from row to row, so say which column has it.")
    elif isinstance(given, Value) or place in expressions.USUAL:
        value = given.value if isinstance(given, Value) else expressions.USUAL[place]
        if trouble := _cannot(f"SELECT {literal(value)}::{column.type}"):
            context.wrong.append(f"[columns.{name}] {column.name}: {value!r} cannot be {column.type}: {trouble}")
            return
        yield add(context, name, column.name, f"{column.type} DEFAULT {literal(value)} NOT NULL")
    elif column.null:
        yield add(context, name, column.name, column.type)
    else:
        context.wrong.append(
            f"[columns.{name}] {column.name} ({column.type}) is missing: say which column has it, or {{ value = ... }}."
        )


def _platform(context: Context, name: str, column: Column) -> Iterator[Act]:
    if context.mapping.platform_column is None:
        yield add(context, name, column.name, "jsonb DEFAULT '{}' NOT NULL")
        return
    yield add(context, name, column.name, column.type)
    simulator, target = context.source(name, "simulator_id"), context.mapping.table("sim_simulator")
    context.derived[name].append(
        Derived(
            column.name,
            lambda row: expressions.platform_data(context.mapping, row, target, simulator),
            (context.mapping.platform_column, simulator),
            null=False,
        )
    )


def add(context: Context, name: str, column: str, definition: str) -> Act:
    """Adds a column, without looking at a row."""
    table = context.table(name)
    return Act(
        f"add {name}.{column}",
        (f'ALTER TABLE {table} ADD COLUMN "{column}" {definition}',),
        (f'ALTER TABLE {table} DROP COLUMN "{column}"',),
    )


def _altered(context: Context, name: str, wanted: Column, has: Column) -> Iterator[Act]:
    table, place = context.table(name), f"{name}.{wanted.name}"
    if not fits(wanted.type, has.type):
        if length(wanted.type) is None or length(has.type) is None:
            context.wrong.append(f"{place} is {has.type}, expected {wanted.type}: convert it first.")
            return
        yield Act(
            f"widen {place}",
            (f'ALTER TABLE {table} ALTER COLUMN "{wanted.name}" TYPE {wanted.type}',),
            (f'ALTER TABLE {table} ALTER COLUMN "{wanted.name}" TYPE {has.type}',),
        )
    if wanted.null and not has.null:
        yield Act(
            f"{place} may be empty",
            (f'ALTER TABLE {table} ALTER COLUMN "{wanted.name}" DROP NOT NULL',),
            (f'ALTER TABLE {table} ALTER COLUMN "{wanted.name}" SET NOT NULL',),
        )
    if has.null and not wanted.null:
        constraints.must_be_filled(context, name, wanted.name)
        yield from constraints.not_null(context, name, wanted.name, stays=True)
    if wanted.unique and not has.unique:
        constraints.must_differ(context, name, wanted.name)
        yield constraints.unique(context, name, wanted.name)
    if wanted.numbered and not has.numbered:
        yield constraints.numbered(context, name, wanted.name)
    if wanted.references and has.references is None:
        target, other = wanted.references
        constraints.must_point(context, name, wanted.name, target)
        yield from constraints.foreign_key(context, name, wanted.name, target, other)
    elif wanted.references and has.references:
        target, other = context.mapping.table(wanted.references[0]), wanted.references[1]
        if (has.references[0].strip('"'), has.references[1]) != (target, other):
            there = ".".join(has.references)
            context.wrong.append(f"{place} points at {there}, expected {target}.{other}: point it there first.")


def create_events(context: Context) -> Act:
    """An install without events gets a table for them; on the way back those that came since wait in another.

    With the install's own keys of simulators: those of a later adoption may be others.
    """
    key = "adopt_id" if "sim_simulator" in context.rekeyed else "id"
    kept, pointed_at = "sim_adopted_sim_event", context.table("sim_simulator")
    own = "id, name, starts_at, created_at, event_source"
    events = f"SELECT e.{own.replace(', ', ', e.')}, s.id::text AS simulator FROM sim_event e JOIN {pointed_at} s"
    return Act(
        "create sim_event",
        (
            f"""CREATE TABLE sim_event (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            name varchar(255) NOT NULL, starts_at timestamptz, created_at timestamptz NOT NULL,
            simulator_id bigint NOT NULL REFERENCES {pointed_at} ({key})
                DEFERRABLE INITIALLY DEFERRED, event_source varchar(30) NOT NULL)""",
            "CREATE INDEX sim_event_simulator_id_adopt ON sim_event (simulator_id)",
            f"""DO $adopt$ BEGIN IF to_regclass('{kept}') IS NOT NULL THEN
                WITH known AS (DELETE FROM {kept} e USING {pointed_at} s WHERE s.id::text = e.simulator
                    RETURNING e.*, s.{key} AS key)
                INSERT INTO sim_event ({own}, simulator_id) SELECT {own}, key FROM known;
                PERFORM setval(pg_get_serial_sequence('sim_event', 'id'), max(id)) FROM sim_event;
            END IF; END $adopt$""",
        ),
        (
            f"""DO $adopt$ BEGIN IF EXISTS (SELECT 1 FROM sim_event) THEN
                CREATE TABLE IF NOT EXISTS {kept} AS {events} ON false;
                INSERT INTO {kept} {events} ON s.{key} = e.simulator_id;
            END IF; END $adopt$""",
            "DROP TABLE sim_event",
        ),
    )


def rename_tables(context: Context) -> Iterator[Act]:
    """Gives the tables the old release's names."""
    for name, table in context.mapping.tables.items():
        if name != table:
            yield Act(
                f"rename {table}",
                (f'ALTER TABLE "{table}" RENAME TO "{name}"',),
                (f'ALTER TABLE "{name}" RENAME TO "{table}"',),
                stops_old_release=True,
            )


def look_before_going_back(context: Context) -> Iterator[Act]:
    """What an install's own columns, narrower than the old release's or never empty, may find in rows that came since.

    By the names that tables and columns have at the end.
    """
    for name, table in context.wanted.items():
        given = context.mapping.columns.get(name, {})
        for column in table.columns.values():
            source = given.get(column.name, column.name)
            own = context.has[name].columns.get(source) if isinstance(source, str) else None
            if own is None or column.name == "id" or context.points_at_rekeyed(column):
                continue
            size, own_size = length(column.type), length(own.type)
            if column.null and not own.null:
                yield _look(context, name, f"{source} may not be empty", f't."{column.name}" IS NULL')
            if size is not None and own_size is not None and own_size < size:
                yield _look(context, name, f"{source} is {own.type}", f'length(t."{column.name}") > {own_size}')


def _look(context: Context, name: str, why: str, condition: str) -> Act:
    return Act(f"{name}.{why}", back=(condition,), kind=Kind.CHECK, table=name, stops_old_release=context.renames)


def carry_back(context: Context) -> Iterator[Act]:
    """On the way back an install's own column gets what the old release's column says by then."""
    for name, given in context.mapping.columns.items():
        for column, source in given.items():
            if not isinstance(source, str) or context.points_at_rekeyed(context.wanted[name].columns[column]):
                continue
            own, wanted = context.has[name].columns[source].type, context.wanted[name].columns[column].type
            yield Act(
                f"carry {name}.{column} back",
                back=(
                    # As the column was filled: what did not fit into it whole is no change.
                    f"""UPDATE "{name}" t SET "{source}" = t."{column}"::{own}
                    WHERE {{range}} AND t."{column}" IS DISTINCT FROM t."{source}"::{wanted}""",
                ),
                kind=Kind.BATCHES,
                table=name,
                stops_old_release=context.renames,
            )


def _cannot(sql: str) -> str | None:
    """Why a query fails, or None when it does not."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError as error:
        return str(error).splitlines()[0]
    return None
