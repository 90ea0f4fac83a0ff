"""`verify_profiles` finds every broken rule, in rows that only a database without its constraints can hold."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from simlane.results.models import ResultFile
from simlane.results.profiles import Sighting, record_sightings
from simlane.sim.database.triggers import DROP_UNLINK, UNLINK, run
from simlane.sim.models import EntryDriver, LegacyProfile, SimProfile, Simulator
from simlane.users.models import User

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def verify() -> tuple[int, dict[str, Any]]:
    out = io.StringIO()
    status = 0
    try:
        call_command("verify_profiles", json=True, stdout=out)
    except SystemExit as end:
        status = int(str(end.code))
    return status, json.loads(out.getvalue())


def broken() -> dict[str, Any]:
    status, report = verify()
    found = {each["check"]: each for each in report["checks"] if each["broken"]}
    assert status == (1 if found else 0)
    assert report["ok"] is not bool(found)
    return found


def test_a_sound_site_passes(season: None) -> None:
    assert broken() == {}
    out = io.StringIO()
    call_command("verify_profiles", stdout=out)
    assert "every rule holds" in out.getvalue()


def test_the_statements_do_not_grow_with_the_rows(season: None) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert verify()[0] == 0
        return len(captured)

    few = statements()
    iracing = Simulator.objects.get(slug="iracing")
    record_sightings([Sighting(iracing.pk, str(number), "Many", NOW) for number in range(1, 300)])
    assert statements() == few


def settle() -> None:
    """PostgreSQL changes no table while checks of it wait for the commit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def lawless(season: None) -> Iterator[None]:
    """The table without its constraints, foreign keys unchecked until the test's end, when all is rolled back."""
    constraints = list(SimProfile._meta.constraints)
    if connection.vendor == "sqlite":
        # Rebuilding a table needs foreign keys off, which a transaction cannot do: checks are ignored instead.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            # The unique one stands in the table itself; a copy of the table has neither.
            constraints = []
        yield
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
    else:
        settle()
        with connection.schema_editor() as editor:
            for constraint in constraints:
                editor.remove_constraint(SimProfile, constraint)
        yield


BREAKS: dict[str, dict[str, Any]] = {
    "identifier": {"profile_identifier": " "},
    "verified": {"is_verified": True, "linked_user": None, "linked_at": None},
    "linked-at": {"linked_at": NOW, "linked_user": None},
    "unlinked-public": {"is_public": False, "linked_user": None, "linked_at": None},
}


@pytest.mark.parametrize("check", BREAKS)
def test_a_broken_rule_is_found(season: None, lawless: None, check: str) -> None:
    profile = SimProfile.objects.get(profile_identifier="76561190000000001")
    SimProfile.objects.filter(pk=profile.pk).update(**BREAKS[check])
    found = broken()
    found.pop("guards", None)
    assert set(found) == {check}
    assert found[check]["broken"] == 1
    assert found[check]["first"] == [str(profile.pk)]


def test_a_hidden_unproved_profile_is_found(alice: SimProfile, owner: User, lawless: None) -> None:
    SimProfile.objects.filter(pk=alice.pk).update(linked_user=owner, linked_at=NOW, is_public=False)
    found = broken()
    found.pop("guards", None)
    assert set(found) == {"private"}


def test_an_identity_twice_is_found(alice: SimProfile) -> None:
    identity = next(c for c in SimProfile._meta.constraints if isinstance(c, models.UniqueConstraint))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX IF EXISTS sim_profile_identity")
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'sim_simprofile'")
            if "sim_profile_identity" in cursor.fetchone()[0]:
                # A constraint of the table itself: the same rows under the same name, as a plain table.
                cursor.execute("ALTER TABLE sim_simprofile RENAME TO strict_simprofile")
                cursor.execute("CREATE TABLE sim_simprofile AS SELECT * FROM strict_simprofile")
    else:
        settle()
        with connection.schema_editor() as editor:
            editor.remove_constraint(SimProfile, identity)
    twin = SimProfile(simulator=alice.simulator, profile_name="Twin", profile_identifier=alice.profile_identifier)
    SimProfile.objects.bulk_create([twin])
    found = broken()
    assert found["identity"]["first"] == ["assetto-corsa-competizione/76561190000000001"]
    assert "sim_profile_identity" in found["guards"]["first"]


def test_a_link_to_no_account_is_found(alice: SimProfile, owner: User) -> None:
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        SimProfile.objects.filter(pk=alice.pk).update(linked_user=owner, linked_at=NOW)
        run(connection, DROP_UNLINK)
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("DELETE FROM users_user WHERE id = %s", [owner.pk])
    found = broken()
    assert found["account"]["first"] == [str(alice.pk)]
    assert found["guards"]["first"] == ["sim_unlink_profiles"]
    run(connection, UNLINK)
    # The test's end must find the foreign keys whole.
    SimProfile.objects.filter(pk=alice.pk).update(linked_user=None, linked_at=None)


def test_rows_lost_or_led_astray_are_found(alice: SimProfile) -> None:
    LegacyProfile.objects.create(profile_id=alice.pk, is_verified=True, upgraded_is_verified=True)
    assert broken() == {}
    lost = "00000000-0000-4000-8000-000000000001"
    LegacyProfile.objects.create(profile_id=lost, is_verified=True, upgraded_is_verified=True)
    stranger = SimProfile.objects.filter(simulator=Simulator.objects.get(slug="iracing")).first()
    assert stranger is not None
    driver = EntryDriver.objects.filter(profile=alice).latest("pk")
    EntryDriver.objects.filter(pk=driver.pk).update(profile=stranger)
    found = broken()
    assert found["lost"]["first"] == [lost]
    assert found["drivers-simulator"]["first"] == [str(driver.pk)]
    assert found["figures"]["broken"] == 2


def test_a_name_that_no_search_finds_is_found(alice: SimProfile) -> None:
    alice.names.filter(name=alice.profile_name).delete()
    assert broken()["names"]["first"] == [str(alice.pk)]


def test_a_file_that_came_in_twice_is_found(season: None) -> None:
    first, second = ResultFile.objects.order_by("pk")[:2]
    field = ResultFile._meta.get_field("content_sha256")
    if connection.vendor == "postgresql":
        free = models.CharField(max_length=64)
        free.set_attributes_from_name("content_sha256")
        settle()
        with connection.schema_editor() as editor:
            editor.alter_field(ResultFile, field, free)
        ResultFile.objects.filter(pk=second.pk).update(content_sha256=first.content_sha256)
    else:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE results_resultfile RENAME TO strict_resultfile")
            cursor.execute("CREATE TABLE results_resultfile AS SELECT * FROM strict_resultfile")
            cursor.execute("UPDATE results_resultfile SET content_sha256 = %s", [first.content_sha256])
    assert broken()["result-files"]["first"] == [first.content_sha256]


def test_what_points_nowhere_is_found(alice: SimProfile) -> None:
    """Foreign keys are looked at when the test's transaction would be committed, which it is not."""
    driver = EntryDriver.objects.filter(profile=alice).latest("pk")
    EntryDriver.objects.filter(pk=driver.pk).update(profile="00000000-0000-4000-8000-000000000001")
    SimProfile.objects.filter(profile_identifier="76561190000000002").update(simulator=999_999)
    found = broken()
    assert found["drivers"]["first"] == [str(driver.pk)]
    assert found["simulator"]["broken"] == 1
    EntryDriver.objects.filter(pk=driver.pk).update(profile=alice)
    SimProfile.objects.filter(simulator=999_999).update(simulator=alice.simulator)
