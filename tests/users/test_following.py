"""Following drivers and leagues: the button, the list, the bounds, and what goes with the account."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from simlane.sim.errors import Refused
from simlane.sim.models import League, SimProfile
from simlane.users.following import drivers_of, follow, is_followed, leagues_of, unfollow
from simlane.users.models import Follow, User
from simlane.users.personal_data import everything_about

pytestmark = pytest.mark.django_db
LIST = "/users/profile/following/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def fan(client: Client) -> User:
    user = User.objects.create_user("fan", "fan@example.org")
    client.force_login(user)
    return user


@pytest.fixture
def league() -> League:
    return League.objects.create(name="Sunday Cup", slug="sunday-cup")


def button(profile: SimProfile) -> str:
    return f"/users/follow/profiles/{profile.pk}/"


def test_a_driver_is_followed_and_unfollowed_on_their_page(client: Client, fan: User, alice: SimProfile) -> None:
    page = alice.get_absolute_url()
    assert 'aria-label="Follow Alicia Amber"' in client.get(page).content.decode()
    assert client.post(button(alice), {"follow": "on"})["Location"] == page
    client.post(button(alice), {"follow": "on"})
    assert list(drivers_of(fan)) == [alice]
    assert 'aria-label="Unfollow Alicia Amber"' in client.get(page).content.decode()
    assert client.post(button(alice), {"follow": "off"})["Location"] == page
    assert not Follow.objects.exists()


def test_a_league_too(client: Client, fan: User, league: League) -> None:
    assert 'aria-label="Follow Sunday Cup"' in client.get("/leagues/sunday-cup/").content.decode()
    client.post("/users/follow/leagues/sunday-cup/", {"follow": "on"})
    assert list(leagues_of(fan)) == [league]
    assert 'aria-label="Unfollow Sunday Cup"' in client.get("/leagues/sunday-cup/").content.decode()
    assert "Sunday Cup" in client.get(LIST).content.decode()
    answer = client.post("/users/follow/leagues/sunday-cup/", {"follow": "off", "list": "1"})
    assert answer["Location"] == LIST
    assert not Follow.objects.exists()


def test_htmx_gets_the_button_in_its_place(client: Client, fan: User, alice: SimProfile) -> None:
    answer = client.post(button(alice), {"follow": "on"}, headers=HTMX).content.decode()
    assert "<html" not in answer
    assert 'aria-label="Unfollow Alicia Amber"' in answer
    assert "New results stand at the bell." in answer


def test_a_visitor_signs_in_first_and_a_get_changes_nothing(client: Client, alice: SimProfile) -> None:
    assert f'href="{button(alice)}"' in client.get(alice.get_absolute_url()).content.decode()
    assert client.get(button(alice))["Location"] == f"/accounts/login/?next={button(alice)}"
    client.force_login(User.objects.create_user("fan"))
    assert client.get(button(alice))["Location"] == alice.get_absolute_url()
    assert not Follow.objects.exists()
    assert client.post(button(alice), {"follow": "perhaps"}).status_code == 400


def test_a_private_profile_cannot_be_followed_not_even_by_its_owner(
    client: Client, fan: User, private: SimProfile, owner: User
) -> None:
    assert client.post(button(private), {"follow": "on"}).status_code == 404
    client.force_login(owner)
    assert client.post(button(private), {"follow": "on"}).status_code == 404
    assert button(private) not in client.get(private.get_absolute_url()).content.decode()


def test_on_ones_own_profile_there_is_no_button(client: Client, fan: User, alice: SimProfile) -> None:
    alice.link_to_user(fan)
    assert button(alice) not in client.get(alice.get_absolute_url()).content.decode()


def test_nobody_follows_more_than_the_bound(client: Client, fan: User, league: League, settings: object) -> None:
    settings.FOLLOWS_PER_ACCOUNT = 1  # type: ignore[attr-defined]
    other = League.objects.create(name="Other", slug="other")
    follow(fan, league)
    follow(fan, league)
    with pytest.raises(Refused, match="more cannot be followed"):
        follow(fan, other)
    answer = client.post("/users/follow/leagues/other/", {"follow": "on"}, headers=HTMX).content.decode()
    assert "more cannot be followed" in answer
    unfollow(fan, league)
    follow(fan, other)
    assert is_followed(fan, other)


def test_following_has_a_pace(client: Client, fan: User, league: League) -> None:
    found = {client.post("/users/follow/leagues/sunday-cup/", {"follow": "on"}).status_code for _ in range(61)}
    assert found == {302, 429}


def test_the_database_holds_that_a_follow_is_of_one_and_once(alice: SimProfile, league: League, fan: User) -> None:
    Follow.objects.create(user=fan, profile=alice)
    for wrong in ({}, {"profile": alice, "league": league}, {"profile": alice}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Follow.objects.create(user=fan, **wrong)


def test_the_list_costs_the_same_for_one_and_for_many(
    client: Client, fan: User, season: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(LIST)
    for profile in SimProfile.objects.all():
        follow(fan, profile)
    # The session, the account, drivers, leagues, and the bell.
    with django_assert_num_queries(5):
        page = client.get(LIST).content.decode()
    assert page.count('aria-label="Unfollow ') == SimProfile.objects.count()


def test_follows_go_with_the_account_and_are_in_its_data(fan: User, private: SimProfile, league: League) -> None:
    follow(fan, league)
    Follow.objects.create(user=fan, profile=private)
    Follow.objects.create(user=fan, profile=SimProfile.objects.get(profile_name="Bob Birch"))
    driver = {"simulator": "Assetto Corsa Competizione", "identifier": "76561190000000002"}
    found = everything_about(fan)["follows"]
    assert [(row["league"], row["driver"]) for row in found] == [("Sunday Cup", None), (None, None), (None, driver)]
    fan.delete()
    assert not Follow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_and_when_the_old_release_deletes_it(alice: SimProfile) -> None:
    fan = User.objects.create_user("fan")
    follow(fan, alice)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM users_user WHERE id = %s", [fan.pk])
    assert not Follow.objects.exists()
