"""In which scope events and their files are: 0, what counts, or the key of a league that nobody has confirmed.

Single statements: an install of the old model, where events are many, has no leagues yet.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

#: Of rows that an index would refuse all but the first, where what counts goes first, get a mark: their beginning, and
#: the key that makes it one row's. No digest holds a "-", and an event with a mark still is one with a number.
_ASIDE = """UPDATE {table} SET {column} = substr({column}, 1, 40) || '-' || id WHERE {column} <> '' AND EXISTS (
    SELECT 1 FROM {table} o WHERE o.{column} = {table}.{column} AND {same}
    AND (o.scope, o.id) < ({table}.scope, {table}.id))"""
_SIMULATOR = "o.simulator_id = sim_event.simulator_id"
DIGESTS = ("sha256", "content_sha256")

_EVENTS = (
    # Of what changed at an older schema.
    "UPDATE sim_event SET scope = 0 WHERE scope <> 0 AND (league_id IS NULL OR league_id <> scope)",
    """UPDATE sim_event SET scope = league_id
    WHERE scope = 0 AND league_id IN (SELECT id FROM sim_league WHERE NOT trusted)""",
    _ASIDE.format(table="sim_event", column="platform_id", same=f"{_SIMULATOR} AND o.scope = sim_event.scope"),
)
_FILES = (
    """UPDATE results_resultfile SET scope = e.scope FROM sim_event e
    WHERE e.id = event_id AND e.scope <> results_resultfile.scope""",
    *(
        _ASIDE.format(table="results_resultfile", column=digest, same="o.scope = results_resultfile.scope")
        for digest in DIGESTS
    ),
)


def fill_events(connection: BaseDatabaseWrapper) -> None:
    """Puts every event into its scope; again does no harm."""
    _run(connection, *_EVENTS)


def are_used(connection: BaseDatabaseWrapper) -> bool:
    """Whether any event does not count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM sim_event WHERE scope <> 0)")
        return bool(cursor.fetchone()[0])


def fill_files(connection: BaseDatabaseWrapper) -> None:
    """Puts every file into its event's scope; again does no harm."""
    _run(connection, *_FILES)


def set_numbers_aside(connection: BaseDatabaseWrapper) -> None:
    """Leaves each number to one event of the site, for a schema without scopes; the others' must be kept before."""
    _run(connection, _ASIDE.format(table="sim_event", column="platform_id", same=_SIMULATOR))


def set_digests_aside(connection: BaseDatabaseWrapper) -> None:
    """Leaves each digest to one file of the site, for a schema without scopes; the others' must be kept before."""
    _run(connection, *(_ASIDE.format(table="results_resultfile", column=digest, same="true") for digest in DIGESTS))


def _run(connection: BaseDatabaseWrapper, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
