"""Sites on PostgreSQL whose laps move into partitions: each in a database of its own, with a role that only writes."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from simlane.sim.legacy import batches
from simlane.sim.models import Entry, Event, Lap, Session, Simulator
from tests import databases, postgres
from tests.upgrade.conftest import on_database

LAPS = 10
START = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "of-a-test"

Rows = dict[tuple[int, int], int]


def partition_laps(*arguments: str, code: int = 0) -> str:
    """What the command says; it must end with `code`."""
    output, ended = io.StringIO(), 0
    try:
        call_command("partition_laps", *arguments, stdout=output)
    except CommandError as error:
        output.write(f"CommandError: {error}")
        ended = error.returncode
    assert ended == code, output.getvalue()
    return output.getvalue()


def race(entries: int, at: datetime = START) -> Event:
    """An event with that many entries of ten laps each."""
    simulator = Simulator.objects.order_by("pk")[0]
    event = Event.objects.create(simulator=simulator, name=f"Race of {at:%Y}", listed_at=at)
    session = Session.objects.create(event=event, kind="race", number=1, name="Race", started_at=at)
    made = Entry.objects.bulk_create(Entry(session=session, row=row) for row in range(entries))
    Lap.objects.bulk_create(
        Lap(entry=entry, number=number, seat=0, time_ms=90_000 + number) for entry in made for number in range(LAPS)
    )
    return event


def stored() -> Rows:
    """Every lap in the database, by entry and number, with its time."""
    return {(entry, number): time for entry, number, time in Lap.objects.values_list("entry", "number", "time_ms")}


@pytest.fixture
def site(database_server: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """`connection` to a site of 60 entries, whose laps go in batches of a few; the address of the role that writes."""
    monkeypatch.setattr(batches, "FIRST", 60)
    monkeypatch.setattr(batches, "SMALLEST", 20)
    monkeypatch.setattr(batches, "LARGEST", 60)
    with database() as address:
        for year in range(3):
            race(20, START + timedelta(days=730 * year))
        yield address


@contextmanager
def database() -> Iterator[str]:
    name = f"simlane_laps_{secrets.token_hex(6)}"
    role, server = f"{name}_app", str(connection.settings_dict["NAME"])
    databases.copy_database(databases.NEWEST, name)
    with postgres.administrator(server) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    try:
        with on_database(databases.database_url(name)):
            with connection.cursor() as cursor:
                cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
            address = databases.database_url(name).rpartition("@")[2]
            yield f"postgresql://{role}:{PASSWORD}@{address}"
    finally:
        with postgres.administrator(server) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute(f"DROP ROLE {role}")


def query(sql: str) -> list[tuple[object, ...]]:
    """The rows that the owner gets."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def ended(pid: int) -> None:
    """Ends a session from outside, as a kill of its process does."""
    with psycopg.connect(databases.database_url(str(connection.settings_dict["NAME"])), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        while other.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() != (0,):
            pass
