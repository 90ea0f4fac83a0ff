"""An adoption that ended anywhere is undone without a loss, and what would stop it, or its undoing, is found first."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simlane.upgrade import runner, spacing
from simlane.upgrade.adoption import running
from tests import postgres
from tests.upgrade.conftest import Install, on_database, on_postgresql
from tests.upgrade.test_adopt import CATALOG, MAPPING, checksums, columns, own_install

pytestmark = on_postgresql
#: More than the batches begin with, and so several of them.
MORE_ROWS = """INSERT INTO sim_simprofile
        SELECT md5('more' || n)::uuid, 'Driver ' || n, (200000 + n)::text, false, NULL, NULL, '2023-02-01',
        '2023-02-02', 1 + n % 60, md5('simulatoriRacing')::uuid FROM generate_series(1, 2500) AS n;
    INSERT INTO sim_event SELECT md5('more' || n)::uuid, 'Heat ' || n, '', 'CLUB',
        timestamptz '2023-01-01' + n * interval '1 hour', NULL, '2021-12-01', '2021-12-02',
        md5('simulatoriRacing')::uuid FROM generate_series(1, 1200) AS n"""


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else uses the install."""
    monkeypatch.setattr(spacing, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def site(database_server: None, tmp_path: Path) -> Iterator[Install]:
    with own_install(tmp_path) as made:
        yield made


def adopt(site: Install, *options: str, code: int = 0) -> str:
    return site.call("upgrade_profiles", "adopt", "--mapping", str(site.var / "legacy.toml"), *options, code=code)


def adopt_until(site: Install, act: str) -> None:
    """Ends just before the act of this name."""

    def say(line: str) -> None:
        if line == act:
            raise InterruptedError

    with on_database(site.url), runner.direct(), runner.alone(), pytest.raises(InterruptedError):
        running.adopt(site.var / "legacy.toml", say, dry_run=False, old_release_stopped=True)


def catalog(site: Install, names: dict[str, Any]) -> set[tuple[Any, ...]]:
    return set(site.query(CATALOG.replace("{names}", "{" + ",".join(names) + "}")))


def test_an_adoption_undone_at_any_point_gives_back_every_value(site: Install) -> None:
    site.query(MORE_ROWS)
    before = columns(site)
    rows, schema = checksums(site, before), catalog(site, before)
    for act in ("fill sim_event.starts_at", "build sim_event_simulator_id_adopt", "switch keys", "set sim_lap aside"):
        adopt_until(site, act)
        assert "The install is as it was" in adopt(site, "--undo")
        assert checksums(site, before) == rows, act
        assert catalog(site, before) == schema, act


def test_what_came_since_and_the_old_columns_cannot_hold_is_found_before_the_way_back_begins(site: Install) -> None:
    site.query(
        """UPDATE sim_event SET event_date = created_at WHERE event_date IS NULL;
        ALTER TABLE sim_event ALTER event_date SET NOT NULL, ALTER name TYPE varchar(40);
        ALTER TABLE sim_simulator ADD CONSTRAINT own_version CHECK (version <> '')"""
    )
    before = columns(site)
    rows, schema = checksums(site, before), catalog(site, before)
    assert "This is the old release's schema" in adopt(site, "--old-release-stopped")
    site.query(
        """INSERT INTO sim_simulator (name, slug, created_at) VALUES ('Newer', 'newer', now());
        INSERT INTO sim_event (name, created_at, simulator_id, event_source)
            SELECT repeat('long ', 9), now(), id, 'manual' FROM sim_simulator WHERE slug = 'newer'"""
    )
    refused = adopt(site, "--undo", code=1)
    ((key,),) = site.query("SELECT id FROM sim_event WHERE name LIKE 'long %'")
    assert f"sim_event.event_date may not be empty: 1 row ({key})" in refused
    assert f"sim_event.name is varchar(40): 1 row ({key})" in refused
    assert "undo:" not in refused
    site.query(f"UPDATE sim_event SET starts_at = now(), name = 'Short' WHERE id = {key}")
    adopt(site, "--undo")
    site.query("DELETE FROM sim_event WHERE name = 'Short'; DELETE FROM sim_simulator WHERE name = 'Newer'")
    assert checksums(site, before) == rows
    # The newer simulator had no version, and an empty one is forbidden.
    left = schema ^ catalog(site, before)
    assert {(table, name) for kind, table, name, _ in left if kind == "column"} == {("sim_simulator", "version")}


@contextmanager
def application_role(site: Install) -> Iterator[str]:
    """A role that reads and writes every table of the install, whom the owner can speak for."""
    role, name = f"simlane_app_{secrets.token_hex(4)}", site.url.rpartition("/")[2]
    with postgres.administrator(name) as admin:
        admin.execute(f"CREATE ROLE {role}")
        try:
            admin.execute(f"GRANT {role} TO {postgres.ROLE}")
            admin.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            admin.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
            yield role
        finally:
            admin.execute(f"DROP OWNED BY {role}")
            admin.execute(f"DROP ROLE {role}")


def test_the_sites_own_role_goes_on_and_gets_its_rights_on_the_events_that_were_missing(site: Install) -> None:
    site.query("DROP TABLE sim_eventclass, sim_event")
    (site.var / "legacy.toml").write_text(MAPPING.replace('[columns.sim_event]\nstarts_at = "event_date"\n', ""))
    before = columns(site)
    rows = checksums(site, before)
    with application_role(site) as role:
        assert f"grant INSERT on new tables to {role}" in adopt(site, "--dry-run")
        adopt(site)
        late = "00000000-0000-4000-8000-000000000001"
        site.query(
            f"""SET ROLE {role}; INSERT INTO sim_simprofile
            SELECT '{late}', 'Late', '900001', false, NULL, NULL, now(), now(), user_id, simulator_id
            FROM sim_simprofile WHERE profile_name = 'Driver 3'"""
        )
        functions = site.query(
            f"""SELECT proname, proconfig, has_function_privilege('{role}', oid, 'EXECUTE') FROM pg_proc
            WHERE proname LIKE 'sim\\_adopt\\_%' AND prosecdef"""
        )
        assert {name for name, _, _ in functions} >= {"sim_adopt_sim_simprofile_insert", "sim_adopt_users_user_update"}
        assert [each for each in functions if each[1:] != (["search_path=public, pg_temp"], False)] == []
        adopt(site, "--old-release-stopped")
        assert site.query(f"SELECT profile_data FROM sim_simprofile WHERE id = '{late}'") == [({"cust_id": "900001"},)]
        site.query(
            f"""SET ROLE {role}; INSERT INTO sim_event (name, created_at, simulator_id, event_source)
            SELECT 'Club night', now(), id, 'manual' FROM sim_simulator WHERE slug = 'iracing'"""
        )
        site.query(f"DELETE FROM sim_simprofile WHERE id = '{late}'")
        assert "The install is as it was" in adopt(site, "--undo")
        assert set(columns(site)) == {*before, "sim_adopted_sim_event"}
        assert checksums(site, before) == rows
        assert site.query("SELECT count(*) FROM pg_default_acl") == [(0,)]
        # What came since is there again after another adoption, whatever the keys of simulators are then.
        site.query("INSERT INTO sim_simulator SELECT md5('first')::uuid, '0 first', '', '', true, now(), now()")
        mapping = site.var / "legacy.toml"
        mapping.write_text(mapping.read_text().replace("[simulators]", '[simulators]\n"0 first" = "first"'))
        adopt(site, "--old-release-stopped")
        events = "SELECT e.name, s.slug FROM sim_event e JOIN sim_simulator s ON s.id = e.simulator_id"
        assert site.query(events) == [("Club night", "iracing")]


def test_a_table_of_another_name_must_be_ones_own_too(site: Install) -> None:
    site.query("ALTER TABLE sim_event RENAME TO races")
    mapping = site.var / "legacy.toml"
    mapping.write_text(f'{MAPPING}\n[tables]\nsim_event = "races"\n')
    with application_role(site) as role, postgres.administrator(site.url.rpartition("/")[2]) as admin:
        admin.execute(f"REVOKE {role} FROM {postgres.ROLE}")
        admin.execute(f"ALTER TABLE races OWNER TO {role}")
        admin.execute(f"GRANT SELECT ON races TO {postgres.ROLE}")
        refused = adopt(site, code=1)
        admin.execute(f"ALTER TABLE races OWNER TO {postgres.ROLE}")
    assert f"does not own races: only its owner can alter it, so run the upgrade as {role}." in refused
    assert "There is no adoption to undo" in adopt(site, "--undo", code=1)


def test_rows_that_break_a_rule_are_counted_and_shown_before_the_first_act(site: Install) -> None:
    site.query(
        """ALTER TABLE sim_simprofile DROP CONSTRAINT sim_simprofile_simulator_id_fkey;
        ALTER TABLE sim_simprofile DROP CONSTRAINT sim_simprofile_user_id_3cf5841f_fk_users_user_id;
        ALTER TABLE sim_simprofile ALTER simulator_id DROP NOT NULL;
        ALTER TABLE sim_simprofile RENAME user_id TO owner_id;
        UPDATE sim_simprofile SET simulator_id = NULL WHERE profile_name = 'Driver 1';
        UPDATE sim_simprofile SET simulator_id = md5('gone')::uuid WHERE profile_name IN ('Driver 2', 'Driver 4');
        UPDATE sim_simprofile SET owner_id = 999999 WHERE profile_name = 'Driver 7';
        ALTER TABLE users_user DROP CONSTRAINT users_user_username_key;
        ALTER TABLE users_user RENAME username TO login;
        UPDATE users_user SET login = 'member1' WHERE login IN ('member2', 'member3');
        ALTER TABLE sim_simulator ADD COLUMN slug varchar(100);
        UPDATE sim_simulator SET slug = 'own-' || md5(name);
        UPDATE sim_simulator SET slug = NULL WHERE name = 'F1 24';
        UPDATE sim_simulator SET name = 'iRacing', version = '2.0' WHERE name LIKE 'Assetto%'"""
    )
    mapping = MAPPING[: MAPPING.index("[simulators]")] + MAPPING[MAPPING.index("[platform_id]") :]
    mapping = mapping.replace('first_name = "name"', 'first_name = "name"\nusername = "login"')
    (site.var / "legacy.toml").write_text(f'{mapping}\n[columns.sim_simprofile]\nuser_id = "owner_id"\n')

    def key(text: str) -> str:
        ((found,),) = site.query(f"SELECT md5('{text}')::uuid")
        return str(found)

    refused = adopt(site, "--old-release-stopped", code=1)
    gone = ", ".join(sorted((key("profile2"), key("profile4"))))
    for line in (
        f"sim_simprofile.simulator_id is empty in 1 row ({key('profile1')}): fill them first.",
        f"sim_simprofile.simulator_id points at no row of sim_simulator in 2 rows ({gone})",
        f"sim_simprofile.owner_id points at no row of users_user in 1 row ({key('profile7')})",
        "users_user.login has 1 value (member1) that several rows have",
        "sim_simulator.name has 1 value (iRacing) that several rows have",
        f"sim_simulator.slug is empty in 1 row ({key('simulatorF1 24')})",
    ):
        assert line in refused
    assert "There is no adoption to undo" in adopt(site, "--undo", code=1)


def test_what_is_not_the_same_for_all_rows_or_points_elsewhere_is_told(site: Install) -> None:
    site.query(
        """ALTER TABLE sim_simprofile DROP CONSTRAINT sim_simprofile_user_id_3cf5841f_fk_users_user_id;
        ALTER TABLE sim_simprofile ALTER user_id TYPE bigint,
            ADD FOREIGN KEY (user_id) REFERENCES users_user_groups NOT VALID;
        ALTER TABLE sim_event DROP CONSTRAINT sim_event_simulator_id_fkey, ALTER simulator_id TYPE text;
        ALTER TABLE users_user RENAME username TO login"""
    )
    (site.var / "legacy.toml").write_text(
        MAPPING.replace('first_name = "name"', 'first_name = "name"\nusername = { value = "x" }')
    )
    refused = adopt(site, code=1)
    assert "sim_simprofile.user_id points at users_user_groups.id, expected users_user.id" in refused
    assert "sim_event.simulator_id is text, but sim_simulator.id is uuid: convert it first." in refused
    assert "[columns.users_user] username: it differs from row to row" in refused
