"""Rule 7: a private profile is a 404 to everyone but its owner and staff, and nothing else tells of it."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import get_resolver

from simlane.profiles import addresses, lap_tables
from simlane.profiles.views.sections import SECTIONS
from simlane.sim.models import Car, Event, Session, SimProfile, Track
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
        "/leaderboards/",
        "/ratings/assetto-corsa-competizione/road/76561190000000001/",
        "/leaderboards/assetto-corsa-competizione/",
        "/leaderboards/assetto-corsa-competizione/?by=starts",
        "/events/",
        "/profiles/compare/?b=assetto-corsa-competizione/76561190000000002&q=alicia",
        "/profiles/compare/?a=assetto-corsa-competizione/76561190000000001",
        *(f"/profiles/assetto-corsa-competizione/76561190000000002/?section={name}" for name in SECTIONS),
        *(event.get_absolute_url() for event in Event.objects.all()),
        *(f"{event.get_absolute_url()}?order=file" for event in Event.objects.all()),
        *of_laps(),
        *of_places(),
    ]


def of_laps() -> list[str]:
    """The pages of the laps of every session, and of every car."""
    found = []
    for session in Session.objects.select_related("event"):
        tables = addresses.of_laps(session.event, session)
        found += [f"{tables}?show={kind}" for kind in lap_tables.kinds(session)]
        found.append(f"/events/{session.event.pk}/sessions/{session.number}/laps.json")
        entries = session.entries.prefetch_related("drivers")
        found += [addresses.of_entry(session.event, session, entry) for entry in entries]
    return found


def of_places() -> list[str]:
    """The pages of tracks and cars, in which a private driver may hold the record."""
    tracks, cars = Track.objects.select_related("simulator"), Car.objects.select_related("simulator")
    pages = [*map(addresses.of_track, tracks), *map(addresses.of_car, cars)]
    lists = [f"/{kind}/{of}" for kind in ("tracks", "cars") for of in ("", "assetto-corsa-competizione/")]
    return [
        *lists,
        *pages,
        *(f"{page}?events=all" for page in pages),
        *(f"{addresses.of_track(each)}laps/" for each in tracks),
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
    # Answers to a POST lead back to the event, as its old address does, and where stewards decide is for them.
    assert names - {"decide", "rule", "ruling", "event_by_number"} == {
        "home",
        "browse",
        "search",
        "simulator",
        "detail",
        "driver",
        "events",
        "event",
        "laps",
        "laps_data",
        "entry",
        "compare",
        "tracks",
        "tracks_of",
        "track",
        "track_laps",
        "cars",
        "cars_of",
        "car",
        "leaderboards",
        "leaderboard",
        "rating",
    }
