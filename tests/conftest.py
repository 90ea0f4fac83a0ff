"""What every test shares: which tests run where, and the database each one starts from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection

from simlane.sim.database import triggers
from tests.seasons import alice, owner, private, season  # noqa: F401 - fixtures for every folder

BROWSER = Path(__file__).parent / "browser"
UPGRADE = Path(__file__).parent / "upgrade"
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
    _take_part(config, items)


def _take_part(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`SIMLANE_TEST_PART` lets one run give its workers different parts: `browser`, `upgrade` and `other`."""
    parts = os.environ.get("SIMLANE_TEST_PART")
    if parts is None:
        return
    chosen = [item for item in items if _part(item) in parts.split(",")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _part(item: pytest.Item) -> str:
    if item.get_closest_marker("browser"):
        return "browser"
    return "upgrade" if UPGRADE in item.path.parents else "other"


@pytest.fixture(autouse=True)
def _history_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that ends with every table emptied takes away first what keeps the history from that."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    # Before ours, so that ours ends before the tables are emptied.
    request.getfixturevalue("transactional_db")
    _with_history(triggers.HISTORY)
    yield
    _with_history(triggers.DROP_HISTORY)


def _with_history(statements: dict[str, tuple[str, ...]]) -> None:
    if "sim_historyentry" in connection.introspection.table_names():
        triggers.run(connection, statements)
