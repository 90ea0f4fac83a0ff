"""Behind PgBouncer in transaction mode the site works as without: a part of this suite is run through a real one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
#: Acts at the same moment, daily work and an import, on real transactions. `make test-pooler` runs all there is.
CHOSEN = (
    "tests/sim/ownership/test_linking.py",
    "tests/users/test_daily.py",
    "tests/monitoring/test_processes_at_once.py",
    "tests/config/test_warm_pages.py",
)


@pytest.mark.django_db
@pytest.mark.skipif("SIMLANE_TEST_POOLER" in os.environ, reason="this run goes through one already")
def test_a_part_of_the_suite_passes_through_the_pooler() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a pooler of PostgreSQL's")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *CHOSEN],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        | {"SIMLANE_TEST_DATABASE": "postgresql", "SIMLANE_TEST_POOLER": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
