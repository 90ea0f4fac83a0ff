"""A PostgreSQL server for the tests that need one whichever database the others use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import postgres
from tests.config.replicated import paused, primary, replica, site  # noqa: F401 - fixtures for this folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The run's own server when there is one, else a throwaway one."""
    if url := os.environ.get("SIMLANE_TEST_POSTGRESQL_URL"):
        yield url
        return
    try:
        postgres.binaries()
    except postgres.PostgresError as missing:
        pytest.fail(str(missing))
    with postgres.cluster() as server:
        yield server.url
