"""What the old release writes during the dual write is noticed as its own; what the new one writes is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from simlane.sim import models
from simlane.sim.legacy import dual_write
from simlane.sim.models import OldReleaseWrite
from simlane.sim.ownership import linking, proof
from simlane.sim.ownership.merging import merge, undo
from simlane.upgrade.steps import catch_up
from tests.sim.migrations.conftest import Old
from tests.upgrade.conftest import OldRelease, every_rule_holds, on_postgresql, race

pytestmark = on_postgresql
Profiles = models.SimProfile.objects


def seen() -> bool:
    """Whether the old release was, since the last time this was asked."""
    return bool(OldReleaseWrite.objects.all().delete()[0])


def names(key: str) -> tuple[str, str, set[str]]:
    row = Profiles.get(pk=key)
    return row.profile_name, row.name_key, {name.folded for name in row.names.all()}


def test_a_name_alone_is_found_sorted_and_noticed(opened, old_release: OldRelease) -> None:
    opened()
    key = old_release.add(old_release.register("dora"), "iracing", "Dora", {"cust_id": 1})
    assert seen()
    old_release.rename_selected([key], "Zoë Žáková")
    assert seen()
    assert names(key) == ("Zoë Žáková", "zoe zakova", {"dora", "zoe zakova"})
    old_release.save_fields(key, {"profile_name": "ZOË Žáková"})
    assert seen()
    assert names(key) == ("ZOË Žáková", "zoe zakova", {"dora", "zoe zakova"})
    assert Profiles.get(pk=key).names.filter(name="ZOË Žáková").exists()
    assert models.NameWord.objects.filter(word="zakova").exists()
    every_rule_holds()


@pytest.mark.parametrize("fields", [{"is_verified": False}, {"profile_data": {"cust_id": 77}}])
def test_one_field_alone_is_noticed(opened, old_release: OldRelease, fields: dict[str, object]) -> None:
    opened()
    key = old_release.add(old_release.register("dora"), "iracing", "Dora", {"cust_id": 1})
    assert seen()
    old_release.save_fields(key, fields)
    assert seen()
    row = Profiles.get(pk=key)
    assert (row.is_verified, row.profile_identifier) == (
        ("is_verified" not in fields),
        "77" if "profile_data" in fields else "1",
    )
    every_rule_holds()


def test_accounts_are_noticed_and_found_by_their_names(opened, old_release: OldRelease) -> None:
    opened()
    dora = old_release.register("Dóra")
    assert seen()
    assert get_user_model().objects.get(pk=dora).search_key == "dora"
    old_release.rename_account(dora, "Žofie")
    assert seen()
    assert get_user_model().objects.get(pk=dora).search_key == "zofie"


def test_events_are_noticed(opened, old_release: OldRelease) -> None:
    opened()
    event = old_release.announce("iracing", "Sunday race", "2027-02-07T18:00:00+00:00")
    assert seen()
    old_release.reschedule(event, "2027-02-14T18:00:00+00:00")
    assert seen()


def test_nothing_that_the_new_release_writes_is_taken_for_the_old_ones(opened, old: Old, tmp_path: Path) -> None:
    first, second = old.profile("First", {"cust_id": 11}), old.profile("Second", {"cust_id": 12}, user="bob")
    opened()
    users = get_user_model().objects
    staff = users.create_superuser("staff", password="!")
    bob = users.get(username="bob")
    seen()
    member = users.create_user("carla", first_name="Carla")
    member.first_name = "Karla"
    member.save()
    member.first_name = "KARLA"
    member.save(update_fields=["first_name"])
    assert not seen()
    race(tmp_path, 11, "Renamed by a race")
    race(tmp_path, 13, "New in a race")
    assert not seen()
    assert Profiles.get(pk=first).profile_name == "Renamed by a race"
    new = Profiles.get(profile_identifier="13")
    linking.link_to_user(new, member)
    linking.unlink_from_user(new)
    linking.link_to_user(new, member)
    assert not seen()
    with transaction.atomic():
        proof.confirm(Profiles.filter(pk=new.pk), by=staff)
    new.refresh_from_db()
    linking.set_visibility(new, member, public=False)
    with transaction.atomic():
        proof.staff_unlink(Profiles.filter(pk=second), by=staff)
    assert not seen()
    done = merge(first, second, by=staff)
    undo(done, by=staff)
    assert not seen()
    row = Profiles.get(pk=first)
    row.profile_name = "By staff in the admin"
    row.save()
    bob.delete()
    assert not seen()


@pytest.mark.parametrize("table", dual_write.OLD_COLUMNS)
def test_whoever_names_any_new_column_is_the_new_release(opened, old: Old, table: str) -> None:
    """A migration that adds one calls `tell_releases_apart` again; the way back, `tell_releases_apart_no_more`."""
    opened()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.attname, a.attnum = ANY(t.tgattr) FROM pg_trigger t
            JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE t.tgname = 'sim_upgrade_0_new' AND t.tgrelid = %s::regclass""",
            [table],
        )
        named = dict(cursor.fetchall())
    assert {name for name, tells in named.items() if not tells} == {"id", *dual_write.OLD_COLUMNS[table]}


def test_nothing_that_the_upgrade_writes_is_taken_for_the_old_releases(opened, old: Old) -> None:
    old.profile("First", {"cust_id": 11})
    opened()
    assert not seen()
    catch_up()
    assert not seen()


def test_a_statement_of_the_new_release_hides_none_of_the_old_ones_in_its_transaction(opened, old: Old) -> None:
    key = old.profile("First", {"cust_id": 11})
    opened()
    seen()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE sim_simprofile SET name_key = 'a', profile_name = 'A' WHERE id = %s", [key])
        cursor.execute("UPDATE sim_simprofile SET starts = 0 WHERE false")
        assert not OldReleaseWrite.objects.exists()
        cursor.execute("UPDATE sim_simprofile SET profile_name = 'B' WHERE id = %s", [key])
        assert seen()
