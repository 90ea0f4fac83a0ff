"""A database at any migration, rows of the old release, and dumps to compare."""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps as live
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import databases
from tests.databases import LEGACY

HEAD = "0057_whole_words"
START = datetime(2024, 1, 1, 12, tzinfo=UTC)
#: The columns the old release knows.
LEGACY_COLUMNS = ("id", "user_id", "simulator_id", "profile_name", "profile_data", "is_verified", "created_at")
#: Fixtures that copy a database of their own.
ELSEWHERE = {"old", "populated", "moved", "used", "stored"}

Migrate = Callable[[str], Apps]
#: Rows, and what became of them: it makes them, and goes on at each point with the models as they are there.
Kind = Generator[None, Apps, None]


@pytest.fixture
def migrate(transactional_db: None, request: pytest.FixtureRequest) -> Migrate:
    """Brings the database to a migration of `sim` and gives the models as they are there.

    It starts at the newest one, or where a fixture of `ELSEWHERE` takes it.
    """
    if ELSEWHERE.isdisjoint(request.fixturenames):
        databases.come_back()
    databases.leave()

    def to(name: str) -> Apps:
        with collecting_afterwards():
            # At the newest of all apps, the models are those in use.
            call_command("migrate", *(() if name == HEAD else ("sim", name)), verbosity=0)
        return live if name == HEAD else models_at(name)

    return to


def at_legacy() -> Apps:
    """A database where the old release's schema came back, without rows; the models as they are there."""
    databases.reset(databases.BACK)
    return models_at(LEGACY)


@cache
def models_at(name: str) -> Apps:
    return MigrationExecutor(connection).loader.project_state([("sim", name)]).apps


@contextmanager
def collecting_afterwards() -> Iterator[None]:
    """Migrations make thousands of model classes: to look for unused ones all the while takes a third of their time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def go_together(subtests: pytest.Subtests, migrate: Migrate, kinds: Mapping[str, Kind], *points: str) -> None:
    """One way for rows of all kinds: to migrate takes seconds, however many they are."""
    for kind in kinds.values():
        next(kind)
    left = dict(kinds)
    for point in points:
        apps = migrate(point)
        for name, kind in list(left.items()):
            with subtests.test(name):
                try:
                    kind.send(apps)
                except StopIteration:
                    del left[name]


class Old:
    """The old release's rows, at `sim.0008`."""

    def __init__(self, apps: Apps, seed: int | None = None) -> None:
        self.apps = apps
        self.dice = random.Random(seed)
        self.user_model = apps.get_model("users", "User")
        self.simulators = {
            slug: apps.get_model("sim", "Simulator").objects.get_or_create(slug=slug, defaults={"name": name})[0]
            for slug, name in (("iracing", "iRacing"), ("acc", "ACC"), ("home-brew", "Home brew"))
        }
        self.count = 0

    def user(self, name: str) -> Any:
        return self.user_model.objects.get_or_create(username=name)[0]

    def profile(
        self,
        name: str = "Alice Amber",
        data: object = None,
        *,
        user: str = "alice",
        simulator: str = "iracing",
        verified: bool = False,
        key: UUID | None = None,
        created_at: datetime | None = None,
    ) -> UUID:
        """A row as the old release writes it; each is a day younger than the one before."""
        self.count += 1
        model = self.apps.get_model("sim", "SimProfile")
        row = model(
            pk=key or UUID(int=self.dice.getrandbits(128), version=4),
            profile_name=name,
            profile_data={} if data is None else data,
            user=self.user(user),
            simulator=self.simulators[simulator],
            is_verified=verified,
        )
        row.save(force_insert=True)
        self.last_created_at = created_at or START + timedelta(days=self.count)
        model.objects.filter(pk=row.pk).update(created_at=self.last_created_at)
        return row.pk


@pytest.fixture
def old(migrate: Migrate) -> Old:
    return empty_legacy()


def empty_legacy() -> Old:
    """The old release's schema without a row, in the test's database."""
    apps = at_legacy()
    # The simulators that newer migrations made are not an old install's.
    apps.get_model("sim", "Simulator").objects.all().delete()
    # The same keys in each test: those with the same rows can share what becomes of them.
    return Old(apps, seed=0)


def every_character() -> list[str]:
    """What a name can hold; of the planes of ideographs and private use every 251st."""
    codes = [
        *range(1, 0x20000),
        *range(0x20000, 0xE0000, 251),
        *range(0xE0000, 0xE0200),
        *range(0xE0200, 0x110000, 251),
    ]
    return [chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF]


def dump(table: str, columns: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every row of a table as text, sorted: what two states are compared by."""
    with connection.cursor() as cursor:
        names = columns or tuple(
            sorted(column.name for column in connection.introspection.get_table_description(cursor, table))
        )
        cursor.execute(f"SELECT {', '.join(names)} FROM {table}")
        return sorted(tuple(map(_text, row)) for row in cursor.fetchall())


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return f"{type(value).__name__}:{value}"
