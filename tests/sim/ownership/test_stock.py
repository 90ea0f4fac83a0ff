"""How much an account may hold that it has not proved."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from simlane.sim.errors import Refused
from simlane.sim.models import LinkReminder, SimProfile
from simlane.sim.ownership import lapsing, proof
from simlane.users.models import User
from tests.sim.conftest import MakeProfile


@pytest.mark.django_db
def test_an_account_links_only_so_many_profiles_of_a_simulator_without_proof(
    ann: User, make_profile: MakeProfile, settings: Any
) -> None:
    settings.UNVERIFIED_LINKS = 2
    rows = [make_profile() for _ in range(3)]
    for row in rows[:2]:
        row.link_to_user(ann)
    with pytest.raises(Refused, match="You have 2 iRacing profiles linked"):
        rows[2].link_to_user(ann)
    assert rows[2].linked_user_id is None
    rows[0].link_to_user(ann)
    rows[0].link_to_user(ann, verified=True)
    rows[2].link_to_user(ann)
    assert rows[2].linked_user_id == ann.pk


@pytest.mark.django_db
def test_each_simulator_has_a_bound_of_its_own(ann: User, make_profile: MakeProfile, settings: Any) -> None:
    settings.UNVERIFIED_LINKS = 1
    make_profile().link_to_user(ann)
    other = make_profile("raceroom")
    other.link_to_user(ann)
    assert other.linked_user_id == ann.pk
    with pytest.raises(Refused, match="You have 1 RaceRoom profiles linked"):
        make_profile("raceroom").link_to_user(ann)


@pytest.mark.django_db
def test_who_holds_more_than_the_bound_is_told_how_many(ann: User, make_profile: MakeProfile, settings: Any) -> None:
    for _ in range(3):
        make_profile().link_to_user(ann)
    settings.UNVERIFIED_LINKS = 2
    with pytest.raises(Refused, match="You have 3 iRacing profiles linked"):
        make_profile().link_to_user(ann)


@pytest.mark.django_db
def test_the_row_says_whether_the_profile_is_linked_already(
    ann: User, make_profile: MakeProfile, settings: Any, told: list[tuple[str, int]]
) -> None:
    row = make_profile()
    as_read_before = SimProfile.objects.get(pk=row.pk)
    row.link_to_user(ann)
    as_read_then = SimProfile.objects.get(pk=row.pk)
    as_read_before.link_to_user(ann)
    assert told == [("linked", ann.pk)], "told twice"
    row.unlink_from_user()
    make_profile().link_to_user(ann)
    settings.UNVERIFIED_LINKS = 1
    with pytest.raises(Refused, match="You have 1 iRacing profile"):
        as_read_then.link_to_user(ann)


@pytest.mark.django_db(transaction=True)
def test_links_at_the_same_moment_do_not_pass_the_bound(ann: User, make_profile: MakeProfile, settings: Any) -> None:
    settings.UNVERIFIED_LINKS = 2
    rows = [make_profile() for _ in range(8)]

    def link(row: SimProfile) -> bool:
        try:
            row.link_to_user(ann)
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as members:
        assert sum(members.map(link, rows)) == 2
    assert SimProfile.objects.filter(linked_user=ann.pk).count() == 2


@pytest.fixture
def days_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The domain's clock goes on; the history is written by the database, whose clock does not."""
    passed = timedelta()
    now = timezone.now

    def days_pass(days: float) -> None:
        nonlocal passed
        passed += timedelta(days=days)

    monkeypatch.setattr("django.utils.timezone.now", lambda: now() + passed)
    return days_pass


def _lapse(row: SimProfile) -> None:
    long_ago = timezone.now() - timedelta(days=20)
    SimProfile.objects.filter(pk=row.pk).update(linked_at=long_ago)
    LinkReminder.objects.create(profile=row, linked_at=long_ago, sent_at=timezone.now() - timedelta(days=5))
    assert lapsing.lapse(timezone.now()) == 1
    row.refresh_from_db()


@pytest.mark.django_db
def test_a_link_that_lapsed_is_not_made_again_by_its_account_without_proof(
    ann: User, ben: User, make_profile: MakeProfile, settings: Any
) -> None:
    row = make_profile()
    row.link_to_user(ann)
    _lapse(row)
    with pytest.raises(Refused, match="ended without a proof"):
        row.link_to_user(ann)
    row.link_to_user(ben)
    row.unlink_from_user()
    row.link_to_user(ann, verified=True)
    row.unlink_from_user()
    row.link_to_user(ann)
    row.unlink_from_user()
    settings.RELINK_DAYS = 0
    row.link_to_user(ann)


@pytest.mark.django_db
def test_unlinking_before_the_lapse_keeps_a_profile_no_longer_than_a_second_link(
    ann: User, ben: User, make_profile: MakeProfile, days_pass: Callable[[float], None]
) -> None:
    row = make_profile()
    row.link_to_user(ann)
    row.unlink_from_user()
    row.link_to_user(ann)
    days_pass(15)
    row.unlink_from_user()
    with pytest.raises(Refused, match="ended without a proof"):
        row.link_to_user(ann)
    row.link_to_user(ben)
    row.unlink_from_user()
    days_pass(16)
    row.link_to_user(ann)
    assert row.linked_user_id == ann.pk


@pytest.mark.django_db
def test_what_the_staff_unlinked_may_be_linked_again(
    ann: User, staff: User, make_profile: MakeProfile, days_pass: Callable[[float], None]
) -> None:
    row = make_profile()
    row.link_to_user(ann)
    days_pass(15)
    proof.staff_unlink(SimProfile.objects.filter(pk=row.pk), by=staff)
    row.link_to_user(ann)
    assert row.linked_user_id == ann.pk
