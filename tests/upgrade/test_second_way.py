"""Merges while both releases serve; and the way forward for the second time, with the old release at work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from simlane.sim import models
from simlane.sim.identity.identifiers import IdentifierKind
from simlane.sim.legacy import dual_write
from simlane.sim.ownership import merging
from simlane.sim.ownership import proof as ownership
from simlane.sim.ownership.history import How
from tests.sim.migrations.conftest import HEAD, LEGACY, Migrate, Old
from tests.upgrade.conftest import OldRelease, database_url, every_rule_holds, on_postgresql, race
from tests.waiting import wait_until

pytestmark = on_postgresql
Profiles = models.SimProfile.objects
NAMES = ("Raced", "Moved", "Corrected")


def test_profiles_are_merged_by_staff_and_by_proof_while_both_releases_serve(
    opened, old: Old, old_release: OldRelease, tmp_path: Path
) -> None:
    idle = str(old.profile("Idle", {}, user="alice"))
    opened()
    alice = get_user_model().objects.get(username="alice")
    staff = get_user_model().objects.create_user("staff", is_staff=True)
    race(tmp_path, 5, "Alice")
    race(tmp_path, 6, "Alice of old")
    kept, merged = (Profiles.get(profile_identifier=identifier) for identifier in ("5", "6"))
    merging.merge(kept.pk, merged.pk, by=staff)
    proof = ownership.prove(alice, [IdentifierKind.IRACING], "5", how=How.IRACING)
    assert [str(each.merged_id) for each in proof.merged] == [idle]
    rows = {row.pk: (row.merged_into_id, row.linked_user_id, row.is_public) for row in Profiles.all()}
    assert rows[kept.pk] == (None, alice.pk, True)
    assert rows[merged.pk] == (kept.pk, None, False)
    # Staff of the old release look at a merged profile, and save or delete it.
    old_release.set_verified(str(merged.pk), True)
    old_release.disconnect(str(merged.pk))
    row = Profiles.get(pk=merged.pk)
    assert (row.merged_into_id, row.linked_user_id, row.is_verified, row.is_public) == (kept.pk, None, False, False)
    every_rule_holds()


def test_a_kept_table_that_goes_while_the_old_release_asks_for_it_is_no_fault_of_its_own(opened, old: Old) -> None:
    """On the second way the upgrade drops it as soon as its rows are back."""
    key = str(old.profile("Idle", {}, user="alice"))
    opened()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept_sim_merge (kept_id uuid, merged_id uuid)")
    with (
        psycopg.connect(database_url()) as upgrade,
        psycopg.connect(database_url(), autocommit=True) as asking,
        ThreadPoolExecutor() as threads,
    ):
        upgrade.execute("DROP TABLE kept_sim_merge")
        answer = threads.submit(lambda: asking.execute("SELECT sim_upgrade_known(%s)", [key]).fetchone())
        wait_until(_somebody_waits)
        upgrade.commit()
        assert answer.result() == (False,)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = to_regclass('kept_sim_merge')")
        return cursor.fetchone() is not None


def test_a_contested_profile_that_was_proved_stays_proved_when_other_data_is_edited(
    opened, old: Old, old_release: OldRelease
) -> None:
    old.profile("First", {"cust_id": 5}, user="a")
    second = str(old.profile("Second", {"cust_id": 5}, user="b"))
    opened()
    Profiles.filter(pk=second).update(is_verified=True)
    old_release.edit(second, None, {"cust_id": 5, "note": "edited"})
    assert Profiles.get(pk=second).is_verified


def test_a_note_of_a_profile_deleted_just_then_does_not_stop_the_upgrade(old: Old, migrate: Migrate) -> None:
    migrate("0010_migrate_profile_data")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
            SELECT %s, id, '5', false FROM sim_simulator LIMIT 1""",
            [uuid4()],
        )
    migrate(HEAD)
    assert not models.ContestedIdentifier.objects.exists()


def test_what_the_old_release_does_on_the_second_way_is_kept_and_loses_no_results(
    opened, old: Old, migrate: Migrate, old_release: OldRelease, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    # At each point the same of profiles of its own.
    points = {"0009_add_profile_fields": 0, "0018_profile_names_and_figures": 100}
    keys = {
        point: [
            *(str(old.profile(name, {"cust_id": more + number})) for number, name in enumerate(NAMES, start=5)),
            *(str(old.profile("Claims", {"cust_id": more + 9}, user=name)) for name in "ab"),
        ]
        for point, more in points.items()
    }
    opened()
    race(tmp_path, 300, "Racer")
    event = models.Event.objects.get().pk
    for more in points.values():
        race(tmp_path, more + 5, "Raced")
        race(tmp_path, more + 6, "Moved")
    apps = migrate(LEGACY)
    apps.get_model("sim", "Event").objects.filter(pk=event).update(simulator=old.simulators["acc"])
    dual_write.hold(connection)
    for point, more in points.items():
        migrate(point)
        raced, moved, corrected, claim, _ = keys[point]
        old_release.disconnect(raced)
        old_release.move(moved, "acc")
        old_release.edit(corrected, None, {"cust_id": more + 8})
        old_release.edit(claim, None, {"cust_id": more + 10})
    migrate(HEAD)
    rows = {str(row.pk): row for row in Profiles.all()}
    found = {key: (row.profile_identifier, row.simulator.slug, row.starts) for key, row in rows.items()}
    for point, more in points.items():
        raced, moved, corrected, claim, _ = keys[point]
        with subtests.test(point):
            assert (rows[raced].wins, rows[raced].class_wins) == (1, 1)
            assert (rows[corrected].wins, rows[corrected].class_wins) == (0, 0)
            assert found[raced] == (f"{more + 5}", "iracing", 1)
            assert found[moved] == (f"{more + 6}", "iracing", 1)
            assert found[corrected] == (f"{more + 8}", "iracing", 0)
            assert found[claim] == (f"{more + 10}", "iracing", 0)
            assert rows[raced].linked_user_id is None
            assert models.EntryDriver.objects.filter(profile__in=[raced, moved]).count() == 2
    with subtests.test("events with results keep their simulator"):
        assert models.Event.objects.get(pk=event).simulator.slug == "iracing"
    every_rule_holds()


def test_a_way_back_that_was_interrupted_before_it_was_noted_keeps_what_it_kept(
    opened, old: Old, migrate: Migrate, tmp_path: Path
) -> None:
    old.profile("Alice", {"cust_id": 5})
    opened()
    race(tmp_path, 6, "Nobody's")
    migrate("0009_add_profile_fields")
    MigrationRecorder(connection).record_applied("sim", "0010_migrate_profile_data")
    migrate(LEGACY)
    migrate(HEAD)
    assert set(Profiles.values_list("profile_identifier", flat=True)) == {"5", "6"}
    every_rule_holds()
