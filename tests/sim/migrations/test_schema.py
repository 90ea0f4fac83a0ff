"""The schema that all migrations give together, compared with the one that was committed: history stays as it is."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest
from django.db import connection

from tests import databases
from tests.sim.migrations.schema import added, schema

COMMITTED = Path(__file__).parent / "schema"


def is_committed(found: str, name: str) -> None:
    """Fails with the difference, or writes the file anew."""
    file = COMMITTED / f"{name}.txt"
    if os.environ.get("SIMLANE_TEST_RENEW_SCHEMA"):
        file.write_text(found, encoding="utf-8")
    committed = file.read_text(encoding="utf-8")
    difference = "\n".join(difflib.unified_diff(committed.splitlines(), found.splitlines(), file.name, "found", n=1))
    if found != committed:
        pytest.fail(
            f"The migrations give another schema than tests/sim/migrations/schema/{file.name}:\n{difference}\n"
            "If a new migration is to do that, run `make renew-schema` and commit the files with it. If not, something "
            "that older migrations stand on was edited (simlane/sim/legacy): put it back and write a new migration.",
            pytrace=False,
        )


@pytest.mark.django_db(transaction=True)
def test_all_migrations_give_the_committed_schema() -> None:
    # A copy of what they gave: tests before this one may have changed the worker's own database.
    databases.reset(databases.NEWEST)
    is_committed(schema(), connection.vendor)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite nobody serves during the upgrade")
@pytest.mark.django_db(transaction=True)
def test_while_both_releases_serve_the_schema_is_the_committed_one() -> None:
    """What stands there beside the newest schema: the owner's column, the triggers of the dual write, their functions."""
    databases.reset(databases.NEWEST)
    newest = schema()
    databases.reset(databases.UPGRADED)
    is_committed(added(schema(), newest), f"{connection.vendor}-both-releases")
