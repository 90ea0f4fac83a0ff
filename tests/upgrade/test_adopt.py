"""An install whose schema is not the old release's: `plan` says how it differs, `adopt` brings it there and back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from simlane.upgrade.adoption.mapping import MappingError, parse, read
from tests import databases
from tests.upgrade.conftest import Install, database_url, install, on_postgresql

SHAPE = Path(__file__).parent / "installs" / "uuid_simulators.sql"
MAPPING = """
[columns.users_user]
first_name = "name"

[columns.sim_simulator]
is_active = { value = true }

[columns.sim_event]
starts_at = "event_date"

[simulators]
"iRacing" = "iracing"
"Assetto Corsa Competizione" = "acc"
"F1 24" = "f1-24"

[platform_id]
column = "external_data_id"

[aside]
tables = ["sim_lap"]
"""
#: Every table of the install and its columns, as they are before the adoption.
ORIGINAL = """SELECT c.relname, array_agg(a.attname ORDER BY a.attname) FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        AND (c.relname LIKE 'sim\\_%' OR c.relname LIKE 'users\\_user%') GROUP BY c.relname ORDER BY 1"""
CATALOG = """SELECT 'column', table_name, column_name,
        concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ANY('{names}')
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid::regclass::text = ANY('{names}')
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, '' FROM pg_trigger WHERE NOT tgisinternal
        AND tgrelid::regclass::text = ANY('{names}') AND tgname <> 'sim_upgrade_account'
    UNION ALL SELECT 'function', proname, '', '' FROM pg_proc WHERE proname LIKE 'sim\\_adopt%'"""


@contextmanager
def own_install(var: Path) -> Iterator[Install]:
    """The shape of `installs/uuid_simulators.sql`, with its rows, on a database that is gone afterwards."""
    name = f"simlane_own_{secrets.token_hex(6)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        made = Install(database_url().rsplit("/", 1)[0] + f"/{name}", var)
        made.query(SHAPE.read_text())
        (var / "legacy.toml").write_text(MAPPING)
        yield made
    finally:
        databases.drop_database(name)


def adopt(site: Install, *options: str, code: int = 0) -> str:
    return site.call("upgrade_profiles", "adopt", "--mapping", str(site.var / "legacy.toml"), *options, code=code)


def columns(site: Install) -> dict[str, list[str]]:
    return dict(site.query(ORIGINAL))


def checksums(site: Install, wanted: dict[str, list[str]], names: dict[str, str] | None = None) -> dict[str, Any]:
    """Of each table all rows in the given columns; `names` says what tables and columns are called meanwhile."""
    names = names or {}
    found = {}
    for table, its in wanted.items():
        now = names.get(table, table)
        row = ", ".join(f'"{names.get(f"{table}.{each}", each)}"' for each in its)
        found[table] = site.query(
            f"""SELECT count(*), md5(COALESCE(string_agg(line, '|' ORDER BY line), ''))
            FROM (SELECT ROW({row})::text AS line FROM "{now}") AS rows"""
        )
    return found


MEANWHILE = {
    "sim_simulator.id": "legacy_id",
    "sim_event.id": "legacy_id",
    "sim_event.simulator_id": "legacy_simulator_id",
    "sim_simprofile.simulator_id": "legacy_simulator_id",
    "sim_lap": "legacy_sim_lap",
}


def valid_keys(site: Install) -> list[tuple[Any, ...]]:
    """Every foreign key of the install's own tables, with what it points at."""
    return site.query(
        """SELECT conname, conrelid::regclass::text, confrelid::regclass::text, convalidated FROM pg_constraint
        WHERE contype = 'f' AND conname IN ('sim_laptime_profile_fk', 'sim_simcar_simulator_fk',
            'sim_eventclass_event_fk') ORDER BY 1"""
    )


@on_postgresql
def test_an_own_install_is_adopted_upgraded_rolled_back_and_given_back_as_it_was(
    database_server: None, tmp_path: Path
) -> None:
    with own_install(tmp_path) as site:
        before, keys = columns(site), valid_keys(site)
        rows = checksums(site, before)
        # What the new model has elsewhere or changes; and it has simulators of its own beside those that were there.
        kept = {name: [each for each in its if each not in {"user_id", "is_verified"}] for name, its in before.items()}
        del kept["sim_simulator"]
        rows_kept = checksums(site, kept)
        catalog = CATALOG.replace("{names}", "{" + ",".join(before) + "}")
        schema = set(site.query(catalog))

        said = site.call("upgrade_profiles", "plan", code=1)
        for line in (
            "DIFFERS: sim_simulator.id is uuid, expected bigint",
            "DIFFERS: sim_simulator.slug is missing",
            "DIFFERS: sim_simprofile.profile_data is missing",
            "DIFFERS: sim_simprofile.external_data_id is not expected",
            "DIFFERS: the table sim_lap is there",
            "DIFFERS: django_migrations has no sim.0002_simulator_slug",
        ):
            assert line in said
        assert "sim_simulator.slug is missing" in site.call("upgrade_profiles", "run", "--no-backup", code=1)
        assert "fill sim_simprofile.profile_data" in adopt(site, "--dry-run")
        assert columns(site) == before

        # Killed in the middle, the same command goes on.
        process = site.start("upgrade_profiles", "adopt", "--mapping", str(tmp_path / "legacy.toml"))
        assert process.stdout
        for line in process.stdout:
            if line.startswith("fill sim_simprofile.profile_data"):
                process.kill()
                break
        process.communicate()
        assert "stop it, then upgrade_profiles adopt --old-release-stopped" in adopt(site)
        # Until then the old release has everything where it was.
        assert checksums(site, before) == rows
        assert "This is the old release's schema" in adopt(site, "--old-release-stopped")
        assert checksums(site, before, MEANWHILE) == rows

        found = json.loads(site.call("upgrade_profiles", "plan", "--json", "--no-backup"))
        assert (found["differences"], found["hindrances"], found["contested_ids"]) == ([], [], 6)
        assert found["with_platform_id"] == 320
        site.call("upgrade_profiles", "run", "--no-backup")
        site.call("upgrade_profiles", "run", "--contract", "--quiet-seconds", "0")
        assert checksums(site, kept, MEANWHILE) == rows_kept
        assert valid_keys(site) == keys
        assert site.query("SELECT count(*) FROM sim_simprofile WHERE profile_identifier = '100003'") == [(1,)]
        assert "First go back to the old model" in adopt(site, "--undo", code=1)

        site.call("upgrade_profiles", "rollback", "--yes")
        assert "The install is as it was" in adopt(site, "--undo")
        # The new release's simulators stay, with keys of the install's own type.
        site.query("DELETE FROM sim_simulator WHERE version = ''")
        assert checksums(site, before) == rows
        assert valid_keys(site) == keys
        # A rollback is of profiles: what the new release gave accounts stays, and the old one can add rows without it.
        left = set(site.query(catalog)) - schema
        assert {(kind, table, name) for kind, table, name, _ in left} == {
            ("column", "users_user", "search_key"),
            ("column", "users_user", "has_driver_page"),
        }
        assert schema <= set(site.query(catalog))
        assert "There is no adoption to undo" in adopt(site, "--undo", code=1)


@on_postgresql
def test_beside_added_columns_the_old_release_goes_on_serving(database_server: None, tmp_path: Path) -> None:
    with install(tmp_path) as site:
        site.query(
            """ALTER TABLE sim_simprofile ADD COLUMN external_data_id varchar(255);
            UPDATE sim_simprofile SET external_data_id =
                COALESCE(profile_data ->> 'cust_id', profile_data ->> 'player_id', '')
                WHERE jsonb_typeof(profile_data) = 'object';
            UPDATE sim_simprofile SET external_data_id = '' WHERE external_data_id IS NULL;
            ALTER TABLE sim_simprofile ALTER external_data_id SET NOT NULL, DROP COLUMN profile_data;
            ALTER TABLE sim_simulator DROP COLUMN slug"""
        )
        (tmp_path / "legacy.toml").write_text(
            """[simulators]
            iRacing = "iracing"
            "Assetto Corsa Competizione" = "acc"
            "Gran Turismo 7" = "gt7"
            "Home brew" = "home-brew"
            [platform_id]
            column = "external_data_id"
            """
        )
        assert "This is the old release's schema" in adopt(site)
        insert = """INSERT INTO sim_simprofile
            (id, user_id, simulator_id, profile_name, is_verified, created_at, external_data_id)
            SELECT '{key}', (SELECT min(id) FROM users_user), id, 'Late', false, now(), '{given}'
            FROM sim_simulator WHERE name = 'iRacing'"""
        first, second = ("00000000-0000-4000-8000-00000000000" + digit for digit in "12")
        site.query(insert.format(key=first, given="900001"))
        data = f"SELECT profile_data FROM sim_simprofile WHERE id = '{first}'"
        assert site.query(data) == [({"cust_id": "900001"},)]
        site.query(f"UPDATE sim_simprofile SET external_data_id = '900002' WHERE id = '{first}'")
        assert site.query(data) == [({"cust_id": "900002"},)]
        site.query("INSERT INTO sim_simulator (name, created_at) VALUES ('A new one', now())")
        assert site.query("SELECT slug LIKE 'a-new-one-%' FROM sim_simulator WHERE name = 'A new one'") == [(True,)]

        site.call("upgrade_profiles", "run", "--no-backup")
        site.query(insert.format(key=second, given="900003"))
        identifier = "SELECT profile_identifier FROM sim_simprofile WHERE id = '{}'"
        assert site.query(identifier.format(first)) == [("900002",)]
        assert site.query(identifier.format(second)) == [("900003",)]
        site.query(f"UPDATE sim_simprofile SET external_data_id = '900004' WHERE id = '{second}'")
        assert site.query(identifier.format(second)) == [("900004",)]


@on_postgresql
def test_a_proposed_mapping_file_fits_and_is_never_written_over(database_server: None, tmp_path: Path) -> None:
    with own_install(tmp_path) as site:
        assert "is there already" in adopt(site, "--propose", code=1)
        (tmp_path / "legacy.toml").unlink()
        assert "look through every line" in adopt(site, "--propose")
        found = read(tmp_path / "legacy.toml")
        assert found.slugs == {
            "Assetto Corsa Competizione": "assetto-corsa-competizione",
            "F1 24": "f1-24",
            "iRacing": "iracing",
        }
        assert (found.platform_column, found.aside) == ("external_data_id", ("sim_lap",))
        assert found.columns["sim_event"] == {"starts_at": "event_date"}
        assert "after the old release has stopped: switch keys" in adopt(site, "--dry-run")


@on_postgresql
def test_each_mistake_about_the_install_is_a_line_and_nothing_is_changed(database_server: None, tmp_path: Path) -> None:
    file = tmp_path / "legacy.toml"
    with own_install(tmp_path) as site:
        before = columns(site)
        for text, lines in (
            (
                '[tables]\nsim_event = "races"\n[aside]\ntables = ["nowhere"]',
                ("there is no table races", "there is no table nowhere"),
            ),
            (
                """[columns.sim_event]
                starts_at = "beginning"
                begins_at = "event_date"
                name = "description"
                [simulators]
                iRacing = "iracing"
                "Assetto Corsa Competizione" = "iracing"
                rFactor = "rfactor-2"
                [platform_id]
                column = "preferences"
                """,
                (
                    "[columns.sim_event] starts_at: sim_event has no column beginning",
                    "[columns.sim_event] begins_at: not a column of the old release",
                    "[columns.sim_event] name: sim_event has that column already",
                    "'F1 24' has no slug",
                    "have the same slug 'iracing'",
                    "'rFactor': no simulator has this name",
                    "preferences is JSON: say with key",
                ),
            ),
            (
                MAPPING.replace('"sim_lap"', "").replace('"event_date"', '"description"'),
                ("description cannot become timestamp with time zone", "the table sim_lap stands where"),
            ),
        ):
            file.write_text(text)
            output = adopt(site, code=1)
            for line in lines:
                assert line in output
            assert "Traceback" not in output
        assert columns(site) == before


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[simulator]", "[simulator]: no such section"),
        ('tables = "x"', "tables is a section"),
        ('[tables]\nsim_drivers = "x"', "sim_drivers: not a table of the old release"),
        ("[tables]\nsim_event = 5", "[tables] sim_event: give a text in quotes"),
        ('[columns.sim_lap]\nx = "y"', "[columns.sim_lap]: not a table of the old release"),
        ("[columns.sim_event]\nname = { default = 1 }", "[columns.sim_event] name: give the name of the column"),
        ("[columns]\nsim_event = 1", "write a section [columns.sim_event]"),
        ('[platform_id]\nfield = "x"', "[platform_id] field: no such line"),
        ('[platform_id]\nkey = "x"', "say in which column"),
        ("[aside]\ntables = 3", "[aside]: has one line"),
        ("[simulators", "is not TOML"),
    ],
)
def test_each_mistake_in_the_file_is_a_line(tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "legacy.toml"
    file.write_text(text)
    with pytest.raises(MappingError) as refused:
        read(file)
    assert any(line in each for each in refused.value.lines)


def test_all_mistakes_are_told_at_once_and_a_missing_file_too(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as refused:
        parse({"a": {}, "b": {}})
    assert len(refused.value.lines) == 2
    with pytest.raises(MappingError, match="cannot be read"):
        read(tmp_path / "nowhere.toml")
