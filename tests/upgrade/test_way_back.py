"""A rollback: the old release's own word, the operator's own tables and indexes, and an end of what is kept."""

from __future__ import annotations

from django.db import connection

from simlane.sim import models
from simlane.upgrade import plan
from tests.sim.migrations.conftest import HEAD, LEGACY, Migrate, Old
from tests.upgrade.conftest import Install, OldRelease, on_postgresql

pytestmark = on_postgresql


def query(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_a_verification_the_old_release_says_again_is_returned(
    opened, old: Old, migrate: Migrate, old_release: OldRelease
) -> None:
    form, action, edited, untouched = (
        str(old.profile(name, {}, verified=False)) for name in ("Form", "Action", "Edited", "Untouched")
    )
    opened()
    # The upgrade has verified all of them: the old release shows that, and its staff confirm two.
    old_release.set_verified(form, True)
    old_release.verify_selected([action], True)
    old_release.edit(edited, "Renamed")
    rows = migrate(LEGACY).get_model("sim", "SimProfile").objects
    verified = {str(key): is_verified for key, is_verified in rows.values_list("pk", "is_verified")}
    assert verified == {form: True, action: True, edited: False, untouched: False}


def test_the_operators_indexes_and_rows_outlive_the_way_there_and_back(old: Old, migrate: Migrate) -> None:
    stays, leaves = old.profile("Stays", {"cust_id": 5}), old.profile("Leaves", {"cust_id": 6})
    made = [
        "CREATE INDEX own_owner ON sim_simprofile (user_id, created_at) WHERE is_verified",
        "CREATE INDEX own_part ON sim_simprofile (profile_name) WHERE user_id % 2 = 0 AND profile_name LIKE 'A%'",
        "CREATE UNIQUE INDEX own_together ON sim_simprofile (simulator_id, lower(profile_name), user_id)",
        "CREATE INDEX own_simulator ON sim_simprofile (simulator_id)",
        "ALTER TABLE sim_simprofile ADD CONSTRAINT own_once UNIQUE (user_id, id)",
        "CREATE STATISTICS own_figures ON user_id, simulator_id FROM sim_simprofile",
        """CREATE TABLE own_setup (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text,
            driver uuid NOT NULL REFERENCES sim_simprofile ON DELETE CASCADE)""",
        "CREATE TABLE own_lap (id serial PRIMARY KEY, setup int NOT NULL REFERENCES own_setup DEFERRABLE, ms int)",
        "CREATE TABLE own_helmet (driver uuid REFERENCES sim_simprofile ON DELETE SET NULL)",
        f"INSERT INTO own_setup (name, driver) VALUES ('a', '{stays}'), ('b', '{leaves}')",
        "INSERT INTO own_lap (setup, ms) SELECT id, 90000 + id FROM own_setup",
    ]
    for sql in made:
        query(sql)
    try:
        told = "\n".join(plan.collect().warnings)
        assert all(name in told for name in ("own_owner", "own_together", "own_setup", "own_helmet"))
        objects = """SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'own_%' UNION ALL
            SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE 'own_%' UNION ALL
            SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext"""
        rows = "SELECT s::text, l::text FROM own_setup s JOIN own_lap l ON l.setup = s.id ORDER BY l.id"
        there, before = sorted(query(objects)), query(rows)
        migrate(HEAD)
        models.SimProfile.objects.filter(pk=leaves).update(linked_user=None, linked_at=None, is_verified=False)
        migrate(LEGACY)
        assert sorted(query(objects)) == there
        assert query(rows) == before[:1]
        migrate(HEAD)
        assert query(rows) == before
    finally:
        for table in ("own_lap", "own_setup", "own_helmet"):
            query(f"DROP TABLE {table}")
        query("DROP INDEX IF EXISTS own_simulator")


def test_what_is_kept_has_an_end(upgraded_install: Install) -> None:
    site = upgraded_install
    assert "Nothing is kept aside." in site.call("upgrade_profiles", "forget", "--yes")
    site.call("upgrade_profiles", "rollback", "--yes")
    tables = "SELECT count(*) FROM pg_class WHERE relname LIKE 'kept\\_%' AND relkind = 'r'"
    (kept,) = site.query(tables)[0]
    refused = site.manage("upgrade_profiles", "forget", code=1)
    assert "kept_sim_profilename: 400 rows, " in refused
    assert "all there is of the new model" in refused
    assert site.query(tables) == [(kept,)]
    site.call("migrate", "sim", "0009_add_profile_fields", "-v0")
    assert "nothing was dropped" in site.call("upgrade_profiles", "forget", "--yes", code=1)
    site.call("upgrade_profiles", "rollback", "--yes")
    assert f"{kept} tables are dropped." in site.call("upgrade_profiles", "forget", "--yes")
    assert site.query(tables) == [(0,)]
    site.call("upgrade_profiles", "run", "--no-backup")
    assert site.query("SELECT count(*) FROM sim_profilename") == [(400,)]
