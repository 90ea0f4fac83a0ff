"""The tables belong to one role and the site speaks for another, in any schema, at every point of the upgrade."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from tests import databases, postgres
from tests.soak import times
from tests.upgrade.conftest import Install, OldRelease, on_postgresql, running_old_release

pytestmark = on_postgresql
PASSWORD = "of-a-test"
ADMIN = "SIMLANE_TEST_POSTGRESQL_ADMIN_URL"
#: What the new release does for its visitors and members: pages, an import, links, an account that goes.
NEW_RELEASE = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from simlane.sim.models import SimProfile
from simlane.sim.ownership import linking
# Without collectstatic before it.
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
users = get_user_model().objects
member = users.create_user("member-{0}", password="!")
browser = Client(headers={{"host": "localhost"}})
browser.force_login(member)
for page in ("/", "/profiles/", "/profiles/search/?q=al", "/users/profile/sim-profiles/", "/events/"):
    assert browser.get(page, follow=True).status_code == 200, page
call_command("import_results", "demo/iracing", "demo/acc")
profile = SimProfile.objects.filter(linked_user=None, merged_into=None, starts__gt=0).first()
profile.link_to_user(member)
assert linking.unlink_from_user(profile)
profile.link_to_user(member)
browser.post("/users/profile/sim-profiles/")
users.create_superuser("staff-{0}", password="!")
staff = Client(headers={{"host": "localhost"}})
staff.force_login(users.get(username="staff-{0}"))
assert staff.get("/staff/rollout/").status_code == 200
assert staff.get("/admin/sim/simprofile/").status_code == 200
member.delete()
profile.refresh_from_db()
assert profile.linked_user_id is None
print("served")
"""


class Apart(Install):
    """An install whose site has a role without any right on the schema itself."""

    def __init__(self, url: str, var: Path, app_url: str, app_role: str) -> None:
        super().__init__(url, var)
        self.app_url = app_url
        self.app_role = app_role
        self.acts = 0

    def old_release(self) -> Any:
        return running_old_release(self.app_url)

    def new_release_serves(self) -> None:
        self.acts += 1
        site = Install(self.app_url, self.var)
        assert "served" in site.manage("shell", "-v0", "-c", NEW_RELEASE.format(self.acts))


@contextmanager
def apart(var: Path, schema: str) -> Iterator[Apart]:
    """At `sim.0008` with profiles, owned by the run's ordinary role; gone afterwards with the site's role."""
    name = f"simlane_apart_{secrets.token_hex(6)}"
    role = f"{name}-app"
    server = str(connection.settings_dict["NAME"])
    databases.copy_database(databases.OLD_POPULATED, name)
    url = f"{databases.database_url(name)}?options=-csearch_path%3D%22{schema}%22"
    made = Apart(url, var, f"postgres://{role}:{PASSWORD}@{url.rpartition('@')[2]}", role)
    with postgres.administrator(server) as admin:
        admin.execute(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{PASSWORD}'")
    try:
        if schema != "public":
            made.query(f'ALTER SCHEMA public RENAME TO "{schema}"')
            made.query("CREATE SCHEMA public")
        made.query(f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"')
        made.query(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO "{role}"')
        made.query(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{schema}" TO "{role}"')
        yield made
    finally:
        # A session of the site's role is not the owner's to end.
        with postgres.administrator(server) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute(f'DROP ROLE "{role}"')


def old_release_writes(old: OldRelease, number: int) -> None:
    """Everything that it can write, each by the statements of its pages."""
    user, other = old.register(f"Dora {number}"), old.register(f"Other {number}")
    keys = [
        old.add(user, "iracing", f"Dora {number}", {"cust_id": 500_000 + number}),
        old.add(user, "iracing", f"Claims it too {number}", {"cust_id": f"0{500_000 + number}"}),
        old.add(user, "iracing", f"Without {number}", {}),
    ]
    old.edit(keys[0], f"Dora Edited {number}")
    old.save_fields(keys[0], {"profile_name": f"Dora Alone {number}"})
    old.verify_selected(keys, True)
    old.edit(keys[2], None, {"cust_id": 900_000 + number})
    old.give(keys[2], other)
    old.move(keys[1], "home-brew")
    event = old.announce("iracing", "Sunday", "2027-02-07T18:00:00+00:00")
    old.reschedule(event, "2027-02-14T18:00:00+00:00")
    old.cancel(event)
    old.disconnect(keys[1])
    old.delete_account(user)
    assert [row[0] for row in old.listing(other)] == [keys[2]]


@pytest.mark.soak
@pytest.mark.parametrize("schema", ["own-schema", "public"][: times(1, soak=2)])
def test_both_releases_serve_through_their_role_at_every_point(
    database_server: None, tmp_path: Path, schema: str
) -> None:
    with apart(tmp_path, schema) as site, site.old_release() as old:
        old_release_writes(old, 1)
        plan = site.call("upgrade_profiles", "plan")
        assert f'Will grant to "{site.app_role}": DELETE, INSERT, SELECT, UPDATE on new tables' in plan
        assert "USAGE on new sequences" in plan
        site.call("upgrade_profiles", "run", "--directory", str(tmp_path / "saved"))
        old_release_writes(old, 2)
        site.new_release_serves()
        old_release_writes(old, 3)
        assert "Every rule holds" in site.call("upgrade_profiles", "verify")
        assert "Will grant" not in site.call("upgrade_profiles", "plan")
        site.call("upgrade_profiles", "run", "--no-backup")
        site.call("upgrade_profiles", "run", "--contract", "--quiet-seconds", "0", "--no-backup")
        site.new_release_serves()
        site.call("upgrade_profiles", "rollback", "--yes")
        old_release_writes(old, 4)
        site.call("upgrade_profiles", "run", "--no-backup")
        old_release_writes(old, 5)
        site.new_release_serves()
        assert "Every rule holds" in site.call("upgrade_profiles", "verify")
        site.call("upgrade_profiles", "rollback", "--yes")
        old_release_writes(old, 6)


def test_migrate_alone_shares_its_tables_too(database_server: None, tmp_path: Path) -> None:
    with apart(tmp_path, "public") as site:
        site.call("migrate", "-v0")
        site.new_release_serves()


def test_each_step_of_the_upgrade_leaves_the_old_release_its_rights(database_server: None, tmp_path: Path) -> None:
    """The steps are `migrate`'s own, with the owner's column held as `run` holds it."""
    with apart(tmp_path, "public") as site, site.old_release() as old:
        site.query("CREATE TABLE sim_upgrade_hold ()")
        for number, (app, name) in enumerate(
            [("sim", "0009"), ("sim", "0010"), ("sim", "0011"), ("sim", "0018"), ("sim", "0021"), ("sim", "0027")]
        ):
            site.call("migrate", app, name, "-v0")
            old_release_writes(old, number)


def test_the_sites_role_cannot_borrow_the_owners_rights(database_server: None, tmp_path: Path) -> None:
    with apart(tmp_path, "public") as site:
        site.call("upgrade_profiles", "run", "--no-backup")
        with psycopg.connect(site.app_url.replace("postgres://", "postgresql://", 1), autocommit=True) as app:
            functions = app.execute(
                """SELECT oid::regprocedure::text, proconfig FROM pg_proc WHERE prosecdef AND pronamespace =
                'public'::regnamespace ORDER BY 1"""
            ).fetchall()
            assert len(functions) > 10
            assert {tuple(path) for _, path in functions} == {("search_path=public, pg_temp",)}
            every = """SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                WHERE NOT t.tgisinternal AND NOT p.prosecdef"""
            assert app.execute(every).fetchone() == (0,)
            app.execute("CREATE TEMPORARY TABLE forged (LIKE sim_simprofile)")
            for name, _ in functions:
                with pytest.raises(errors.InsufficientPrivilege):
                    app.execute(f"CREATE TRIGGER borrowed BEFORE DELETE ON forged FOR EACH ROW EXECUTE FUNCTION {name}")
            # Temporary tables of the site's names are not what the functions write to.
            app.execute("CREATE TEMPORARY TABLE sim_oldreleasewrite (seen_at timestamptz, statement text)")
            app.execute("CREATE TEMPORARY TABLE kept_sim_entrydriver (profile_id uuid)")
            app.execute("INSERT INTO kept_sim_entrydriver SELECT id FROM sim_simprofile")
            app.execute("UPDATE sim_simprofile SET profile_name = profile_name")
            assert app.execute("SELECT count(*) FROM pg_temp.sim_oldreleasewrite").fetchone() == (0,)
            assert app.execute("SELECT count(*) > 0 FROM public.sim_oldreleasewrite").fetchone() == (True,)
            deleted = "DELETE FROM sim_simprofile WHERE id = (SELECT id FROM sim_simprofile LIMIT 1)"
            assert app.execute(deleted).rowcount == 1


@pytest.mark.skipif(ADMIN not in os.environ, reason="the tests' only role is a superuser who owns all")
def test_a_superuser_who_does_not_own_the_tables_is_stopped(legacy_install: Install, tmp_path: Path) -> None:
    admin = urlsplit(os.environ[ADMIN])._replace(path=urlsplit(legacy_install.url).path).geturl()
    superuser, version = Install(admin, tmp_path), "SELECT max(id) FROM django_migrations"
    before = legacy_install.query(version)
    plan = superuser.call("upgrade_profiles", "plan", code=1)
    assert "STOP: postgres does not own sim_simprofile: the triggers would have a superuser's rights" in plan
    assert f"so run the upgrade as {postgres.ROLE}." in plan
    refused = superuser.call("migrate", "sim", "0009", code=1)
    assert "CommandError: postgres is a superuser, whose rights the site would get by its triggers" in refused
    assert f"migrate as {postgres.ROLE}, who owns sim_simprofile." in refused
    assert legacy_install.query(version) == before


def test_plan_names_what_is_left_to_the_operator(database_server: None, tmp_path: Path) -> None:
    with apart(tmp_path, "public") as site:
        site.query(f'REVOKE ALL ON users_user FROM "{site.app_role}"')
        site.query(f'GRANT SELECT (id, username) ON users_user TO "{site.app_role}"')
        site.query(f'GRANT CREATE ON SCHEMA public TO "{site.app_role}"')
        site.query("ALTER TABLE sim_event ENABLE ROW LEVEL SECURITY")
        plan = site.call("upgrade_profiles", "plan")
        assert "Will grant" not in plan
        assert f'Note: "{site.app_role}" has SELECT on sim_simprofile, sim_simulator only' in plan
        assert f'Note: "{site.app_role}" has rights on single columns of users_user' in plan
        assert f'Note: "{site.app_role}" may create objects in the schema public' in plan
        assert "Note: sim_event has row-level security" in plan
        site.query("ALTER TABLE sim_event FORCE ROW LEVEL SECURITY")
        assert "STOP: Row-level security of sim_event" in site.call("upgrade_profiles", "plan", code=1)


def test_what_everybody_may_do_everybody_may_do_with_new_tables(database_server: None, tmp_path: Path) -> None:
    with apart(tmp_path, "public") as site:
        for table in ("sim_simprofile", "sim_simulator", "users_user"):
            site.query(f"GRANT SELECT ON {table} TO PUBLIC")
        assert "Will grant to PUBLIC: SELECT on new tables" in site.call("upgrade_profiles", "plan")


def test_a_backup_of_the_dual_write_is_restored_by_an_ordinary_role(database_server: None, tmp_path: Path) -> None:
    with apart(tmp_path, "public") as site:
        site.call("upgrade_profiles", "run", "--no-backup")
        site.call("upgrade_profiles", "backup", "--directory", str(tmp_path / "saved"))
        before = site.checksum()
        file = next((tmp_path / "saved").glob("*.dump"))
        url = site.url.replace("postgres://", "postgresql://", 1)
        site.query("DROP SCHEMA public CASCADE")
        site.query("CREATE SCHEMA public")
        done = subprocess.run(
            ["pg_restore", f"--dbname={url}", "--exit-on-error", str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert site.checksum() == before
        with site.old_release() as old:
            old_release_writes(old, 1)
        site.new_release_serves()
        assert "Every rule holds" in site.call("upgrade_profiles", "verify")
