"""What the upgrade starts reaches the server as the site does: by the same options, for the role it is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from simlane.upgrade import backup
from simlane.upgrade.rehearsal.copy import throwaway
from simlane.upgrade.rehearsal.running import database
from tests.upgrade.conftest import on_postgresql

pytestmark = on_postgresql
ASKED = "SELECT current_user, current_setting('statement_timeout'), current_setting('role')"


@pytest.fixture(autouse=True)
def _reached_by_options(database_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    own = connection.settings_dict["OPTIONS"]
    given = {"sslmode": "disable", "options": "-c statement_timeout=7s", "passfile": "/nowhere"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", own | given)


def test_the_copy_of_a_rehearsal_is_reached_by_the_sites_options(tmp_path: Path) -> None:
    user = connection.settings_dict["USER"]
    with throwaway("template0", tmp_path) as copy:
        with copy.connect() as own:
            assert own.execute(ASKED).fetchone() == (user, "7s", "none")
            assert own.info.get_parameters()["sslmode"] == "disable"
        with database(copy) as wrapper, wrapper.cursor() as cursor:
            cursor.execute(ASKED)
            assert cursor.fetchone() == (user, "7s", "none")
        code = f"import os, psycopg; print(*psycopg.connect(os.environ['DATABASE_URL']).execute({ASKED!r}).fetchone())"
        for role in ("", user):
            process = copy.start("-c", code, output=subprocess.PIPE, role=role)
            assert process.communicate(timeout=60)[0].decode().split() == [user, "7s", role or "none"]
        with pytest.raises(psycopg.OperationalError, match="simlane_nobody"):
            psycopg.connect(copy.address("simlane_nobody"))


def test_pg_dump_is_told_the_server_as_the_site_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, program = tmp_path / "said", tmp_path / "pg_dump"
    program.write_text(
        f"""#!/bin/sh
env > {said}
echo "$@" >> {said}
for each; do case $each in --file=*) : > "${{each#*=}}";; esac; done
"""
    )
    program.chmod(0o755)
    monkeypatch.setattr(backup, "pg_dump_program", lambda: str(program))
    backup.make(tmp_path / "saved")
    given = connection.settings_dict
    told = said.read_text()
    for line in ("PGSSLMODE=disable", "PGOPTIONS=-c statement_timeout=7s", "PGPASSFILE=/nowhere"):
        assert f"{line}\n" in told
    assert f"-U {given['USER']} -h {given['HOST']} -p {given['PORT']} --format=custom" in told
    assert told.endswith(f" {given['NAME']}\n")
