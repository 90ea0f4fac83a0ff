"""404s: counted by day and address, whatever is sent and however much of it, and never in a visitor's way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from simlane.monitoring import middleware, recording, storing
from simlane.monitoring.models import PATH_LENGTH, MissingAddress, SearchTimes, SlowSearch
from simlane.monitoring.notes import ADDRESSES, Notes
from simlane.users.models import User

pytestmark = pytest.mark.django_db
ROLLOUT = "/staff/rollout/"


def stored() -> dict[str, int]:
    return dict(MissingAddress.objects.values_list("path", "count"))


def test_only_addresses_under_the_watched_paths_are_counted_and_without_their_query(client: Client) -> None:
    for address in ["/profiles/nowhere/", "/profiles/nowhere/?q=secret", "/users/sim-profiles/old/", "/other/", "/"]:
        client.get(address)
    recording.store()
    assert stored() == {"/profiles/nowhere/": 2, "/users/sim-profiles/old/": 1}


def test_counts_of_several_storings_and_processes_add_up() -> None:
    day = timezone.now().date()
    for _ in range(3):
        notes = Notes()
        notes.add_missing(day, "/profiles/x/", 2)
        storing.store(notes)
    assert stored() == {"/profiles/x/": 6}


def test_a_hostile_address_is_text_on_the_page(client: Client, staff: User) -> None:
    client.get("/profiles/<script>alert(1)</script>/")
    client.get("/profiles/a%00b%0Ac%E2%80%AEd/")
    client.get("/profiles/" + "x" * 5000 + "/")
    recording.store()
    paths = sorted(stored())
    assert all(len(path) <= PATH_LENGTH and path.isprintable() for path in paths)
    assert r"/profiles/a\x00b\nc\u202ed/" in paths
    client.force_login(staff)
    page = client.get(ROLLOUT).content.decode()
    assert "<script>alert" not in page
    assert "/profiles/&lt;script&gt;alert(1)&lt;/script&gt;/" in page
    assert "x" * PATH_LENGTH not in page


def test_a_flood_of_addresses_is_bounded_in_memory_and_in_the_database(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    for round_ in range(3):
        for number in range(2000):
            recording.request("none", "GET", 404, 0.001, f"/profiles/{round_}/{number}/")
        assert len(recording._notes.missing) <= ADDRESSES + 1
        with django_assert_max_num_queries(12):
            recording.store()
    found = stored()
    assert len(found) <= storing.ADDRESSES_A_DAY + 1
    assert sum(found.values()) == 6000
    assert found[""] == 6000 - storing.ADDRESSES_A_DAY


def test_an_address_that_is_stored_goes_on_being_counted_when_the_cap_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storing, "ADDRESSES_A_DAY", 1)
    for path in ["/profiles/a/", "/profiles/b/", "/profiles/a/"]:
        recording.request("none", "GET", 404, 0.001, path)
        recording.store()
    assert stored() == {"/profiles/a/": 2, "": 1}


def test_a_404_writes_nothing_to_the_database_itself(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        recording.request("none", "GET", 404, 0.001, "/profiles/x/")
    assert not MissingAddress.objects.exists()


def test_a_database_that_refuses_harms_no_request_and_loses_no_count(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise DatabaseError("locked")

    with monkeypatch.context() as broken:
        broken.setattr(storing, "store", refuse)
        assert client.get("/profiles/nowhere/").status_code == 404
        recording.store()
    assert stored() == {}
    recording.store()
    assert stored() == {"/profiles/nowhere/": 1}


@pytest.mark.parametrize("broken", [(recording, "request"), (middleware, "route_of"), (middleware, "_user_id")])
def test_recording_that_breaks_is_no_business_of_the_visitor(
    client: Client, monkeypatch: pytest.MonkeyPatch, broken: tuple[Any, str]
) -> None:
    def break_(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(*broken, break_)
    assert client.get("/healthz").status_code == 200


def test_what_is_older_than_30_days_is_purged() -> None:
    today = timezone.now().date()
    for back in (29, 30):
        day = today - timedelta(days=back)
        MissingAddress.objects.create(day=day, path="/profiles/old/", count=1)
        SearchTimes.objects.create(day=day, up_to_ms=10, count=1)
        SlowSearch.objects.create(day=day, milliseconds=1, length=1, words=1)
    recording.request("none", "GET", 404, 0.001, "/profiles/new/")
    recording.store()
    for model in (MissingAddress, SearchTimes, SlowSearch):
        assert min(model.objects.values_list("day", flat=True)) == today - timedelta(days=29)


def test_the_addresses_of_one_day(client: Client, staff: User) -> None:
    today = timezone.now().date()
    MissingAddress.objects.create(day=today - timedelta(days=1), path="/profiles/yesterday/", count=3)
    MissingAddress.objects.create(day=today, path="/profiles/today/", count=2)
    client.force_login(staff)
    page = client.get(ROLLOUT, {"day": today.isoformat()}).content.decode()
    assert "/profiles/today/" in page
    assert "/profiles/yesterday/" not in page
    for nonsense in ["x", "9999-99-99", "\0", "2024-02-30"]:
        assert "/profiles/yesterday/" in client.get(ROLLOUT, {"day": nonsense}).content.decode()
