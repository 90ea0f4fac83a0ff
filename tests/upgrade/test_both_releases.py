"""Between expand and contract: what either release writes is right in the other's model, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.db import connection
from psycopg import errors

from simlane.sim import models
from simlane.sim.legacy import contract, dual_write
from tests import databases
from tests.sim.migrations.conftest import HEAD, LEGACY, Migrate, Old, every_character
from tests.upgrade.conftest import OldRelease, database_url, every_rule_holds, on_postgresql, race

pytestmark = on_postgresql
Profiles = models.SimProfile.objects


@pytest.fixture
def people(old: Old) -> tuple[str, str]:
    """Two profiles of one account: as many tests as can have the same rows share what becomes of them."""
    for name in ("bob", "carol"):
        old.user(name)
    return str(old.profile("Alice", {"cust_id": 5, "player_id": "M123456"})), str(old.profile("Idle", {"cust_id": 60}))


def owner_of(key: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id FROM sim_simprofile WHERE id = %s", [key])
        return cursor.fetchone()[0]


def test_a_profile_the_old_release_adds_is_a_linked_verified_findable_one(opened, old_release: OldRelease) -> None:
    opened()
    dora = old_release.register("dora")
    key = old_release.add(dora, "iracing", "Dóra  Ş. Weiß", {"cust_id": " 0031 "})
    row = Profiles.get(pk=key)
    assert row.profile_identifier == "31"
    assert (row.linked_user_id, row.linked_at, row.is_verified, row.is_public) == (dora, row.created_at, True, True)
    assert row.name_key == "dora s. weiss"
    assert [name.folded for name in row.names.all()] == ["dora s. weiss"]
    assert old_release.listing(dora) == [[key, "iracing", "Dóra  Ş. Weiß", {"cust_id": " 0031 "}, True]]
    every_rule_holds()


def test_without_a_platform_id_it_gets_the_plans_identifier(opened, old_release: OldRelease) -> None:
    opened()
    key = old_release.add(old_release.register("dora"), "home-brew", "Dora D", {"cust_id": 5})
    assert Profiles.get(pk=key).profile_identifier == f"dora-d-{key}"


def test_of_two_that_claim_one_id_the_first_keeps_it_and_neither_is_verified(opened, old_release: OldRelease) -> None:
    opened()
    first = old_release.add(old_release.register("a"), "iracing", "First", {"cust_id": 5})
    second = old_release.add(old_release.register("b"), "iracing", "Second", {"cust_id": "005"})
    assert Profiles.get(pk=first).profile_identifier == "5"
    assert Profiles.get(pk=second).profile_identifier == f"second-{second}"
    assert set(Profiles.values_list("is_verified", flat=True)) == {False}
    contested = models.ContestedIdentifier.objects.values_list("profile_id", "identifier", "keeps_identifier")
    assert set(contested) == {(UUID(first), "5", True), (UUID(second), "5", False)}
    every_rule_holds()


def test_what_the_old_release_writes_on_the_way_is_kept(
    old: Old, migrate: Migrate, old_release: OldRelease, subtests: pytest.Subtests
) -> None:
    before = old.profile("Before", {"cust_id": 7})
    key, other = old.profile("Alice", {"cust_id": 5}), old.profile("Bob", {"cust_id": 5}, user="bob")
    shown = old.profile("Shown", {"cust_id": 9}, verified=False)
    old_release.open_form(str(shown))
    dual_write.hold(connection)
    migrate("0009_add_profile_fields")
    dora = old_release.register("dora")
    early = old_release.add(dora, "iracing", "Early", {"cust_id": 31})
    twin = old_release.add(dora, "iracing", "Twin", {"cust_id": 7})
    old_release.edit(str(other), None, {"cust_id": 8})
    migrate("0010_migrate_profile_data")
    late = old_release.add(dora, "iracing", "Late", {"cust_id": 32})
    old_release.send_form(str(shown), "Alicia")
    migrate(HEAD)
    identifiers = dict(Profiles.values_list("pk", "profile_identifier"))
    with subtests.test("rows from before the unique constraint settle when it comes"):
        settled = {before: "7", UUID(early): "31", UUID(twin): f"twin-{twin}", UUID(late): "32"}
        assert {pk: identifiers[pk] for pk in identifiers if pk in settled} == settled
        assert set(models.ContestedIdentifier.objects.values_list("profile_id", flat=True)) == {before, UUID(twin)}
    with subtests.test("a correction before the backfill comes by is kept"):
        assert (identifiers[key], identifiers[other]) == ("5", "8")
    with subtests.test("a form opened before the backfill does not undo its verification"):
        row = Profiles.get(pk=shown)
        assert (row.profile_name, row.is_verified) == ("Alicia", True)
    assert len(identifiers) == 7
    every_rule_holds()


def test_a_name_the_old_release_changes_is_found_by_both_names(
    opened, people: tuple[str, str], old_release: OldRelease
) -> None:
    key, _ = people
    opened()
    old_release.edit(key, "Zoë")
    row = Profiles.get(pk=key)
    assert (row.profile_name, row.name_key, row.profile_identifier) == ("Zoë", "zoe", "5")
    assert models.NameWord.objects.get(word="zoe").letters == "eoz"
    assert {name.folded for name in row.names.all()} == {"alice", "zoe"}
    old_release.edit(key, "Alice")
    assert Profiles.get(pk=key).name_key == "alice"
    every_rule_holds()


def test_an_id_the_old_release_corrects_is_the_new_identifier(
    opened, people: tuple[str, str], old_release: OldRelease
) -> None:
    key, _ = people
    opened()
    old_release.edit(key, None, {"cust_id": 6})
    assert Profiles.get(pk=key).profile_identifier == "6"
    old_release.edit(key, None, {"note": "none"})
    assert Profiles.get(pk=key).profile_identifier == f"alice-{key}"


def test_with_results_under_it_the_identifier_stays(
    opened, people: tuple[str, str], old_release: OldRelease, tmp_path: Path
) -> None:
    key, _ = people
    opened()
    race(tmp_path, 5, "Alice")
    old_release.edit(key, None, {"cust_id": 6})
    assert Profiles.get(pk=key).profile_identifier == "5"


def test_another_id_waits_for_results_that_are_just_coming_in_under_the_first(
    opened, people: tuple[str, str], old_release: OldRelease
) -> None:
    key, _ = people
    opened()
    corrected = f"UPDATE sim_simprofile SET profile_data = '{{\"cust_id\": 6}}' WHERE id = '{key}'"
    # A driver's foreign key holds the profile so.
    with psycopg.connect(database_url()) as results, psycopg.connect(database_url()) as old_one:
        results.execute("SELECT 1 FROM sim_simprofile WHERE id = %s FOR KEY SHARE", [key])
        old_one.execute("SET lock_timeout = '100ms'")
        with pytest.raises(errors.LockNotAvailable):
            old_one.execute(corrected)
        results.rollback()
        old_one.rollback()
        old_one.execute(corrected)
    assert Profiles.get(pk=key).profile_identifier == "6"


def test_another_simulator_is_another_identity(
    opened, people: tuple[str, str], old: Old, old_release: OldRelease
) -> None:
    key, free = people
    opened()
    old_release.move(key, "acc")
    old_release.move(free, "home-brew")
    rows = {str(row.pk): (row.simulator.slug, row.profile_identifier) for row in Profiles.select_related("simulator")}
    assert rows == {key: ("acc", "M123456"), free: ("home-brew", f"idle-{free}")}
    other = old_release.add(old.user("carol").pk, "iracing", "Carol", {"cust_id": 5})
    assert Profiles.get(pk=other).profile_identifier == "5"
    every_rule_holds()


def test_with_results_under_it_the_simulator_stays(
    opened, people: tuple[str, str], old_release: OldRelease, tmp_path: Path
) -> None:
    key, _ = people
    opened()
    race(tmp_path, 5, "Alice")
    old_release.move(key, "acc")
    row = Profiles.get(pk=key)
    assert (row.simulator.slug, row.profile_identifier) == ("iracing", "5")
    every_rule_holds()


def test_events_of_the_old_release_stand_in_the_lists_where_they_start(
    old: Old, migrate: Migrate, opened, old_release: OldRelease, tmp_path: Path
) -> None:
    before = old_release.announce("iracing", "Before", "2024-03-01T20:00:00+00:00")
    unknown = old_release.announce("iracing", "Unknown", None)
    opened()
    models.OldReleaseWrite.objects.all().delete()
    during = old_release.announce("iracing", "During", "2024-05-01T20:00:00+00:00")
    assert models.OldReleaseWrite.objects.get().statement == "insert"
    old_release.reschedule(before, "2024-04-01T20:00:00+00:00")
    listed = {event.pk: event.listed_at for event in models.Event.objects.all()}
    assert listed[before].isoformat() == "2024-04-01T20:00:00+00:00"
    assert listed[during].isoformat() == "2024-05-01T20:00:00+00:00"
    assert listed[unknown] == models.Event.objects.get(pk=unknown).created_at
    race(tmp_path, 5, "Racer")
    raced = models.Event.objects.get(sessions__isnull=False)
    old_release.reschedule(raced.pk, "2020-01-01T00:00:00+00:00")
    old_release.cancel(raced.pk)
    old_release.cancel(before)
    assert models.Event.objects.get(pk=raced.pk).listed_at == raced.listed_at
    assert set(models.Event.objects.values_list("pk", flat=True)) == {raced.pk, unknown, during}
    every_rule_holds()


def test_what_the_old_release_deletes_with_results_is_unlinked(
    opened, people: tuple[str, str], old: Old, old_release: OldRelease, tmp_path: Path
) -> None:
    raced, idle = people
    opened()
    race(tmp_path, 5, "Alice")
    old_release.disconnect(raced)
    old_release.disconnect(idle)
    row = Profiles.get(pk=raced)
    assert (row.linked_user_id, row.linked_at, row.is_verified, row.is_public, row.starts) == (
        None, None, False, True, 1,
    )  # fmt: skip
    assert not Profiles.filter(pk=idle).exists()
    assert old_release.listing(old.user("alice").pk) == []
    every_rule_holds()


def test_an_account_the_old_release_deletes_unlinks_what_has_results(
    opened, people: tuple[str, str], old_release: OldRelease, tmp_path: Path
) -> None:
    raced, _ = people
    opened()
    race(tmp_path, 5, "Alice")
    alice = get_user_model().objects.get(username="alice")
    alice.emailaddress_set.create(email="alice@example.org", primary=True)
    at_steam = alice.socialaccount_set.create(provider="steam", uid="76561190000000001")
    at_steam.socialtoken_set.create(token="token")
    old_release.delete_account(alice.pk)
    assert not SocialAccount.objects.exists()
    assert list(Profiles.values_list("pk", "linked_user_id")) == [(UUID(raced), None)]
    assert not get_user_model().objects.filter(username="alice").exists()
    every_rule_holds()


def test_links_of_the_new_release_are_the_old_ones_owners(
    opened, people: tuple[str, str], old: Old, old_release: OldRelease, tmp_path: Path
) -> None:
    key, _ = people
    opened()
    race(tmp_path, 6, "Racer")
    rob = get_user_model().objects.create_user("rob")
    racer = Profiles.get(profile_identifier="6")
    racer.link_to_user(rob, verified=True)
    assert [row[0] for row in old_release.listing(rob.pk)] == [str(racer.pk)]
    Profiles.get(pk=key).unlink_from_user()
    assert key not in [row[0] for row in old_release.listing(old.user("alice").pk)]
    rob.delete()
    assert owner_of(racer.pk) is None


def test_a_form_opened_before_an_unlink_does_not_bring_the_link_back(
    opened, people: tuple[str, str], old_release: OldRelease
) -> None:
    key, _ = people
    opened()
    old_release.open_form(key)
    Profiles.get(pk=key).unlink_from_user()
    old_release.send_form(key, "Alicia")
    row = Profiles.get(pk=key)
    assert (row.profile_name, row.linked_user_id, row.is_verified, owner_of(key)) == ("Alicia", None, False, None)
    every_rule_holds()


def test_a_form_opened_before_a_new_link_does_not_undo_its_proof(
    opened, people: tuple[str, str], old: Old, old_release: OldRelease
) -> None:
    key, _ = people
    bob = old.user("bob")
    opened()
    old_release.set_verified(key, False)
    old_release.open_form(key)
    Profiles.get(pk=key).unlink_from_user()
    Profiles.get(pk=key).link_to_user(get_user_model().objects.get(pk=bob.pk), verified=True)
    old_release.send_form(key, "Alicia")
    row = Profiles.get(pk=key)
    assert (row.profile_name, row.linked_user_id, row.is_verified) == ("Alicia", bob.pk, True)
    every_rule_holds()


@pytest.mark.parametrize("form", ["set_verified", "verify_selected"])
def test_a_verification_the_old_release_takes_away_is_gone_and_the_profile_shows(
    opened, people: tuple[str, str], old_release: OldRelease, form: str
) -> None:
    key, _ = people
    opened()
    Profiles.filter(pk=key).update(is_public=False)
    getattr(old_release, form)(key if form == "set_verified" else [key], False)
    row = Profiles.get(pk=key)
    assert (row.is_verified, row.is_public) == (False, True)
    every_rule_holds()


def test_another_owner_given_by_the_old_release_is_the_new_link(
    opened, people: tuple[str, str], old_release: OldRelease
) -> None:
    key, _ = people
    opened()
    rob = old_release.register("rob")
    old_release.give(key, rob)
    row = Profiles.get(pk=key)
    assert (row.linked_user_id, row.is_verified) == (rob, True)
    every_rule_holds()


def test_the_old_release_is_seen_writing_and_the_new_one_is_not(
    opened, people: tuple[str, str], old_release: OldRelease, tmp_path: Path
) -> None:
    key, _ = people
    opened()
    models.OldReleaseWrite.objects.all().delete()
    race(tmp_path, 6, "Racer")
    Profiles.get(profile_identifier="6").link_to_user(get_user_model().objects.create_user("rob"))
    Profiles.get(pk=key).unlink_from_user()
    assert not models.OldReleaseWrite.objects.exists()
    old_release.edit(key, "New name")
    assert models.OldReleaseWrite.objects.get().statement == "update"


def test_after_the_contract_everything_is_as_migrate_alone_leaves_it(opened, people: tuple[str, str]) -> None:
    key, _ = people

    def schema() -> list[tuple[str, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT 'column', column_name, data_type, is_nullable FROM information_schema.columns
                WHERE table_name = 'sim_simprofile'
                UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid), convalidated::text
                FROM pg_constraint WHERE conrelid = 'sim_simprofile'::regclass
                UNION ALL SELECT 'index', indexname, indexdef, '' FROM pg_indexes WHERE tablename = 'sim_simprofile'
                UNION ALL SELECT 'trigger', tgname, '', '' FROM pg_trigger WHERE NOT tgisinternal
                UNION ALL SELECT 'function', proname, '', '' FROM pg_proc WHERE proname LIKE 'sim\\_%'
                UNION ALL SELECT 'table', tablename, '', '' FROM pg_tables WHERE schemaname = 'public'
                ORDER BY 1, 2"""
            )
            return cursor.fetchall()

    opened()
    contract.drop_owner(connection)
    assert Profiles.get(pk=key).profile_identifier == "5"
    contracted = schema()
    # By `migrate`.
    databases.reset(databases.NEWEST)
    assert contracted == schema()


@pytest.mark.parametrize("held", [True, False])
def test_back_from_the_dual_write_and_from_after_the_contract(
    opened, old: Old, migrate: Migrate, old_release: OldRelease, held: bool
) -> None:
    old.profile("Alice", {"cust_id": 5}, verified=False)
    opened()
    dora = old_release.register("dora")
    old_release.add(dora, "iracing", "Dora", {"cust_id": 6})
    if not held:
        contract.drop_owner(connection)
    migrate(LEGACY)
    assert [row[2:] for row in old_release.listing(dora)] == [["Dora", {"cust_id": 6}, False]]
    alice = old.user("alice")
    assert [row[4] for row in old_release.listing(alice.pk)] == [False]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO account_emailaddress (email, verified, "primary", user_id)
            VALUES ('a@example.org', true, true, %s)""",
            [old.user("carol").pk],
        )
        cursor.execute(
            """INSERT INTO users_notification (user_id, kind, created_at, about, email_state, email_attempts)
            VALUES (%s, 'verified', now(), '{}', 'none', 0)""",
            [old.user("carol").pk],
        )
        cursor.execute(
            """INSERT INTO socialaccount_socialaccount (provider, uid, last_login, date_joined, extra_data, user_id)
            VALUES ('steam', '76561190000000001', now(), now(), '{}', %s)""",
            [old.user("carol").pk],
        )
    old_release.delete_account(old.user("carol").pk)
    old_release.add(dora, "iracing", "Second", {"cust_id": 7})
    migrate(HEAD)
    assert set(Profiles.values_list("profile_identifier", flat=True)) == {"5", "6", "7"}
    every_rule_holds()


def test_every_character_folds_as_python_folds_it(transactional_db: None) -> None:
    from simlane.sim.identity.names import fold
    from simlane.sim.legacy.folding_sql import fold_sql

    names = every_character()
    names += ["Sørën  Ö'Brien ", "\x1fa\x85b\u3000c ", "각 ﬁ Ⅷ ß ẞ İ"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {fold_sql("given.name")} FROM unnest(%s::text[]) WITH ORDINALITY AS given(name, place)
            ORDER BY place""",
            [names],
        )
        found = [folded for (folded,) in cursor.fetchall()]
    wrong = [(name, ours, fold(name)) for name, ours in zip(names, found, strict=True) if fold(name) != ours]
    assert not wrong, (len(wrong), wrong[:5])
