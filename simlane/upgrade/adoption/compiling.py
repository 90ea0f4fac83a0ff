"""Compares an install with the old release's schema and makes the acts that bring it there, by its mapping file."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from simlane.sim.database import rights
from simlane.upgrade.adoption import columns, keys, records, simulators, step
from simlane.upgrade.adoption.acts import Act
from simlane.upgrade.adoption.context import Context
from simlane.upgrade.adoption.mapping import Mapping, MappingError, Value
from simlane.upgrade.schema import actual
from simlane.upgrade.schema.expected import Table, created, expected


def compile_acts(mapping: Mapping, pending: list[tuple[str, str]]) -> list[Act]:
    """The acts in order: those beside which the old release serves come first. Raises MappingError."""
    there = actual.tables(connection)
    wanted = expected(connection)
    wrong = list(_misnamed(mapping, wanted, there))
    if wrong:
        raise MappingError(wrong)
    has = {name: actual.table(connection, mapping.table(name)) for name in wanted}
    wrong += _miscolumned(mapping, wanted, has)
    wrong += simulators.mistakes(mapping, has["sim_simulator"])
    if wrong:
        raise MappingError(wrong)
    context = Context(mapping, wanted, has, keys.changed(wanted, has, wrong), wrong)
    acts = list(_acts(context, pending, there))
    if wrong:
        raise MappingError(wrong)
    if acts:
        acts = [*_shared(mapping), *acts]
    return [act for act in acts if not act.stops_old_release] + [act for act in acts if act.stops_old_release]


def _shared(mapping: Mapping) -> Iterator[Act]:
    """Who may do something with the tables that are there may do it with those to come, the adoption's own too."""
    for grant in rights.missing(connection, [mapping.table(name) for name in rights.neighbours()]):
        yield Act(f"grant {grant.right} on new {grant.kind.lower()} to {grant.role}", (grant.sql,), (grant.undone,))


def _acts(context: Context, pending: list[tuple[str, str]], there: set[str]) -> Iterator[Act]:
    for name in context.wanted:
        if not context.has[name].columns:
            continue
        yield from keys.prepare(context, name)
        yield from columns.adapt(context, name)
    for name in context.wanted:
        if context.has[name].columns:
            yield from keys.follow(context, name)
            yield from step.keep_in_step(context, name)
        else:
            yield columns.create_events(context)
    yield from step.end(context)
    yield from keys.switch(context)
    yield from columns.rename_tables(context)
    for table in context.mapping.aside:
        yield Act(
            f"set {table} aside",
            (f'ALTER TABLE "{table}" RENAME TO "legacy_{table}"',),
            (f'ALTER TABLE "legacy_{table}" RENAME TO "{table}"',),
            stops_old_release=True,
        )
    in_the_way = [name for name in created(pending) if name in there and name not in context.mapping.aside]
    context.wrong += [
        f'the table {name} stands where the upgrade creates one: [aside] tables = ["{name}"] renames it.'
        for name in in_the_way
    ]
    yield from columns.carry_back(context)
    yield from columns.look_before_going_back(context)
    yield from records.acts(stops=context.renames)


def _misnamed(mapping: Mapping, wanted: dict[str, Table], there: set[str]) -> Iterator[str]:
    for name in wanted:
        table = mapping.table(name)
        if table not in there and (name != "sim_event" or table != name):
            hint = f" ({name} in [tables])" if table == name else ""
            yield f"[tables] {name}: there is no table {table}{hint}."
        if table != name and name in there:
            yield f"[tables] {name}: a table of that name is there as well as {table}; set it aside or leave this out."
    for table in mapping.aside:
        if table not in there:
            yield f"[aside] there is no table {table}."


def _miscolumned(mapping: Mapping, wanted: dict[str, Table], has: dict[str, Table]) -> Iterator[str]:
    for name, given in mapping.columns.items():
        for column, source in given.items():
            place = f"[columns.{name}] {column}"
            if column not in wanted[name].columns and isinstance(source, Value) and column in has[name].columns:
                # A default for the new release's rows.
                continue
            if column not in wanted[name].columns:
                yield f"{place}: not a column of the old release; these are {', '.join(wanted[name].columns)}."
            elif column in has[name].columns:
                yield f"{place}: {mapping.table(name)} has that column already; leave this line out."
            elif isinstance(source, str) and source not in has[name].columns:
                yield f"{place}: {mapping.table(name)} has no column {source}."
    profiles = has["sim_simprofile"].columns
    if (holder := mapping.platform_column) is not None:
        if holder not in profiles:
            yield f"[platform_id] column: {mapping.table('sim_simprofile')} has no column {holder}."
        elif profiles[holder].type in {"json", "jsonb"} and mapping.platform_key is None:
            yield f"[platform_id] {holder} is JSON: say with key = ... which of its keys is the id."
        elif profiles[holder].type not in {"json", "jsonb"} and mapping.platform_key is not None:
            yield f"[platform_id] {holder} is {profiles[holder].type}, not JSON: leave key out."
        if "profile_data" in profiles:
            yield "[platform_id] the profiles have profile_data already: leave this section out."
