"""A backup is made by the right program, and restored as the guide says, by an ordinary role, with its grants."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from simlane.upgrade.backup import pg_dump_program
from tests.postgres import administrator
from tests.soak import times
from tests.upgrade.conftest import install, on_postgresql

pytestmark = on_postgresql


def program(directory: Path, version: str) -> str:
    directory.mkdir()
    made = directory / "pg_dump"
    made.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    made.chmod(0o755)
    return str(made)


def test_of_several_the_servers_own_version_is_taken(
    database_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = connection.pg_version // 10000
    older, newer, own = (program(tmp_path / str(n), f"{server + n}.1") for n in (-1, 1, 0))
    directories = [str(Path(each).parent) for each in (older, newer, own)]
    monkeypatch.setenv("PATH", os.pathsep.join([*directories, os.environ["PATH"]]))
    assert pg_dump_program() == own


@pytest.fixture
def site(database_server: None) -> Iterator[str]:
    """A role of the site's own, which owns nothing."""
    name = f"simlane_site_{secrets.token_hex(4)}"
    with administrator("postgres") as server:
        server.execute(f"CREATE ROLE {name}")
        yield name
        server.execute(f"DROP ROLE {name}")


@pytest.mark.soak
@pytest.mark.parametrize("room", ["racing", "public"][: times(1, soak=2)])
def test_a_backup_is_restored_as_the_guide_says(site: str, tmp_path: Path, room: str) -> None:
    guide = Path("docs/upgrade.md").read_text()
    commands = re.search(r"<!-- restore -->\n+```sh\n(.*?)```", guide, re.DOTALL)
    assert commands
    rows = "SELECT md5(string_agg(to_jsonb(t)::text, '|' ORDER BY id)) FROM {} t"
    tables = ("sim_simprofile", "sim_simulator", "sim_event", "users_user")
    with install(tmp_path) as made:
        if room != "public":
            made.query(f"ALTER SCHEMA public RENAME TO {room}")
            made.query("CREATE SCHEMA public")
            made.query(f"ALTER DATABASE {made.url.rpartition('/')[2]} SET search_path = {room}")
        for sql in (
            f"GRANT USAGE ON SCHEMA {room} TO {site}",
            f"GRANT SELECT, UPDATE ON sim_simprofile TO {site}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {room} GRANT SELECT ON TABLES TO {site}",
            "CREATE VIEW own_names AS SELECT profile_name FROM sim_simprofile",
            "CREATE SEQUENCE own_numbers",
        ):
            made.query(sql)
        granted = f"""SELECT has_schema_privilege('{site}', '{room}', 'USAGE'),
            has_table_privilege('{site}', 'sim_simprofile', 'SELECT, UPDATE'),
            has_table_privilege('{site}', 'sim_simprofile', 'DELETE'),
            (SELECT defaclacl::text FROM pg_default_acl),
            (SELECT nspacl::text FROM pg_namespace WHERE nspname = '{room}')"""
        before, rights = [made.query(rows.format(table)) for table in tables], made.query(granted)
        output = made.call("upgrade_profiles", "backup", "--directory", str(tmp_path / "saved"))
        file = next((tmp_path / "saved").glob("*.dump"))
        assert str(file) in output
        # Far enough for everything of before to be another.
        made.call("migrate", "sim", "0012", "-v0")
        script = commands[1].replace("simlane-20270101-120000.dump", file.name).replace("$DATABASE_URL", made.url)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=file.parent, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert [made.query(rows.format(table)) for table in tables] == before
        assert made.query(granted) == rights
        assert made.query("SELECT count(*) > 0 FROM own_names") == [(True,)]
        assert "The old model" in made.call("upgrade_profiles", "status")
        made.call("upgrade_profiles", "run", "--no-backup")
