"""The acts an adoption is made of, each with its way back, and the journal in the database that says which are done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

JOURNAL = "sim_adoption"


class Kind(StrEnum):
    """How an act is carried out."""

    #: Statements in one transaction.
    TOGETHER = "together"
    #: Statements each on its own, as an index built concurrently must be; again does no harm.
    ALONE = "alone"
    #: One statement in batches of keys: `{range}` stands for the condition on them.
    BATCHES = "batches"
    #: Nothing is done; before the way back begins no row `t` of the table may fulfil the conditions in `back`.
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Act:
    """`forward` and `back` are SQL; an empty one does nothing. `table` is what batches run over."""

    name: str
    forward: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    kind: Kind = Kind.TOGETHER
    table: str = ""
    #: Whether the old release cannot serve afterwards.
    stops_old_release: bool = False


def literal(text: object) -> str:
    """As an SQL constant."""
    if isinstance(text, bool):
        return "true" if text else "false"
    if isinstance(text, int):
        return str(text)
    return "'" + str(text).replace("'", "''") + "'"


def begun() -> bool:
    """Whether there is an adoption that is not undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [JOURNAL])
        return bool(cursor.fetchone()[0])


def write(acts: list[Act], checksum: str) -> None:
    """Writes down what is to be done, before anything is."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE TABLE {JOURNAL} (number integer PRIMARY KEY, name text NOT NULL, kind text NOT NULL,
            of_table text NOT NULL, forward jsonb NOT NULL, back jsonb NOT NULL, stops_old_release boolean NOT NULL,
            mapping text NOT NULL, done_at timestamptz)"""
        )
        cursor.executemany(
            f"INSERT INTO {JOURNAL} VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    number,
                    act.name,
                    act.kind,
                    act.table,
                    json.dumps(act.forward),
                    json.dumps(act.back),
                    act.stops_old_release,
                    checksum,
                )
                for number, act in enumerate(acts)
            ],
        )


def read() -> list[tuple[int, bool, Act]]:
    """The acts in order, with their numbers and whether each is done."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT number, done_at IS NOT NULL, name, kind, of_table, forward::text, back::text, stops_old_release
            FROM {JOURNAL} ORDER BY number"""
        )
        return [
            (
                number,
                done,
                Act(name, tuple(json.loads(forward)), tuple(json.loads(back)), Kind(kind), table, stops),
            )
            for number, done, name, kind, table, forward, back, stops in cursor.fetchall()
        ]


def checksum() -> str:
    """Of the mapping file that the adoption began with."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT mapping FROM {JOURNAL} LIMIT 1")
        return str(cursor.fetchone()[0])


def mark(number: int, *, done: bool) -> None:
    """Notes an act as done or not done."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {JOURNAL} SET done_at = CASE WHEN %s THEN clock_timestamp() END WHERE number = %s", [done, number]
        )


def forget() -> None:
    """Ends the journal: everything is undone."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {JOURNAL}")
