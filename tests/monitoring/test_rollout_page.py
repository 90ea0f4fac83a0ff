"""The staff's page: staff only, in a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from simlane.monitoring import adoption
from simlane.monitoring.models import MissingAddress, SearchTimes, SlowSearch
from simlane.sim.models import SimProfile
from simlane.upgrade import status
from simlane.upgrade.models import UpgradeStep
from simlane.users.models import User

pytestmark = pytest.mark.django_db
ROLLOUT = "/staff/rollout/"
#: Without what the upgrade asks the catalogue for, which is as much on every site.
BUDGET = 12


def test_a_stranger_signs_in_first(client: Client) -> None:
    answer = client.get(ROLLOUT)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={ROLLOUT}")


def test_for_a_member_there_is_no_such_page_and_no_link_to_it(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.get(ROLLOUT).status_code == 404
    assert ROLLOUT not in client.get("/").content.decode()


def test_staff_find_it_and_nothing_keeps_it(client: Client, staff: User) -> None:
    client.force_login(staff)
    assert f'href="{ROLLOUT}"' in client.get("/").content.decode()
    answer = client.get(ROLLOUT)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert client.post(ROLLOUT).status_code == 405


def test_the_number_of_queries_does_not_grow(
    client: Client,
    staff: User,
    season: None,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
    django_assert_num_queries: Any,
) -> None:
    summary = status.summary()
    monkeypatch.setattr(status, "summary", lambda: summary)
    client.force_login(staff)
    client.get("/")
    with django_assert_max_num_queries(BUDGET) as empty:
        client.get(ROLLOUT)
    today = timezone.now().date()
    for back in range(30):
        day = today - timedelta(days=back)
        MissingAddress.objects.bulk_create(MissingAddress(day=day, path=f"/profiles/{n}/", count=n) for n in range(9))
        SearchTimes.objects.create(day=day, up_to_ms=10, count=back + 1)
        SlowSearch.objects.create(day=day, milliseconds=back, length=5, words=1)
    for profile in SimProfile.objects.filter(is_public=True)[:3]:
        profile.link_to_user(staff)
    cache.clear()
    with django_assert_num_queries(len(empty)):
        client.get(ROLLOUT)
    # Within the minute the totals are not counted again.
    with django_assert_num_queries(len(empty) - 2):
        client.get(ROLLOUT)


def test_totals_and_links_by_day(private: SimProfile, staff: User) -> None:
    other = SimProfile.objects.filter(is_public=True).first()
    assert other is not None
    other.link_to_user(staff)
    SimProfile.objects.filter(pk=other.pk).update(linked_at=timezone.now() - timedelta(days=2))
    SimProfile.objects.filter(pk=private.pk).update(linked_at=timezone.now() - timedelta(days=40))
    cache.clear()
    expected = {"total": SimProfile.objects.count(), "linked": 2, "verified": 1, "private": 1}
    assert adoption.totals() == expected
    links = adoption.links_by_day(30)
    assert [row["links"] for row in links] == [0] * 27 + [1, 0, 0]
    assert links[-1]["day"] == timezone.now().date()


def test_the_upgrade_is_told_when_there_are_no_figures(
    client: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr(adoption, "totals", refuse)
    client.force_login(staff)
    answer = client.get(ROLLOUT)
    assert answer.status_code == 200
    assert "The new model: the old release cannot serve any more." in answer.content.decode()
    assert "no such table" not in answer.content.decode()


def test_the_upgrade_is_told(client: Client, staff: User) -> None:
    UpgradeStep.objects.create(name="backfill <1>", started_at=timezone.now(), failed=True, detail="no room & co")
    client.force_login(staff)
    page = client.get(ROLLOUT).content.decode()
    assert "The new model: the old release cannot serve any more." in page
    assert "backfill &lt;1&gt;" in page
    assert "no room &amp; co" in page
