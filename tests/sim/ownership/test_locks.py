"""Acts that hold several rows: begun again after a deadlock, and held in one order, so that few are needed."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from simlane.sim.models import SimProfile
from simlane.sim.ownership.locks import ATTEMPTS, DEADLOCK, atomic_with_retry
from simlane.users.account_deletion import delete_account
from simlane.users.models import User
from tests.sim.conftest import MakeProfile
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def start(target: object, *args: object) -> Thread:
    def run() -> None:
        try:
            target(*args)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def hold(key: UUID, *, nowait: bool = False) -> None:
    list(SimProfile.objects.filter(pk=key).select_for_update(nowait=nowait))


def test_an_act_that_the_database_ended_for_a_deadlock_begins_again(make_profile: MakeProfile) -> None:
    first, second = make_profile().pk, make_profile().pk
    both_hold_one = Barrier(2)
    begun: list[UUID] = []
    done: list[UUID] = []

    @atomic_with_retry
    def act(one: UUID, other: UUID) -> None:
        begun.append(one)
        hold(one)
        if begun.count(one) == 1:
            both_hold_one.wait(60)
        hold(other)
        done.append(one)

    threads = [start(act, first, second), start(act, second, first)]
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted([first, second])
    assert len(begun) > 2


@pytest.mark.parametrize("within", [False, True])
def test_it_is_begun_again_a_few_times_and_never_within_another_transaction(within: bool) -> None:
    begun: list[int] = []

    @atomic_with_retry
    def act() -> None:
        begun.append(1)
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{DEADLOCK}'; END $$")

    with transaction.atomic() if within else nullcontext(), pytest.raises(OperationalError):
        act()
    assert len(begun) == (1 if within else ATTEMPTS)


def test_another_failure_is_not_tried_again() -> None:
    begun: list[int] = []

    @atomic_with_retry
    def act() -> None:
        begun.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$")

    with pytest.raises(OperationalError):
        act()
    assert len(begun) == 1


def test_the_end_of_an_account_holds_its_profiles_in_the_order_of_every_other_act(
    make_profile: MakeProfile, ann: User
) -> None:
    # In the table the later key comes first: whoever takes the rows as they come takes it first.
    low, high = UUID(int=1), UUID(int=2)
    for key in (high, low):
        make_profile(pk=key).link_to_user(ann)
    with transaction.atomic():
        hold(low)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            mine = cursor.fetchone()[0]
        leaving = start(delete_account, ann)

        def waits() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))", [mine])
                return cursor.fetchone() is not None

        wait_until(waits)
        hold(high, nowait=True)
    leaving.join()
    assert not User.objects.filter(pk=ann.pk).exists()
    assert SimProfile.objects.filter(linked_user=None).count() == 2
