"""The flag of the public profiles: off, their pages and links are gone for that visitor, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.test import Client
from waffle.models import Flag

from simlane.profiles.rollout import FLAG
from simlane.sim.models import Event, SimProfile
from simlane.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


def public_pages(profile: SimProfile) -> list[str]:
    event = Event.objects.first()
    assert event is not None
    return ["/profiles/", "/profiles/search/", "/profiles/search/?q=bob", "/profiles/iracing/",
            profile.get_absolute_url(), "/events/", event.get_absolute_url()]  # fmt: skip


def statuses(client: Client, profile: SimProfile) -> set[int]:
    return {client.get(address).status_code for address in public_pages(profile)}


@pytest.fixture
def off(settings: Any) -> None:
    settings.WAFFLE_FLAG_DEFAULT = False
    caches["flags"].clear()


def test_on_by_default(client: Client, alice: SimProfile) -> None:
    assert statuses(client, alice) == {200}


@pytest.mark.usefixtures("off")
def test_off_public_pages_and_links_to_them_are_gone(client: Client, alice: SimProfile, owner: User) -> None:
    assert statuses(client, alice) == {404}
    alice.link_to_user(owner)
    client.force_login(owner)
    for address in ["/", "/nowhere/", *public_pages(alice), "/users/profile/", "/users/profile/sim-profiles/",
                    "/users/profile/sim-profiles/search/?q=bob", f"/users/profile/sim-profiles/manage/{alice.pk}/",
                    "/accounts/email/"]:  # fmt: skip
        page = client.get(address).content.decode()
        assert 'href="/profiles/' not in page, address
        assert 'href="/events/' not in page, address
        assert 'action="/profiles/' not in page, address


@pytest.mark.usefixtures("off")
def test_off_member_pages_stay(client: Client, alice: SimProfile, owner: User) -> None:
    client.force_login(owner)
    client.post(f"/users/profile/sim-profiles/link/{alice.pk}/")
    assert "Alicia Amber" in client.get("/users/profile/sim-profiles/").content.decode()
    found = client.get("/users/profile/sim-profiles/search/?q=bob").content.decode()
    assert "Bob Birch" in found


@pytest.mark.usefixtures("off")
def test_staff_roll_it_out_by_user_and_group(client: Client, alice: SimProfile, owner: User) -> None:
    flag = Flag.objects.create(name=FLAG)
    group = Group.objects.create(name="early")
    flag.users.add(owner)
    flag.groups.add(group)
    assert statuses(client, alice) == {404}
    client.force_login(owner)
    assert statuses(client, alice) == {200}
    other = User.objects.create_user("other")
    client.force_login(other)
    assert statuses(client, alice) == {404}
    other.groups.add(group)
    caches["flags"].clear()
    assert statuses(client, alice) == {200}


def test_by_percent_a_visitor_keeps_the_answer(
    client: Client, alice: SimProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    Flag.objects.create(name=FLAG, percent=60)
    monkeypatch.setattr("waffle.models.random.uniform", lambda *_: 59.0)
    assert statuses(client, alice) == {200}
    monkeypatch.setattr("waffle.models.random.uniform", lambda *_: 61.0)
    assert statuses(client, alice) == {200}, "the cookie says yes"
    assert statuses(Client(), alice) == {404}


def test_a_request_refused_at_the_door_still_gets_its_page(client: Client) -> None:
    Flag.objects.create(name=FLAG, everyone=True)
    response = client.get("/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "Start again" in response.content.decode()
