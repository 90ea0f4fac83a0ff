"""From what happened to rows: in few statements, and gone with their account, whoever deletes it."""

from __future__ import annotations

import threading
import time

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, connections, transaction
from pytest_django import DjangoAssertNumQueries

from simlane.sim.models import SimProfile
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.users.models import MailChoice, Notification, User
from tests.users.notifications.conftest import Told

only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


@pytest.mark.django_db
def test_many_happenings_are_three_statements(
    alice: SimProfile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    users = [User.objects.create_user(f"member{number}") for number in range(30)]
    with transaction.atomic(), django_assert_num_queries(3):
        notify(OwnershipEvent(Kind.LAPSED, user.pk, alice) for user in users)
    assert Notification.objects.count() == 30


@pytest.mark.django_db
def test_a_notification_keeps_its_words_when_the_profile_changes(told: Told, alice: SimProfile) -> None:
    notification = told(Kind.MERGED, merged_name="Former")
    assert notification.about == {
        "profile": str(alice.pk),
        "name": "Alicia Amber",
        "simulator": "Assetto Corsa Competizione",
        "detail": {"merged_name": "Former"},
    }


@pytest.mark.django_db
def test_nobody_is_told_who_has_gone(told: Told, alice: SimProfile) -> None:
    notify([OwnershipEvent(Kind.LAPSED, 999_999, alice)])
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_an_account_was_told_goes_with_it(told: Told, anna: User) -> None:
    told(Kind.VERIFIED)
    MailChoice.objects.create(user=anna, group="own", wanted=True)
    anna.delete()
    assert not Notification.objects.exists()
    assert not MailChoice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_and_when_the_old_release_deletes_it(told: Told, anna: User) -> None:
    told(Kind.VERIFIED)
    MailChoice.objects.create(user=anna, group="own", wanted=True)
    EmailAddress.objects.filter(user=anna).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM users_user WHERE id = %s", [anna.pk])
    assert not Notification.objects.exists()
    assert not MailChoice.objects.exists()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_act_and_the_deletion_of_its_account_do_not_wait_for_each_other(anna: User, alice: SimProfile) -> None:
    """The deletion holds the account and waits for the profile; the act holds the profile and tells the account."""
    alice.link_to_user(anna)
    EmailAddress.objects.filter(user=anna).delete()
    deleted = threading.Event()

    def delete() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM users_user WHERE id = %s", [anna.pk])
            deleted.set()
        finally:
            connections.close_all()

    deletion = threading.Thread(target=delete)
    with transaction.atomic():
        SimProfile.objects.select_for_update(of=("self",)).get(pk=alice.pk)
        deletion.start()
        wait_until_one_waits()
        notify([OwnershipEvent(Kind.TAKEN_OVER, anna.pk, alice)])
    deletion.join()
    assert deleted.is_set()
    assert not Notification.objects.exists()
    assert not User.objects.filter(pk=anna.pk).exists()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_told_while_an_account_goes_does_not_keep_it(anna: User, told: Told, alice: SimProfile) -> None:
    """Django looks for an account's rows first and deletes the account then: this one is written in between."""
    deletion = threading.Thread(target=_delete, args=[anna.pk])
    with transaction.atomic():
        notify([OwnershipEvent(Kind.VERIFIED, anna.pk, alice)])
        deletion.start()
        wait_until_one_waits()
    deletion.join()
    assert not User.objects.filter(pk=anna.pk).exists()
    assert not Notification.objects.exists()


def _delete(key: int) -> None:
    try:
        User.objects.get(pk=key).delete()
    finally:
        connections.close_all()


def wait_until_one_waits() -> None:
    """Until another connection waits for a lock; fails when none does."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
    pytest.fail("nothing waits")
