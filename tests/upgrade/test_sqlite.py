"""On SQLite the upgrade is one command with the site stopped, and so is the way back."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests import databases
from tests.upgrade.conftest import Install, OldRelease, running_old_release

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="test_command.py is PostgreSQL's")


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "simlane.sqlite3")) as database, database:
        yield database


@pytest.fixture
def site(database_server: None, tmp_path: Path) -> Install:
    install = Install("", tmp_path)
    databases.copy_file(databases.OLD_INSTALL, tmp_path / "simlane.sqlite3")
    with opened(tmp_path) as database:
        database.execute("DELETE FROM sim_simulator")
        database.execute(
            "INSERT INTO sim_simulator (name, slug, created_at) VALUES ('iRacing', 'iracing', '2024-01-01')"
        )
    return install


@pytest.fixture
def old_release(site: Install) -> Iterator[OldRelease]:
    with running_old_release(f"sqlite:///{site.var}/simlane.sqlite3") as running:
        yield running


def rows(site: Install) -> list[tuple[object, ...]]:
    with opened(site.var) as database:
        return database.execute(
            "SELECT id, user_id, profile_name, profile_data, is_verified, created_at FROM sim_simprofile ORDER BY id"
        ).fetchall()


def test_one_command_there_and_one_back(site: Install, old_release: OldRelease) -> None:
    alice = old_release.register("alice")
    for number in range(30):
        old_release.add(alice, "iracing", f"Driver {number}", {"cust_id": number % 25 + 1} if number % 3 else {})
    before = rows(site)
    assert "stop the site" in site.call("upgrade_profiles", "plan")
    output = site.manage("upgrade_profiles", "run")
    assert "The new model is complete, verified, and alone." in output
    assert json.loads(site.call("upgrade_profiles", "status", "--json"))["state"] == "new"
    assert "Every rule holds." in site.call("upgrade_profiles", "verify")
    site.call("upgrade_profiles", "rollback", "--yes")
    assert rows(site) == before
    with opened(site.var) as database:
        database.execute(
            """INSERT INTO account_emailaddress (email, verified, "primary", user_id)
            VALUES ('a@example.org', 1, 1, ?)""",
            [alice],
        )
        database.execute(
            """INSERT INTO users_notification (user_id, kind, created_at, about, email_state, email_attempts)
            VALUES (?, 'verified', '2026-01-01', '{}', 'none', 0)""",
            [alice],
        )
        database.execute("INSERT INTO users_mailchoice (user_id, \"group\", wanted) VALUES (?, 'news', 0)", [alice])
        database.execute(
            """INSERT INTO socialaccount_socialaccount (id, provider, uid, last_login, date_joined, extra_data, user_id)
            VALUES (1, 'steam', '76561190000000001', '2026-01-01', '2026-01-01', '{}', ?)""",
            [alice],
        )
        database.execute(
            "INSERT INTO socialaccount_socialtoken (account_id, token, token_secret) VALUES (1, 'token', '')"
        )
    old_release.delete_account(alice)
    assert rows(site) == []
    with opened(site.var) as database:
        for table in (
            "users_notification",
            "users_mailchoice",
            "socialaccount_socialaccount",
            "socialaccount_socialtoken",
        ):
            assert not database.execute(f"SELECT 1 FROM {table}").fetchall()
    assert "complete, verified" in site.call("upgrade_profiles", "run", "--no-backup")


def test_the_backup_is_the_database_as_it_was(site: Install) -> None:
    with running_old_release(f"sqlite:///{site.var}/simlane.sqlite3") as old_release:
        old_release.add(old_release.register("alice"), "iracing", "Alice", {"cust_id": 5})
    before = rows(site)
    site.call("upgrade_profiles", "run")
    (saved,) = (site.var / "backups").glob("*.sqlite3")
    subprocess.run(["sha256sum", "--check", f"{saved.name}.sha256"], cwd=saved.parent, check=True, capture_output=True)
    shutil.copyfile(saved, site.var / "simlane.sqlite3")
    for leftover in site.var.glob("simlane.sqlite3-*"):
        leftover.unlink()
    assert rows(site) == before
    assert "The old model" in site.call("upgrade_profiles", "status")


def test_rehearsing_asks_for_a_server(site: Install) -> None:
    assert "needs a PostgreSQL server" in site.call("upgrade_profiles", "rehearse", code=1)


def test_without_an_answer_nothing_is_rolled_back(site: Install) -> None:
    site.call("upgrade_profiles", "run", "--no-backup")
    output = site.manage("upgrade_profiles", "rollback", code=None)
    assert "Nothing was changed" in output
    assert "The new model" in site.call("upgrade_profiles", "status")
