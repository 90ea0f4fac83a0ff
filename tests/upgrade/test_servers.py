"""Servers, databases and roles that are set up otherwise: what an upgrade sets aside, and what stops it."""

from __future__ import annotations

import secrets

import pytest
from django.db import connection, transaction

from simlane.sim.legacy import recorded
from simlane.upgrade import runner
from simlane.upgrade.plan import server
from simlane.upgrade.plan.facts import Facts
from tests import databases, postgres
from tests.upgrade.conftest import Install, changed, on_database, on_postgresql, pour

pytestmark = on_postgresql


@pytest.mark.parametrize("table", ["sim_simprofile", "sim_event"])
def test_row_security_stops_the_upgrade_only_where_it_hides_rows_and_is_told_once(
    legacy_install: Install, table: str
) -> None:
    told = {
        ("DISABLE", "FORCE"): [],
        ("ENABLE", "NO FORCE"): [f"Note: {table} has row-level security: new tables have none."],
        ("ENABLE", "FORCE"): [f"STOP: Row-level security of {table} applies to this database user too"],
    }
    back = f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
    for (on, forced), expected in told.items():
        with changed(legacy_install, f"ALTER TABLE {table} {on} ROW LEVEL SECURITY, {forced} ROW LEVEL SECURITY", back):
            output = legacy_install.call("upgrade_profiles", "plan", code=None)
        found = [line.partition(", and would")[0] for line in output.splitlines() if "level security" in line.lower()]
        assert found == expected


def test_limits_and_isolation_of_the_role_are_set_aside_for_all_of_an_upgrade(legacy_install: Install) -> None:
    name = legacy_install.url.rpartition("/")[2]
    limits = "SELECT name FROM pg_settings WHERE name LIKE '%timeout' AND category LIKE 'Client%'"
    wanted = {limit for (limit,) in legacy_install.query(limits)} - {"lock_timeout"}
    assert {"statement_timeout", "idle_session_timeout"} <= wanted
    changes = "".join(f"ALTER DATABASE {name} SET {limit} = '7s';" for limit in wanted)
    # What is set aside, as each of its two sessions has it; and what an index would wait for.
    set_now = "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting <> '0'"
    waited_for = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND num_nulls(backend_xmin, backend_xid) < 2"
    with (
        changed(
            legacy_install,
            f"{changes} ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'",
            f"ALTER DATABASE {name} RESET ALL",
        ),
        on_database(legacy_install.url),
    ):
        with runner.direct(), runner.alone(), connection.cursor() as cursor:
            cursor.execute(set_now, [list(wanted)])
            assert cursor.fetchall() == []
            cursor.execute(recorded.HOLDERS, [recorded.ADVISORY])
            cursor.execute(waited_for, cursor.fetchone())
            assert cursor.fetchone() == (0,)
            with transaction.atomic():
                cursor.execute("SHOW transaction_isolation")
                assert cursor.fetchone() == ("read committed",)
        # `migrate` alone comes without the command.
        with recorded.held_aside(connection) as holder, holder.cursor() as cursor, connection.cursor() as other:
            cursor.execute("SELECT pg_backend_pid()")
            other.execute(waited_for, cursor.fetchone())
            assert other.fetchone() == (0,)
            cursor.execute(set_now, [[limit for limit in wanted if "transaction" in limit]])
            assert cursor.fetchall() == []


def test_a_database_that_is_not_utf8_is_stopped(database_server: None) -> None:
    name, found = f"simlane_latin_{secrets.token_hex(4)}", Facts("legacy", "", [])
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        with on_database(databases.database_url(name)):
            server.look(found, [], backup=False)
    finally:
        databases.drop_database(name)
    assert any("The database's encoding is LATIN1" in each for each in found.hindrances)


def test_a_standby_is_stopped(legacy_install: Install) -> None:
    with postgres.cluster() as primary:
        pour(legacy_install, primary.url)
        with postgres.standby(primary) as standby:
            output = Install(standby.url, legacy_install.var).manage("upgrade_profiles", "plan", code=1)
    assert "STOP: This server is a standby and cannot be written: put the primary into DATABASE_URL." in output
    assert "400 profiles" in output
