"""What every test shares: which tests run where, and the database each one starts from."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from simlane.sim.database import append_only
from simlane.sim.database.triggers import HISTORY
from tests import databases, rendered, rows, soak
from tests.seasons import alice, owner, private, season  # noqa: F401 - fixtures for every folder

soak.load_profile()
rendered.keep_models()
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
        elif "browser_name" in getattr(item, "fixturenames", ()):
            # pytest puts it beside the browser's tests, which empty every table: those after it would find nothing.
            raise pytest.UsageError(f"{item.nodeid}: a parameter has the name of a fixture of the browser's")
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
    """With `SIMLANE_TEST_PART` the workers of the other database do what is the same on both."""
    part = os.environ.get("SIMLANE_TEST_PART")
    if part == "database":
        chosen = [item for item in items if _depends_on_database(item)]
    elif part == "sqlite":
        chosen = [item for item in items if not item.get_closest_marker("on_postgresql")]
    else:
        return
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _depends_on_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("browser") or item.get_closest_marker("on_sqlite"):
        return False
    return bool(item.get_closest_marker("django_db") or USES_DATABASE & set(getattr(item, "fixturenames", ())))


def pytest_collection_finish() -> None:
    """What is read in now stays to the end: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    # The default of 700 objects is for small programs; a page makes thousands.
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    from tests.scheduling import DatabaseScheduling

    return DatabaseScheduling(config, log) if config.getvalue("dist") == "worksteal" else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: a test that uses its own database finds it at the newest migration."""
    used = set(getattr(item, "fixturenames", ()))
    rows.untouched = "database_server" in used
    # The fixture `migrate` knows where it starts.
    if not {"database_server", "migrate"} & used:
        databases.come_back()


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
        configured = setup_databases(0, False, keepdb=True, serialized_aliases=())
        rows.begin_tests_with_them()
    yield
    with django_db_blocker.unblock():
        if os.environ.get("SIMLANE_TEST_POOLER"):
            # The pooler keeps its sessions there.
            databases.drop_database(str(connection.settings_dict["NAME"]))
        else:
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
    if not rows.stay():
        _keep_history(True)
    yield
    if not rows.stay():
        _keep_history(False)


@pytest.fixture
def database_server(transactional_db: None) -> None:
    """Access to the run's database server, for a test that makes databases of its own and leaves the test's alone."""


def _keep_history(kept: bool) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'sim!_keep!_%' ESCAPE '!'"
            )
            for table, name in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} {'ENABLE' if kept else 'DISABLE'} TRIGGER {name}")
        return
    tables = set(connection.introspection.table_names())
    if not kept:
        databases.drop_triggers("sim_keep_")
    elif "sim_historyentry" in tables:
        with connection.cursor() as cursor:
            for statement in HISTORY:
                cursor.execute(statement)
            append_only.install(cursor, tables)
