"""How much an account may hold that it has not proved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from simlane.sim.errors import Refused
from simlane.sim.models import LinkReminder, SimProfile
from simlane.sim.ownership import lapsing
from simlane.users.models import User
from tests.sim.conftest import MakeProfile


@pytest.mark.django_db
def test_an_linked_accounts_only_so_many_profiles_of_a_simulator_without_proof(
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


@pytest.mark.django_db
def test_a_link_that_lapsed_is_not_made_again_by_its_account_without_proof(
    ann: User, ben: User, make_profile: MakeProfile, settings: Any
) -> None:
    row = make_profile()
    row.link_to_user(ann)
    long_ago = timezone.now() - timedelta(days=20)
    SimProfile.objects.filter(pk=row.pk).update(linked_at=long_ago)
    LinkReminder.objects.create(profile=row, linked_at=long_ago, sent_at=timezone.now() - timedelta(days=5))
    assert lapsing.lapse(timezone.now()) == 1
    row.refresh_from_db()
    with pytest.raises(Refused, match="ended because nobody verified it"):
        row.link_to_user(ann)
    row.link_to_user(ben)
    row.unlink_from_user()
    row.link_to_user(ann, verified=True)
    row.unlink_from_user()
    settings.RELINK_DAYS = 0
    row.link_to_user(ann)
