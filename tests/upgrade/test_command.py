"""`upgrade_profiles` as an operator runs it, on a populated install of the old release."""

from __future__ import annotations

import json
import os
import random
import re
import time
from pathlib import Path

import psycopg
import pytest

from simlane.upgrade.rehearsal import running, sampling
from tests import databases
from tests.soak import times
from tests.upgrade.conftest import Install, database_url, install, on_postgresql

pytestmark = on_postgresql
#: About as many as a run has.
STEPS = 70
QUIET = ("run", "--contract", "--quiet-seconds", "0")


def test_the_whole_upgrade_and_back(legacy_install: Install) -> None:
    site = legacy_install
    legacy = "SELECT md5(string_agg(to_jsonb(t)::text, '|' ORDER BY id)) FROM sim_simprofile t"
    before = site.query(legacy)
    assert "The old model" in site.call("upgrade_profiles", "status")
    output = site.manage("upgrade_profiles", "run")
    assert "Both releases can serve" in output
    assert re.search(r"backfill: 400 rows, [\d,]+ rows/s", output)
    # The first line of a step has no speed to tell yet.
    assert re.search(r"^  backfill: [\d,]+ of 400 rows$", output, re.MULTILINE), output
    assert not re.search(r"\b0 rows/s|\b0 s left", output)
    assert "Every rule holds." in site.call("upgrade_profiles", "verify")
    assert json.loads(site.call("upgrade_profiles", "status", "--json"))["state"] == "window"
    # A deploy that runs migrate must not take the column from under the old release.
    site.call("migrate", "-v0")
    assert json.loads(site.call("upgrade_profiles", "status", "--json"))["state"] == "window"
    assert "complete, verified, and alone" in site.call("upgrade_profiles", *QUIET)
    assert json.loads(site.call("upgrade_profiles", "status", "--json"))["state"] == "new"
    site.call("upgrade_profiles", "rollback", "--yes")
    assert site.query(legacy) == before


def test_migrate_alone_gives_the_same_rows_and_the_same_schema(upgraded_install: Install, tmp_path: Path) -> None:
    upgraded_install.call("upgrade_profiles", *QUIET)
    with install(tmp_path, databases.MIGRATED) as other:
        done, schema = other.checksum(), other.schema()
    assert done == upgraded_install.checksum()
    assert schema == upgraded_install.schema()
    # And on a second way.
    upgraded_install.call("upgrade_profiles", "rollback", "--yes")
    upgraded_install.call("upgrade_profiles", "run", "--no-backup")
    upgraded_install.call("upgrade_profiles", *QUIET)
    assert done == upgraded_install.checksum()
    assert schema == upgraded_install.schema()


def test_plan_says_what_is_there_and_changes_nothing(legacy_install: Install, upgraded_install: Install) -> None:
    tables = "SELECT count(*) FROM pg_class"
    before = legacy_install.query(tables)
    found = json.loads(legacy_install.call("upgrade_profiles", "plan", "--json"))
    assert legacy_install.query(tables) == before
    assert (found["rows"], found["accounts"], found["state"]) == (400, 60, "legacy")
    assert found["with_platform_id"] + found["with_fallback"] == 400
    assert (
        found["names_cut"]
        == legacy_install.query("SELECT count(*) FROM sim_simprofile WHERE length(profile_name) > 218")[0][0]
    )
    # What became of the same rows.
    claimed = upgraded_install.query("SELECT count(*) FROM sim_contestedidentifier")[0][0]
    assert found["contested_profiles"] == claimed > 0
    assert {each["profile"] for each in found["contested"]} <= {
        str(key) for (key,) in upgraded_install.query("SELECT profile_id FROM sim_contestedidentifier")
    }


def test_the_contract_refuses_while_the_old_release_writes(upgraded_install: Install) -> None:
    upgraded_install.query(
        "UPDATE sim_simprofile SET user_id = user_id WHERE id = (SELECT id FROM sim_simprofile LIMIT 1)"
    )
    refused = upgraded_install.call("upgrade_profiles", "run", "--contract", code=1)
    assert "The old release was seen writing" in refused
    assert upgraded_install.query("SELECT count(user_id) > 0 FROM sim_simprofile") == [(True,)]


def test_the_contract_refuses_while_a_rule_is_broken(upgraded_install: Install) -> None:
    upgraded_install.query("DELETE FROM sim_profilename WHERE id = (SELECT min(id) FROM sim_profilename)")
    upgraded_install.query("ALTER TABLE sim_simprofile DISABLE TRIGGER sim_upgrade_2_save")
    refused = upgraded_install.call("upgrade_profiles", *QUIET, code=1)
    assert "sim_upgrade_2_save" in refused
    upgraded_install.query("ALTER TABLE sim_simprofile ENABLE TRIGGER sim_upgrade_2_save")
    assert "BROKEN" not in upgraded_install.call("upgrade_profiles", *QUIET)


def test_before_the_run_there_is_nothing_to_contract_or_verify(legacy_install: Install) -> None:
    assert "First: upgrade_profiles run" in legacy_install.call("upgrade_profiles", *QUIET, code=1)
    assert "nothing to verify" in legacy_install.call("upgrade_profiles", "verify", code=1)


def test_a_table_that_stays_locked_is_waited_for_without_blocking_others(legacy_install: Install) -> None:
    with psycopg.connect(legacy_install.url.replace("postgres://", "postgresql://", 1)) as reader:
        reader.execute("SELECT count(*) FROM sim_simprofile").fetchone()
        process = legacy_install.start("upgrade_profiles", "run", "--no-backup")
        assert process.stdout
        for line in process.stdout:
            if "trying again" in line:
                break
        # Queued behind an upgrade that waits for its lock, this would take until the reader ends.
        started = time.monotonic()
        legacy_install.query("UPDATE sim_simprofile SET profile_name = profile_name WHERE is_verified")
        assert time.monotonic() - started < 5
        reader.rollback()
        # What waited for it has been done.
        for line in process.stdout:
            if line.startswith("  backfill: "):
                break
        process.terminate()
        output = process.communicate(timeout=300)[0]
    assert process.returncode == 130, output


def test_a_second_upgrade_is_refused(legacy_install: Install) -> None:
    with psycopg.connect(legacy_install.url.replace("postgres://", "postgresql://", 1)) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [0x51_4D_1A_4E])
        assert "Another upgrade_profiles runs" in legacy_install.call("upgrade_profiles", "run", code=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(times(1, soak=6)))
def test_killed_at_any_moment_it_ends_as_if_it_had_not_been(tmp_path: Path, database_server: None, seed: int) -> None:
    moments = random.Random(seed)
    with install(tmp_path, databases.UPGRADED) as whole, install(tmp_path) as broken:
        for _ in range(times(1, soak=3)):
            process = broken.start("upgrade_profiles", "run", "--no-backup")
            assert process.stdout
            # A moment after one of its lines; there is one for each step.
            for _ in range(moments.randint(0, STEPS)):
                process.stdout.readline()
            time.sleep(moments.uniform(0, 0.3))
            process.kill()
            process.communicate()
        broken.call("upgrade_profiles", "run", "--no-backup")
        assert broken.checksum() == whole.checksum()


def test_a_backup_that_cannot_be_written_stops_the_run_before_it_began(legacy_install: Install, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    output = legacy_install.call("upgrade_profiles", "run", "--directory", str(tmp_path / "file" / "x"), code=1)
    assert "No backup" in output
    assert "The old model" in legacy_install.call("upgrade_profiles", "status")


def test_a_rehearsal_on_a_copy_of_a_database_leaves_it_alone_and_writes_its_report(
    legacy_install: Install, tmp_path: Path
) -> None:
    before = legacy_install.query("SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM sim_simprofile t")
    server = Install(database_url(), tmp_path)
    report = tmp_path / "report.html"
    name = legacy_install.url.rpartition("/")[2]
    # Not by its status: how long statements take is not this test's business.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "SECONDS", 0.3)
        patch.setattr(running, "QUIET_SECONDS", 1)
        patch.setattr(running, "PAUSE_SECONDS", 0.1)
        patch.setattr(sampling, "EVERY_SECONDS", 0.5)
        # For the processes that it starts.
        patch.setattr(os, "environ", databases.shell(tmp_path))
        output = server.call("upgrade_profiles", "rehearse", "--template", name, "--report", str(report), code=None)
    for check in (
        "The upgrade runs to its end",
        "The contract waits for the old release",
        "The contract runs once it is gone",
        "No statement fails",
        "Every acknowledged write is there",
        "Every rule holds afterwards",
        "The rollback leads back",
        "Every acknowledged write is there after the rollback",
        "The upgrade runs to its end again",
        "Every acknowledged write is there again",
        "Every rule holds afterwards again",
    ):
        assert f"passed {check}" in output, output
    assert "400 profiles" in report.read_text()
    assert legacy_install.query("SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM sim_simprofile t") == before
    assert not server.query("SELECT datname FROM pg_database WHERE datname LIKE 'simlane_rehearsal_%'")


def test_a_rehearsal_of_a_database_that_is_not_there_says_so(database_server: None, tmp_path: Path) -> None:
    output = Install(database_url(), tmp_path).call("upgrade_profiles", "rehearse", "--template", "nowhere", code=1)
    assert "No copy to rehearse on" in output


def test_a_rehearsal_as_a_role_that_is_not_there_says_so(database_server: None, tmp_path: Path) -> None:
    server = Install(database_url(), tmp_path)
    output = server.call("upgrade_profiles", "rehearse", "--application-role", "simlane_nobody", code=1)
    assert "There is no role simlane_nobody on this server." in output
