"""Rule 7: a private profile is a 404 to everyone but its owner and staff, and nothing else tells of it."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import get_resolver

from simlane.sim.models import Event, SimProfile
from simlane.users.models import User

pytestmark = pytest.mark.django_db


def public_addresses() -> list[str]:
    """Every page that could tell of Alice."""
    return [
        "/",
        "/profiles/",
        "/profiles/?sort=name",
        "/profiles/?verified=1",
        "/profiles/assetto-corsa-competizione/",
        "/profiles/search/?q=alicia",
        "/profiles/search/?q=alice+amber",
        "/profiles/search/?q=alcia",
        "/profiles/search/?q=76561190000000001",
        "/profiles/search/?q=owner",
        "/profiles/assetto-corsa-competizione/alicia-amber/",
        "/profiles/assetto-corsa-competizione/76561190000000001/",
        "/drivers/owner/",
        "/events/",
        *(event.get_absolute_url() for event in Event.objects.all()),
    ]


def test_no_public_page_links_a_private_profile(client: Client, private: SimProfile) -> None:
    for address in public_addresses():
        # The way back after signing in repeats what the visitor asked for; nothing else does.
        page = client.get(address).content.decode().replace(f"next={address}", "")
        assert private.get_absolute_url() not in page, address
        if "76561190000000001" not in address:
            assert private.profile_identifier not in page, address


def test_results_still_list_the_name(client: Client, private: SimProfile) -> None:
    event = Event.objects.filter(name="Test League | Round 1").first()
    assert event is not None
    assert "Alice Amber" in client.get(event.get_absolute_url()).content.decode()


@pytest.mark.parametrize("written", ["76561190000000001", "S76561190000000001"])
def test_a_private_profile_is_a_404_to_others(client: Client, private: SimProfile, written: str) -> None:
    address = f"/profiles/assetto-corsa-competizione/{written}/"
    assert client.get(address).status_code == 404
    client.force_login(get_user_model().objects.create_user("other"))
    assert client.get(address).status_code == 404


def test_its_owner_and_staff_see_it(client: Client, private: SimProfile, owner: User) -> None:
    client.force_login(owner)
    response = client.get(private.get_absolute_url())
    assert response.status_code == 200
    assert response.context["is_owner"] is True
    client.force_login(get_user_model().objects.create_user("staff", is_staff=True))
    response = client.get(private.get_absolute_url())
    assert response.status_code == 200
    assert response.context["is_owner"] is False


def test_an_unverified_link_never_shows_the_account(client: Client, alice: SimProfile, owner: User) -> None:
    SimProfile.objects.filter(pk=alice.pk).update(linked_user=owner, linked_at=alice.created_at)
    for address in public_addresses():
        page = client.get(address).content.decode()
        assert "Olivia" not in page, address
        if "owner" not in address:
            assert owner.username not in page.replace("is_owner", ""), address


# Not “Olivia” alone: that is nearly “Alicia”, and found as such.
@pytest.mark.parametrize("query", ["owner", "olivia owner", "Oliv"])
def test_search_knows_the_account_of_a_verified_link_only(
    client: Client, alice: SimProfile, owner: User, query: str
) -> None:
    def finds() -> bool:
        page = client.get("/profiles/search/", {"q": query}).content.decode()
        return alice.get_absolute_url() in page

    assert not finds()
    alice.link_to_user(owner)
    assert not finds()
    alice.link_to_user(owner, verified=True)
    assert finds()
    assert "Driven by Olivia Owner" in client.get("/profiles/search/", {"q": query}).content.decode()
    alice.set_visibility(owner, public=False)
    assert not finds()
    alice.set_visibility(owner, public=True)
    alice.unlink_from_user()
    assert not finds()


def test_every_public_address_is_walked() -> None:
    """A new public address must join the walk above."""
    names = {pattern.name for pattern in get_resolver("simlane.profiles.urls").url_patterns}
    assert names == {"home", "browse", "search", "simulator", "detail", "driver", "events", "event"}
