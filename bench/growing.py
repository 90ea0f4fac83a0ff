"""A filled site many times over, on PostgreSQL: copies of its drivers, races and ratings, made by the server itself.

A copy's drivers race among themselves, on the tracks and in the cars of all, so what is stored of careers and records
holds for them as well. Their ratings are copied too: counted anew they would differ by what a longer series teaches.
"""

from __future__ import annotations

import os
from typing import Any

import psycopg
from django.db.models import Model
from psycopg import sql

from bench.crowd import say
from simlane.ratings.models import RatedDrive, RatedSession, Rating, RatingShare, RatingYear
from simlane.sim.models import CareerYear, Entry, EntryDriver, Event, PersonalBest, ProfileName, Session, SimProfile
from simlane.users.models import User

#: In no order: nothing looks from one to another while they come.
GROWN: tuple[type[Model], ...] = (
    *(User, SimProfile, ProfileName, Event, Session, Entry, EntryDriver, PersonalBest, CareerYear),
    *(RatedSession, RatedDrive, Rating, RatingYear),
)
#: What nobody else may have: each copy has its own. `{step}` is as far as its drivers are from the first ones.
_OWN = {
    (User, "username"): "username || 'x' || {copy}",
    (User, "search_key"): "search_key || ' x' || {copy}",
    (SimProfile, "profile_identifier"): "(profile_identifier::bigint + {step})::text",
}
_UUID = "lpad(to_hex(('x' || right({column}::text, 12))::bit(48)::bigint + {step}), 32, '0')::uuid"


def grow(times: int) -> None:
    """Makes of what is there so many times as much; needs the superuser's address in the environment.

    Indexes are made anew at the end: that is several times as fast as to keep them while rows come.
    """
    with psycopg.connect(os.environ["SIMLANE_TEST_POSTGRESQL_ADMIN_URL"], autocommit=True) as connection:
        # No trigger of a foreign key, and none of ours: the copies are as right as what they are made of.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '2GB'")
        steps = {model: _step(connection, model) for model in GROWN}
        for model in GROWN:
            _copy(connection, model, steps, times)
        connection.execute(
            sql.SQL("UPDATE {} SET drivers = drivers * %s").format(_table(RatingShare)),
            [times],
        )
        say("vacuum")
        connection.execute("VACUUM ANALYZE")


def _table(model: type[Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def _step(connection: psycopg.Connection[Any], model: type[Model]) -> int:
    """As far apart as a row and its copy are: more than there are keys."""
    key = "('x' || right(max(id::text), 12))::bit(48)::bigint" if model is SimProfile else "max(id)"
    row = connection.execute(sql.SQL("SELECT coalesce({}, 0) FROM {}").format(sql.SQL(key), _table(model))).fetchone()
    assert row is not None
    return int(row[0])


def _copy(connection: psycopg.Connection[Any], model: type[Model], steps: dict[type[Model], int], times: int) -> None:
    table = model._meta.db_table
    indexes = connection.execute(
        """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
            WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)""",
        [table],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(name)))
    connection.execute(sql.SQL("CREATE TEMPORARY TABLE seed AS TABLE {}").format(_table(model)))
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    for copy in range(1, times):
        values = sql.SQL(", ").join(_value(model, field, steps, copy) for field in fields)
        connection.execute(sql.SQL("INSERT INTO {} ({}) SELECT {} FROM seed").format(_table(model), columns, values))
        say(f"{copy + 1} of {times} {model._meta.verbose_name_plural}", passing=True)
    connection.execute("DROP TABLE seed")
    if model is not SimProfile:
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {}").format(_table(model)), [table]
        )
    for number, (name, definition) in enumerate(indexes, start=1):
        connection.execute(sql.SQL(definition))
        say(f"{number} of {len(indexes)} indexes: {name}", passing=True)


def _value(model: type[Model], field: Any, steps: dict[type[Model], int], copy: int) -> sql.Composable:
    """What the copy has in this column."""
    of = model if field.primary_key else field.related_model
    step = sql.Literal(copy * steps.get(of, 0))
    column = sql.Identifier(field.column)
    if own := _OWN.get((model, field.name)):
        return sql.SQL(own).format(step=sql.Literal(copy * steps[model]), copy=sql.Literal(copy))
    if of is SimProfile:
        return sql.SQL(_UUID).format(column=column, step=step)
    if of in steps:
        return sql.SQL("{} + {}").format(column, step)
    return column
