"""Behind PgBouncer, which gives each transaction another session: the upgrade asks for the server's own address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.databases import LEGACY
from tests.pgbouncer import SESSIONS, pooled
from tests.upgrade.conftest import Install, on_postgresql

pytestmark = on_postgresql
#: What a session keeps over a transaction: settings, prepared statements, advisory locks, temporary tables.
KEPT = """SELECT 'setting', name, setting FROM pg_settings WHERE source = 'session'
        AND name NOT IN ('application_name', 'client_encoding', 'TimeZone', 'DateStyle', 'standard_conforming_strings')
    UNION ALL SELECT 'prepared', name, statement FROM pg_prepared_statements
    UNION ALL SELECT 'lock', mode, objid::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    UNION ALL SELECT 'table', relname, relkind::text FROM pg_class WHERE relnamespace = pg_my_temp_schema()"""


@pytest.fixture
def behind(legacy_install: Install) -> Iterator[Install]:
    """The same install as the site reaches it: behind the pooler."""
    with pooled(legacy_install.url) as address:
        yield Install(address, legacy_install.var)


def left_in_sessions(behind: Install) -> list[tuple[str, ...]]:
    """What all sessions that the pooler has still hold when their clients have gone."""
    found: list[tuple[str, ...]] = []
    with ExitStack() as stack:
        # A transaction each, at once, so that each has another session.
        for _ in range(SESSIONS):
            one = stack.enter_context(psycopg.connect(behind.url.replace("postgres://", "postgresql://", 1)))
            found += one.execute(KEPT).fetchall()
    return found


@pytest.mark.parametrize("action", [("run", "--no-backup"), ("rollback", "--yes")])
def test_a_pooler_stops_the_upgrade_before_it_began(
    behind: Install, legacy_install: Install, action: tuple[str, ...]
) -> None:
    before = legacy_install.schema()
    output = behind.call("upgrade_profiles", *action, code=1)
    assert "connection pooler" in output
    assert "DATABASE_URL" in output
    assert "Traceback" not in output
    assert legacy_install.schema() == before
    assert not left_in_sessions(behind)


def test_plan_names_the_pooler_and_leaves_nothing_in_its_sessions(behind: Install, legacy_install: Install) -> None:
    found = json.loads(behind.call("upgrade_profiles", "plan", "--json", code=None).partition("CommandError")[0])
    assert [each for each in found["hindrances"] if "connection pooler" in each]
    assert not left_in_sessions(behind)
    direct = json.loads(legacy_install.call("upgrade_profiles", "plan", "--json"))
    assert not direct["hindrances"]


def test_migrate_behind_a_pooler_leaves_nothing_in_its_sessions(behind: Install) -> None:
    behind.call("migrate", "-v0")
    assert not left_in_sessions(behind)
    assert "Every rule holds." in behind.call("upgrade_profiles", "verify")
    behind.call("migrate", "sim", LEGACY, "-v0")
    assert not left_in_sessions(behind)
    behind.call("migrate", "-v0")
    assert not left_in_sessions(behind)
