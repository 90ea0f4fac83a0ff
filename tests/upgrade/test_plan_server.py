"""What an operator's server, roles and own objects do to an upgrade: `plan` says it, and where it would stop."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from simlane.upgrade.plan import server
from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.plan.wording import lines
from tests import postgres
from tests.upgrade.conftest import Install, changed, install, on_postgresql, pour

pytestmark = on_postgresql


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """One install of the old release for the whole file: `plan` changes nothing, and each test puts its own back."""
    with django_db_blocker.unblock(), install(tmp_path_factory.mktemp("var")) as made:
        yield made


def plan(site: Install, code: int = 0) -> dict[str, Any]:
    output = site.call("upgrade_profiles", "plan", "--json", code=code)
    found: dict[str, Any] = json.loads(output[: output.rindex("}") + 1])
    return found


def test_an_install_as_the_old_release_left_it_is_not_stopped(site: Install) -> None:
    found = plan(site)
    assert (found["differences"], found["hindrances"], found["contract_hindrances"]) == ([], [], [])


@pytest.mark.parametrize(
    ("there", "back", "line"),
    [
        (
            "CREATE RULE own AS ON DELETE TO sim_simprofile DO ALSO NOTHING",
            "DROP RULE own ON sim_simprofile",
            "The rule own of sim_simprofile",
        ),
        (
            "UPDATE sim_simulator SET slug = '' WHERE slug = 'iracing'",
            "UPDATE sim_simulator SET slug = 'iracing' WHERE slug = ''",
            "empty slug",
        ),
        (
            "CREATE TABLE own_part (LIKE sim_event); ALTER TABLE own_part INHERIT sim_event",
            "DROP TABLE own_part",
            "sim_event is partitioned or inherited",
        ),
    ],
)
def test_what_stops_the_upgrade_is_a_line_and_the_run_refuses(site: Install, there: str, back: str, line: str) -> None:
    with changed(site, there, back):
        assert any(line in each for each in plan(site, code=1)["hindrances"])
        assert line in site.call("upgrade_profiles", "run", "--no-backup", code=1)
    assert "The old model" in site.call("upgrade_profiles", "status")


def test_what_an_operator_built_on_the_tables_is_noted(site: Install) -> None:
    with changed(
        site,
        """CREATE VIEW own_names AS SELECT id, profile_name FROM sim_simprofile;
        CREATE MATERIALIZED VIEW own_kept AS SELECT username FROM users_user;
        CREATE INDEX own_index ON sim_simprofile (lower(profile_name));
        CREATE INDEX own_owner ON sim_simprofile (user_id, created_at);
        CREATE TABLE own_laps (profile_id uuid CONSTRAINT own_key REFERENCES sim_simprofile);
        ALTER TABLE sim_event ADD COLUMN own_length int GENERATED ALWAYS AS (length(name)) STORED;
        CREATE FUNCTION own_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER own_trigger BEFORE UPDATE ON sim_simprofile FOR EACH ROW EXECUTE FUNCTION own_function();
        CREATE PUBLICATION own_publication FOR TABLE sim_simprofile""",
        """DROP PUBLICATION own_publication; DROP FUNCTION own_function CASCADE; DROP TABLE own_laps;
        ALTER TABLE sim_event DROP COLUMN own_length; DROP INDEX own_index, own_owner; DROP VIEW own_names;
        DROP MATERIALIZED VIEW own_kept""",
    ):
        found = plan(site)
        text = "\n".join(found["warnings"])
        for line in (
            "The view own_names reads sim_simprofile",
            "The materialized view own_kept reads users_user",
            "The index own_index of sim_simprofile is the operator's",
            "The index own_owner is on sim_simprofile.user_id and goes with it at the contract",
            "The foreign key own_key of own_laps points at sim_simprofile",
            "The column sim_event.own_length is generated",
            "The trigger own_trigger of sim_simprofile",
            "The publication own_publication has sim_simprofile",
        ):
            assert line in text
        assert found["contract_hindrances"] == []
    assert "own_" not in "\n".join(plan(site)["warnings"])


def test_what_needs_the_owners_column_stops_the_contract_and_not_the_run(site: Install) -> None:
    with changed(
        site,
        """CREATE VIEW own_view AS SELECT user_id FROM sim_simprofile;
        ALTER TABLE sim_simprofile ADD COLUMN own_double bigint GENERATED ALWAYS AS (user_id * 2) STORED""",
        "DROP VIEW own_view; ALTER TABLE sim_simprofile DROP COLUMN own_double",
    ):
        stops = plan(site)["contract_hindrances"]
        assert any("view own_view needs sim_simprofile.user_id" in each for each in stops)
        assert any("own_double" in each for each in stops)
        refused = site.call("upgrade_profiles", "run", "--contract", code=1)
        assert "This stops the contract" in refused
        assert "own_view" in refused


def test_a_foreign_key_that_stands_on_the_owners_column_stops_the_contract(site: Install) -> None:
    with changed(
        site,
        """ALTER TABLE sim_simprofile ADD CONSTRAINT own_pair UNIQUE (user_id, id);
        CREATE TABLE own_notes (owner bigint, profile uuid,
            CONSTRAINT own_note FOREIGN KEY (owner, profile) REFERENCES sim_simprofile (user_id, id))""",
        "DROP TABLE own_notes; ALTER TABLE sim_simprofile DROP CONSTRAINT own_pair",
    ):
        (stop,) = json.loads(site.call("upgrade_profiles", "plan", "--json"))["contract_hindrances"]
        assert "own_note of own_notes stands on own_pair" in stop
        # What it says to do helps.
        advised = re.search(r"ALTER TABLE .*? DROP CONSTRAINT \w+", stop)
        assert advised
        site.query(advised[0])
        assert json.loads(site.call("upgrade_profiles", "plan", "--json"))["contract_hindrances"] == []
        site.query("BEGIN; ALTER TABLE sim_simprofile DROP COLUMN user_id; ROLLBACK")


def test_the_room_for_a_backup_is_looked_for_where_it_is_to_be_written(
    site: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def usage(path: Path) -> SimpleNamespace:
        return SimpleNamespace(free=1 << 40 if tmp_path in (path, *path.parents) else 1)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    # A table of less than some pages is not looked at.
    large = "CREATE TABLE own_large AS SELECT md5(n::text) AS own FROM generate_series(1, 2000) AS n"
    with changed(site, large, "DROP TABLE own_large"):
        for action in ("plan", "run"):
            assert "The backup may need" in site.call("upgrade_profiles", action, code=1)
        there = str(tmp_path / "not" / "there")
        assert "The backup may need" not in site.call("upgrade_profiles", "plan", "--directory", there)


def test_timeouts_of_the_role_or_the_database_are_named(site: Install) -> None:
    name = site.url.rpartition("/")[2]
    with changed(
        site,
        f"ALTER DATABASE {name} SET statement_timeout = '7s'; ALTER DATABASE {name} SET lock_timeout = '3s'",
        f"ALTER DATABASE {name} RESET ALL",
    ):
        text = "\n".join(plan(site)["warnings"])
        assert "statement_timeout is 7000ms for this role, database or server" in text
        assert "lock_timeout is 3000ms" in text


def test_a_session_that_may_only_read_is_stopped(site: Install) -> None:
    name = site.url.rpartition("/")[2]
    with changed(
        site,
        f"ALTER DATABASE {name} SET default_transaction_read_only = on",
        f"SET TRANSACTION READ WRITE; ALTER DATABASE {name} RESET ALL",
    ):
        assert any("default_transaction_read_only" in each for each in plan(site, code=1)["hindrances"])


def test_simulators_that_have_no_known_slug_are_named_with_the_one_that_was_meant(site: Install) -> None:
    with changed(
        site,
        """INSERT INTO sim_simulator (name, slug, created_at) VALUES ('RaceRoom', 'rr', now()), ('ACC', 'acc', now()),
        ('Search', 'search', now())""",
        "DELETE FROM sim_simulator WHERE slug IN ('rr', 'acc', 'search')",
    ):
        text = "\n".join(plan(site)["warnings"])
        assert "'home-brew' is none that has platform ids" in text
        assert "give it the slug 'raceroom' first" in text
        assert "'assetto-corsa-competizione' and 'acc' are both assetto-corsa-competizione" in text
        assert "has the slug 'search', an address of the site itself: it becomes search-" in text


def test_a_role_without_rights_is_told_each_grant_that_it_lacks(site: Install) -> None:
    name = site.url.rpartition("/")[2]
    role, password = f"simlane_plain_{secrets.token_hex(4)}", secrets.token_hex(8)
    with postgres.administrator(name) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        try:
            admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            admin.execute(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
            admin.execute(f"REVOKE SELECT ON sim_event FROM {role}")
            guest = Install(f"postgres://{role}:{password}@{site.url.split('@')[1]}", site.var)
            text = "\n".join(plan(guest, code=1)["hindrances"])
        finally:
            admin.execute(f"DROP OWNED BY {role}")
            admin.execute(f"DROP ROLE {role}")
    for line in (
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"{role} does not own sim_simprofile",
        f"{role} does not own users_user",
        f"GRANT INSERT ON django_migrations TO {role}",
        f"GRANT CREATE ON DATABASE {name} TO {role}",
        "pg_dump cannot read 1 tables",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("there", "back", "line"),
    [
        (
            "ALTER TABLE sim_simulator RENAME slug TO code",
            "ALTER TABLE sim_simulator RENAME code TO slug",
            "sim_simulator.slug is missing (varchar(100), not null)",
        ),
        (
            "ALTER TABLE sim_simprofile ALTER profile_data TYPE text",
            "ALTER TABLE sim_simprofile ALTER profile_data TYPE jsonb USING profile_data::jsonb",
            "sim_simprofile.profile_data is text, expected jsonb",
        ),
        (
            "ALTER TABLE sim_simprofile ALTER created_at DROP NOT NULL",
            "ALTER TABLE sim_simprofile ALTER created_at SET NOT NULL",
            "sim_simprofile.created_at may be null, expected the opposite",
        ),
        (
            "ALTER TABLE sim_event RENAME TO own_event",
            "ALTER TABLE own_event RENAME TO sim_event",
            "the table sim_event is missing",
        ),
        (
            """ALTER TABLE sim_simprofile ADD COLUMN own text NOT NULL DEFAULT '';
            ALTER TABLE sim_simprofile ALTER own DROP DEFAULT""",
            "ALTER TABLE sim_simprofile DROP COLUMN own",
            "sim_simprofile.own is not expected, and no row can be added without it",
        ),
        ("CREATE TABLE sim_profilename ()", "DROP TABLE sim_profilename", "the upgrade creates one of that name"),
        (
            "UPDATE django_migrations SET name = '0005_own' WHERE name = '0005_simprofile_profile_data'",
            "UPDATE django_migrations SET name = '0005_simprofile_profile_data' WHERE name = '0005_own'",
            "django_migrations has no sim.0005_simprofile_profile_data",
        ),
    ],
)
def test_a_schema_that_differs_is_said_column_by_column_and_the_run_refuses(
    site: Install, there: str, back: str, line: str
) -> None:
    with changed(site, there, back):
        output = site.call("upgrade_profiles", "plan", code=1)
        assert [each for each in output.splitlines() if each.startswith("DIFFERS: ") and line in each]
        assert "adopt --propose" in output
        assert "Traceback" not in output
        refused = site.call("upgrade_profiles", "run", "--no-backup", code=1)
        assert line in refused
        assert "Traceback" not in refused


def test_an_older_pg_dump_is_named_with_both_versions(
    database_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    program.chmod(0o755)
    monkeypatch.setattr(server, "pg_dump_program", lambda: str(program))
    found = Facts("legacy", "", [])
    server.look(found, [], backup=True)
    version = connection.pg_version // 10000  # type: ignore[attr-defined]
    assert [each for each in found.hindrances if "pg_dump is of version 9 and refuses" in each]
    assert any(f"postgresql-client-{version}" in each for each in found.hindrances)
    found = Facts("legacy", "", [])
    server.look(found, [], backup=False)
    assert not found.hindrances


def test_the_room_that_plan_asks_for_is_an_upper_bound_and_not_far_above(database_server: None, tmp_path: Path) -> None:
    # A server of its own: WAL is counted for all databases together, and others write beside this test.
    with install(tmp_path) as copied, postgres.cluster() as own:
        pour(copied, own.url)
        site = Install(own.url, tmp_path)
        # Names and data as ugly as they come, and indexes of the operator's own.
        site.query(
            """INSERT INTO sim_simprofile
                (id, user_id, simulator_id, profile_name, profile_data, is_verified, created_at)
            SELECT md5('more' || n)::uuid, (SELECT min(id) FROM users_user), (SELECT min(id) FROM sim_simulator),
                left(repeat(md5(n::text) || ' ', 8), 100 + n % 150),
                jsonb_build_object('bio', repeat(md5(n::text), 8)), false, now() FROM generate_series(1, 3000) AS n"""
        )
        site.query("CREATE INDEX own_name ON sim_simprofile (profile_name)")
        site.query("CREATE INDEX own_created ON sim_simprofile (created_at)")
        sizes = "SELECT pg_database_size(current_database()), pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
        found = plan(site)
        size, log = site.query(sizes)[0]
        output = site.call("upgrade_profiles", "run")
        size_after, log_after = site.query(sizes)[0]
        assert size_after - size <= found["disk_needed"] <= 1.7 * (size_after - size)
        assert log_after - log <= found["wal_bytes"]
        (backup,) = (tmp_path / "backups").glob("*.dump")
        assert backup.name in output
        assert backup.stat().st_size <= found["backup_bytes"] <= 2 * backup.stat().st_size
    text = "\n".join(lines(Facts(**found)))
    assert "WAL: up to" in text
    assert "Backup: up to" in text
