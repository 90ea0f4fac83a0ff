"""What every test shares: which tests run where, and the database each one starts from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from simlane.sim.database.triggers import HISTORY
from simlane.sim.legacy import triggers
from tests import databases, soak
from tests.seasons import alice, owner, private, season  # noqa: F401 - fixtures for every folder

soak.load_profile()
BROWSER = Path(__file__).parent / "browser"
#: Begun first of their kind, so that none of them is what the other workers wait for in the end.
LONG = {Path(__file__).parent / "upgrade", Path(__file__).parent / "sim" / "migrations"}
USES_DATABASE = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}
TRANSACTIONAL = {"transactional_db", "live_server", "django_db_reset_sequences"}


def pytest_report_header() -> str:
    return f"simlane: database {os.environ.get('SIMLANE_TEST_DATABASE', 'sqlite')}"


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    """No test inherits another's rate limits or flags."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


# First, so that `-m browser` sees the marker.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark browser tests, keep the rows that migrations made, and take the part this worker is for."""
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker(pytest.mark.browser)
        marker = item.get_closest_marker("django_db")
        transactional = (marker and marker.kwargs.get("transaction")) or TRANSACTIONAL & set(
            getattr(item, "fixturenames", ())
        )
        if transactional:
            # Such a test ends with every table emptied; the next one still needs what migrations filled in.
            kept = {**(marker.kwargs if marker else {}), "transaction": True, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**kept), append=False)
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parents))
    _take_part(config, items)


def _take_part(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`SIMLANE_TEST_PART=database` leaves to another worker what is the same on every database."""
    if os.environ.get("SIMLANE_TEST_PART") != "database":
        return
    chosen = [item for item in items if _depends_on_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _depends_on_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("browser"):
        return False
    return bool(item.get_closest_marker("django_db") or USES_DATABASE & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    from tests.scheduling import DatabaseScheduling

    return DatabaseScheduling(config, log) if config.getvalue("dist") == "worksteal" else None


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        databases.drop_templates()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, django_db_modify_db_settings: None
) -> Iterator[None]:
    """pytest-django's own, with a copy of the migrated template in place of an empty database."""
    name = connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            databases.copy_file(databases.NEWEST, Path(name))
        else:
            databases.copy_database(databases.NEWEST, name)
        # Every transactional test starts with the rows that migrations made.
        configured = setup_databases(0, False, keepdb=True, serialized_aliases={"default"})
        # On the class: Playwright runs an event loop in this thread, where Django has a connection of its own.
        opened = connections[DEFAULT_DB_ALIAS]
        type(opened)._test_serialized_contents = opened._test_serialized_contents  # type: ignore[attr-defined]
    yield
    with django_db_blocker.unblock():
        teardown_databases(configured, 0)


@pytest.fixture(autouse=True)
def _history_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that ends with every table emptied takes away first what keeps the history from that."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    # Before ours, so that ours ends before the tables are emptied.
    request.getfixturevalue("transactional_db")
    _keep_history(True)
    yield
    _keep_history(False)


def _keep_history(kept: bool) -> None:
    if "sim_historyentry" not in connection.introspection.table_names():
        return
    if not kept:
        databases.drop_triggers("sim_keep_history")
    elif connection.vendor == "postgresql":
        triggers.run(connection, triggers.HISTORY)
    else:
        with connection.cursor() as cursor:
            for statement in HISTORY:
                cursor.execute(statement)
