"""Rules 1 to 4 of the design, held by the database itself: broken behind the ORM's back, they refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.utils import NestedObjects
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from simlane.profiles import urls
from simlane.sim.models import SimProfile, Simulator
from simlane.sim.models.simulator import RESERVED_SLUGS
from simlane.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return get_user_model().objects.create_user("alice")


@pytest.fixture
def profile() -> SimProfile:
    return SimProfile.objects.create(
        simulator=Simulator.objects.get(slug="iracing"), profile_name="Alice", profile_identifier="1"
    )


def link(profile: SimProfile, user: User, **columns: Any) -> None:
    SimProfile.objects.filter(pk=profile.pk).update(linked_user=user, linked_at=timezone.now(), **columns)
    profile.refresh_from_db()


def update(profile: SimProfile, assignments: str, *values: object) -> None:
    """By hand, as an operator or an old script would."""
    key = profile.pk.hex if connection.vendor == "sqlite" else profile.pk
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE sim_simprofile SET {assignments} WHERE id = %s", [*values, key])


def false() -> str:
    return "false" if connection.vendor == "postgresql" else "0"


def true() -> str:
    return "true" if connection.vendor == "postgresql" else "1"


def test_rule_1_an_identifier_is_unique_on_its_simulator(profile: SimProfile) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        SimProfile.objects.create(simulator=profile.simulator, profile_name="Bob", profile_identifier="1")
    SimProfile.objects.create(
        simulator=Simulator.objects.get(slug="raceroom"), profile_name="Alice", profile_identifier="1"
    )


def test_rule_1_an_identifier_is_never_empty(profile: SimProfile) -> None:
    with pytest.raises(IntegrityError):
        update(profile, "profile_identifier = ''")


def test_rule_2_verified_implies_linked(profile: SimProfile) -> None:
    with pytest.raises(IntegrityError):
        update(profile, f"is_verified = {true()}")


def test_rule_2_linked_exactly_when_linked_at(profile: SimProfile, alice: User) -> None:
    with pytest.raises(IntegrityError):
        update(profile, "linked_user_id = %s", alice.pk)
    with pytest.raises(IntegrityError):
        update(profile, "linked_at = created_at")
    link(profile, alice)
    with pytest.raises(IntegrityError):
        update(profile, "linked_at = NULL")


def test_rule_3_an_unlinked_profile_is_public(profile: SimProfile) -> None:
    with pytest.raises(IntegrityError):
        update(profile, f"is_public = {false()}")


def test_rule_3_an_unverified_link_cannot_hide(profile: SimProfile, alice: User) -> None:
    link(profile, alice)
    with pytest.raises(IntegrityError):
        update(profile, f"is_public = {false()}")
    update(profile, f"is_verified = {true()}, is_public = {false()}")


def unlinked(profile: SimProfile) -> bool:
    profile.refresh_from_db()
    return (profile.linked_user_id, profile.linked_at, profile.is_verified, profile.is_public) == (
        None,
        None,
        False,
        True,
    )


@pytest.mark.parametrize("how", ["instance", "queryset", "raw"])
def test_rule_4_deleting_an_account_unlinks_its_profiles(profile: SimProfile, alice: User, how: str) -> None:
    link(profile, alice, is_verified=True, is_public=False)
    if how == "instance":
        alice.delete()
    elif how == "queryset":
        get_user_model().objects.filter(username="alice").delete()
    else:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM users_user WHERE id = %s", [alice.pk])
    assert not get_user_model().objects.filter(username="alice").exists()
    assert unlinked(profile)


def test_rule_4_looking_at_what_a_deletion_takes_along_changes_nothing(profile: SimProfile, alice: User) -> None:
    link(profile, alice, is_verified=True)
    collector = NestedObjects(using="default", origin=[alice])
    collector.collect([alice])
    assert SimProfile not in collector.model_objs
    profile.refresh_from_db()
    assert profile.linked_user_id == alice.pk


def test_rule_4_a_failed_deletion_unlinks_nothing(profile: SimProfile, alice: User) -> None:
    link(profile, alice, is_verified=True)

    def fail() -> None:
        with transaction.atomic():
            alice.delete()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    profile.refresh_from_db()
    assert profile.is_verified


def test_a_simulator_cannot_take_an_address_of_the_site() -> None:
    fixed = {str(each.pattern) for each in urls.urlpatterns}
    words = {
        found[1] for each in fixed if (found := re.fullmatch(r"(?:profiles|tracks|cars|leaderboards)/([a-z]+)/", each))
    }
    assert words == set(RESERVED_SLUGS)
    for word in words:
        simulator = Simulator(name=word.title(), slug=word)
        with pytest.raises(ValidationError, match="an address of the site itself: choose another"):
            simulator.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            simulator.save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.on_sqlite
def test_rule_4_holds_after_a_migration_rebuilt_the_tables(alice: User, profile: SimProfile) -> None:
    """SQLite rebuilds a table to change it, and drops its triggers with the old one."""
    call_command("migrate", "results", "zero", verbosity=0)
    call_command("migrate", "sim", "0020", verbosity=0)
    call_command("migrate", verbosity=0)
    link(profile, alice, is_verified=True)
    alice.delete()
    assert unlinked(profile)


def test_a_migrate_with_nothing_to_do_leaves_the_databases_own_objects_as_they_are() -> None:
    query, expected = {
        "sqlite": (
            "SELECT name, rootpage FROM sqlite_master WHERE name LIKE 'sim!_%' ESCAPE '!' ORDER BY name",
            {"sim_unlink_profiles", "sim_profilename_fts", "sim_nameword_fts_insert"},
        ),
        "postgresql": (
            """SELECT tgname, oid FROM pg_trigger WHERE NOT tgisinternal
            UNION SELECT relname, oid FROM pg_class WHERE relname LIKE 'sim!_%' ESCAPE '!' ORDER BY 1""",
            {"sim_unlink_profiles", "sim_profilename_trgm_idx", "sim_nameword_trgm_idx"},
        ),
    }[connection.vendor]

    def objects() -> list[tuple[str, int]]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    before = objects()
    assert expected <= {name for name, _ in before}
    call_command("migrate", verbosity=0)
    assert objects() == before
