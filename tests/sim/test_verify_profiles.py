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
from simlane.results.profiles import Sighting, record_sightings, store_new
from simlane.sim.career.statistics import COUNTED, recount
from simlane.sim.models import Entry, EntryDriver, HistoryEntry, LegacyProfile, Merge, Session, SimProfile, Simulator
from simlane.sim.ownership import merging
from simlane.users.models import User
from tests.databases import drop_triggers

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
    store_new(record_sightings([Sighting(iracing.pk, str(number), "Many", NOW) for number in range(1, 300)]), {})
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
        drop_triggers("sim_unlink_profiles")
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("DELETE FROM users_user WHERE id = %s", [owner.pk])
    found = broken()
    assert found["account"]["first"] == [str(alice.pk)]
    assert found["guards"]["first"] == ["sim_unlink_profiles"]
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
    if connection.vendor == "postgresql":
        settle()
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE results_resultfile DROP CONSTRAINT results_content_once")
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


@pytest.mark.parametrize("figure", COUNTED)
def test_each_figure_that_is_not_what_the_results_say_is_found(alice: SimProfile, figure: str) -> None:
    SimProfile.objects.filter(pk=alice.pk).update(**{figure: models.F(figure) + 1})
    found = broken()
    assert set(found) == {"figures"}
    assert found["figures"]["first"] == [str(alice.pk)]


def test_a_driver_without_results_has_no_figures(alice: SimProfile) -> None:
    idle = SimProfile.objects.create(
        simulator=alice.simulator, profile_name="Idle", profile_identifier="76561190000000009"
    )
    idle.names.create(name="Idle", folded="idle", last_used_at=NOW)
    assert broken() == {}
    SimProfile.objects.filter(pk=idle.pk).update(starts=1)
    assert broken()["figures"]["first"] == [str(idle.pk)]


@pytest.mark.parametrize(
    ("status", "kind", "position", "counted"),
    [
        ("finished", "race", 1, (2, 2, 2)),
        ("finished", "race", 3, (2, 1, 2)),
        ("finished", "race", 4, (2, 1, 1)),
        ("finished", "practice", 1, (1, 1, 1)),
        ("dns", "race", 1, (1, 1, 1)),
        ("dsq", "race", 1, (2, 1, 1)),
    ],
)
def test_the_check_counts_as_the_site_does(
    alice: SimProfile, status: str, kind: str, position: int, counted: tuple[int, int, int]
) -> None:
    """Beside a race that Alice won."""
    drive = EntryDriver.objects.filter(profile=alice).select_related("entry__session").latest("raced_at")
    Entry.objects.filter(pk=drive.entry_id).update(status=status, position=position)
    Session.objects.filter(pk=drive.entry.session_id).update(kind=kind)
    recount(list(SimProfile.objects.values_list("pk", flat=True)))
    assert SimProfile.objects.values_list("starts", "wins", "podiums").get(pk=alice.pk) == counted
    assert broken() == {}


@pytest.fixture
def unguarded(alice: SimProfile, owner: User) -> HistoryEntry:
    """The last of three entries of Alice's history, where nothing keeps the history from changes any more."""
    alice.link_to_user(owner)
    alice.unlink_from_user()
    alice.link_to_user(owner)
    last = HistoryEntry.objects.filter(profile=alice).latest("pk")
    assert broken() == {}
    settle()
    drop_triggers("sim_write_history")
    drop_triggers("sim_keep_history")
    return last


@pytest.mark.parametrize("said", [{"account": None}, {"verified": True}, {"public": False}])
def test_a_profile_that_is_not_as_its_history_says_is_found(
    alice: SimProfile, unguarded: HistoryEntry, said: dict[str, Any]
) -> None:
    HistoryEntry.objects.filter(pk=unguarded.pk).update(**said)
    found = broken()
    assert set(found) == {"history", "guards"}
    assert found["history"]["first"] == [str(alice.pk)]
    assert found["guards"]["first"] == ["sim_write_history", "sim_keep_history"]


@pytest.mark.parametrize("said", [{"was_account": "owner"}, {"was_verified": True}, {"was_public": False}])
def test_an_entry_that_does_not_begin_where_the_last_one_ended_is_found(
    owner: User, unguarded: HistoryEntry, said: dict[str, Any]
) -> None:
    given = {name: owner if value == "owner" else value for name, value in said.items()}
    HistoryEntry.objects.filter(pk=unguarded.pk).update(**given)
    found = broken()
    assert set(found) == {"history-gaps", "guards"}
    assert found["history-gaps"]["first"] == [str(unguarded.pk)]


def test_an_entry_taken_out_of_a_history_is_found(alice: SimProfile, unguarded: HistoryEntry) -> None:
    HistoryEntry.objects.filter(profile=alice, pk__lt=unguarded.pk).latest("pk").delete()
    assert broken()["history-gaps"]["first"] == [str(unguarded.pk)]


@pytest.fixture
def merged(alice: SimProfile, owner: User) -> Merge:
    """Bob's profile, a part of Alice's."""
    bob = SimProfile.objects.get(profile_identifier="76561190000000002")
    merge = merging.merge(alice.pk, bob.pk, by=owner)
    assert broken() == {}
    return merge


def test_results_left_with_a_merged_profile_are_found(alice: SimProfile, merged: Merge) -> None:
    drive = EntryDriver.objects.filter(profile=alice).latest("pk")
    EntryDriver.objects.filter(pk=drive.pk).update(profile=merged.merged_id)
    assert broken()["merged"]["first"] == [str(merged.merged_id)]


def test_a_profile_merged_into_a_merged_one_is_found(alice: SimProfile, merged: Merge) -> None:
    last = SimProfile.objects.create(
        simulator=alice.simulator, profile_name="Last", profile_identifier="76561190000000009"
    )
    EntryDriver.objects.filter(profile=alice).update(profile=last)
    SimProfile.objects.filter(pk=alice.pk).update(merged_into=last, is_public=False)
    Merge.objects.create(kept=last, merged=alice, before={})
    assert broken()["merged"]["first"] == [str(merged.merged_id)]


def test_a_merged_profile_whose_merge_cannot_be_undone_is_found(merged: Merge) -> None:
    Merge.objects.filter(pk=merged.pk).update(undone_at=NOW)
    assert broken()["merged"]["first"] == [str(merged.merged_id)]


def test_a_merge_that_merged_nothing_is_found(merged: Merge) -> None:
    SimProfile.objects.filter(pk=merged.merged_id).update(merged_into=None, is_public=True)
    assert broken()["merged"]["first"] == [str(merged.merged_id)]
