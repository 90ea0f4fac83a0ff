"""Fills the columns that an adoption adds, and keeps them filled while the old release goes on writing."""

from __future__ import annotations

from collections.abc import Iterator

from simlane.upgrade.adoption import constraints, keys
from simlane.upgrade.adoption.acts import Act, Kind
from simlane.upgrade.adoption.context import Context, Derived


def keep_in_step(context: Context, name: str) -> Iterator[Act]:
    """Triggers for what is written from now on, batches for what is there; then the constraints."""
    derived = context.derived[name]
    if filled := [each for each in derived if not each.once]:
        yield _triggers(context, name, filled)
    for each in derived:
        value = each.expression("t")
        left = f't."{each.target}" IS ' + ("NULL" if each.once else f"DISTINCT FROM {value}")
        yield Act(
            f"fill {name}.{each.target}",
            (f'UPDATE {context.table(name)} t SET "{each.target}" = {value} WHERE {{range}} AND {left}',),
            kind=Kind.BATCHES,
            table=context.mapping.table(name),
        )
        if not each.null:
            yield from constraints.not_null(context, name, each.target)
        wanted = context.wanted[name].columns.get(each.target)
        if wanted and wanted.unique:
            yield constraints.unique(context, name, each.target)
        if wanted and wanted.references and not context.points_at_rekeyed(wanted):
            yield constraints.index(
                f"{name}_{each.target}_adopt", f'INDEX CONCURRENTLY {{name}} ON {context.table(name)} ("{each.target}")'
            )
            yield from constraints.foreign_key(context, name, each.target, *wanted.references)
    yield from keys.finish(context, name)


def _triggers(context: Context, name: str, derived: list[Derived]) -> Act:
    table, function = context.table(name), f"sim_adopt_{name}"
    inserted = " ".join(
        f'IF NEW."{each.target}" IS NULL THEN NEW."{each.target}" := {each.expression("NEW")}; END IF;'
        for each in derived
    )
    # By a statement of its own, so that the triggers of the upgrade see which columns it writes.
    updated = " ".join(
        f"""IF {_changed(each)} THEN
            UPDATE {table} t SET "{each.target}" = {each.expression("t")} WHERE t.id = NEW.id; END IF;"""
        for each in derived
        if each.sources
    )
    sources = sorted({source for each in derived for source in each.sources})
    form = "() RETURNS trigger LANGUAGE plpgsql AS"
    forward = [
        f"CREATE OR REPLACE FUNCTION {function}_insert{form} $adopt$ BEGIN {inserted} RETURN NEW; END $adopt$",
        f"""CREATE TRIGGER sim_adopt_1_insert BEFORE INSERT ON {table}
        FOR EACH ROW EXECUTE FUNCTION {function}_insert()""",
    ]
    if sources:
        names = ", ".join(f'"{source}"' for source in sources)
        forward += [
            f"CREATE OR REPLACE FUNCTION {function}_update{form} $adopt$ BEGIN {updated} RETURN NULL; END $adopt$",
            f"""CREATE TRIGGER sim_adopt_2_update AFTER UPDATE OF {names} ON {table}
            FOR EACH ROW EXECUTE FUNCTION {function}_update()""",
        ]
    return Act(f"keep {name} in step", tuple(forward), drop_triggers(name))


def _changed(each: Derived) -> str:
    return " OR ".join(f'NEW."{source}" IS DISTINCT FROM OLD."{source}"' for source in each.sources)


def drop_triggers(name: str) -> tuple[str, ...]:
    """Ends them."""
    return tuple(f"DROP FUNCTION IF EXISTS sim_adopt_{name}_{each} CASCADE" for each in ("insert", "update"))


def end(context: Context) -> Iterator[Act]:
    """Once the old release has stopped, its columns may change their names: the triggers go first."""
    names = [name for name, derived in context.derived.items() if any(not each.once for each in derived)]
    if names and (context.rekeyed or context.mapping.tables):
        yield Act(
            "stop keeping in step",
            tuple(statement for name in names for statement in drop_triggers(name)),
            stops_old_release=True,
        )
