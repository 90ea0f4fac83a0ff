"""A member's page over simulators: there only if they want it, and made only of what they proved and everybody sees."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.sim.models import SimProfile
from simlane.users.models import User
from tests.profiles.test_visibility import public_addresses

pytestmark = pytest.mark.django_db

ADDRESS = "/drivers/owner/"
SETTINGS = "/users/profile/driver-page/"


@pytest.fixture
def published(alice: SimProfile, owner: User) -> User:
    """Alice's profile, verified, and the page of its owner published."""
    alice.link_to_user(owner, verified=True)
    User.objects.filter(pk=owner.pk).update(has_driver_page=True)
    owner.refresh_from_db()
    return owner


@pytest.fixture
def on_iracing(season: None, owner: User) -> SimProfile:
    profile = SimProfile.objects.filter(simulator__slug="iracing").select_related("simulator").order_by("pk").first()
    assert profile is not None
    profile.link_to_user(owner, verified=True)
    return profile


def test_it_gathers_profiles_figures_and_results(
    client: Client, published: User, alice: SimProfile, on_iracing: SimProfile
) -> None:
    alice.refresh_from_db()
    on_iracing.refresh_from_db()
    response = client.get(ADDRESS)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Olivia Owner" in page
    assert alice.get_absolute_url() in page
    assert on_iracing.get_absolute_url() in page
    career = response.context["career"]
    assert (career.starts, career.wins, career.podiums) == (
        alice.starts + on_iracing.starts,
        alice.wins + on_iracing.wins,
        alice.podiums + on_iracing.podiums,
    )
    assert career.starts > max(alice.starts, on_iracing.starts) > 0
    drives = list(response.context["recent"])
    assert {drive.profile_id for drive in drives} == {alice.pk, on_iracing.pk}
    assert [drive.raced_at for drive in drives] == sorted((drive.raced_at for drive in drives), reverse=True)


def body(client: Client, address: str) -> tuple[int, str]:
    """What a page says, without the asked address and the form's own tokens."""
    client.cookies.clear()
    response = client.get(address)
    return response.status_code, response.content.decode().replace(address, "")


@pytest.mark.parametrize("state", ["not published", "nothing verified", "all hidden", "no profile", "inactive"])
def test_whatever_keeps_it_away_is_the_same_404(client: Client, published: User, alice: SimProfile, state: str) -> None:
    assert client.get(ADDRESS).status_code == 200
    if state == "not published":
        User.objects.update(has_driver_page=False)
    elif state == "nothing verified":
        SimProfile.objects.update(is_verified=False)
    elif state == "all hidden":
        alice.set_visibility(published, public=False)
    elif state == "no profile":
        alice.unlink_from_user()
    else:
        User.objects.update(is_active=False)
    missing = body(client, "/drivers/never-was-here/")
    assert missing[0] == 404
    assert body(client, ADDRESS) == missing
    for person in (User.objects.create_user("staff", is_staff=True), published):
        client.force_login(person)
        assert client.get(ADDRESS).status_code == 404


def test_hidden_and_unverified_profiles_never_show(
    client: Client, published: User, alice: SimProfile, on_iracing: SimProfile
) -> None:
    SimProfile.objects.filter(pk=on_iracing.pk).update(is_verified=False)
    for person in (None, published, User.objects.create_user("staff", is_staff=True)):
        if person:
            client.force_login(person)
        page = client.get(ADDRESS).content.decode()
        assert alice.get_absolute_url() in page
        assert on_iracing.get_absolute_url() not in page
    SimProfile.objects.filter(pk=on_iracing.pk).update(is_verified=True, is_public=False)
    response = client.get(ADDRESS)
    assert on_iracing.get_absolute_url() not in response.content.decode()
    assert response.context["career"].starts == alice.starts
    assert {drive.profile_id for drive in response.context["recent"]} == {alice.pk}


def test_a_new_username_is_a_new_address(client: Client, published: User) -> None:
    client.force_login(published)
    client.post("/users/profile/", {"username": "Ölivia+1", "first_name": "", "last_name": ""})
    assert client.get(ADDRESS).status_code == 404
    page = client.get("/drivers/%C3%96livia+1/")
    assert page.status_code == 200
    assert "Ölivia+1" in page.content.decode()
    assert "/drivers/%C3%96livia+1/" in client.get(SETTINGS).content.decode()


def test_a_profile_links_the_page_only_while_it_is_there(client: Client, published: User, alice: SimProfile) -> None:
    def linked() -> bool:
        return f'href="{ADDRESS}"' in client.get(alice.get_absolute_url()).content.decode()

    assert linked()
    assert "Driven by" in client.get(alice.get_absolute_url()).content.decode()
    client.force_login(published)
    alice.set_visibility(published, public=False)
    assert not linked()
    alice.set_visibility(published, public=True)
    User.objects.update(has_driver_page=False)
    assert not linked()
    assert "Olivia Owner" in client.get(alice.get_absolute_url()).content.decode()


def test_it_is_switched_on_and_off(client: Client, alice: SimProfile, owner: User) -> None:
    alice.link_to_user(owner, verified=True)
    client.force_login(owner)
    page = client.get(SETTINGS).content.decode()
    assert "Not published" in page
    assert client.get(ADDRESS).status_code == 404
    assert "is published" in client.post(SETTINGS, {"driver_page": "on"}, follow=True).content.decode()
    assert client.get(ADDRESS).status_code == 200
    assert SETTINGS in client.get("/users/profile/sim-profiles/").content.decode()
    assert "taken back" in client.post(SETTINGS, {"driver_page": "off"}, follow=True).content.decode()
    assert client.get(ADDRESS).status_code == 404
    assert client.post(SETTINGS, {"driver_page": "perhaps"}).status_code == 400


def test_its_owner_is_told_why_it_is_not_there(client: Client, alice: SimProfile, owner: User) -> None:
    alice.link_to_user(owner)
    client.force_login(owner)
    page = client.post(SETTINGS, {"driver_page": "on"}, follow=True).content.decode()
    assert "there is nothing to show" in page
    assert "not verified yet" in page
    alice.link_to_user(owner, verified=True)
    alice.set_visibility(owner, public=False)
    assert "you have hidden it" in client.get(SETTINGS).content.decode()


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_browsers_resolve_is_refused(client: Client, name: str) -> None:
    user = User.objects.create_user(name)
    client.force_login(user)
    assert "choose another username" in client.post(SETTINGS, {"driver_page": "on"}, follow=True).content.decode()
    user.refresh_from_db()
    assert not user.has_driver_page


def test_settings_are_for_members_with_the_forms_token(owner: User) -> None:
    assert Client().get(SETTINGS)["Location"] == f"/accounts/login/?next={SETTINGS}"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    assert strict.post(SETTINGS, {"driver_page": "on"}).status_code == 403


def test_it_obeys_the_rollout(client: Client, published: User, settings) -> None:
    settings.WAFFLE_FLAG_DEFAULT = False
    assert client.get(ADDRESS).status_code == 404
    client.force_login(published)
    page = client.get(SETTINGS).content.decode()
    assert f'href="{ADDRESS}"' not in page


@pytest.mark.parametrize("username", ["", "%00", "owner%00", "a/b", "..%2F", "x" * 3000, "OWNER"])
def test_no_name_is_a_fault(client: Client, published: User, username: str) -> None:
    assert client.get(f"/drivers/{username}/").status_code == (200 if username == "owner%00" else 404)


def test_it_takes_as_many_queries_for_one_profile_as_for_many(
    client: Client, published: User, alice: SimProfile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(ADDRESS)
    with django_assert_num_queries(5):
        client.get(ADDRESS)
    SimProfile.objects.bulk_create(
        SimProfile(
            simulator=alice.simulator,
            profile_name=f"M {n}",
            profile_identifier=f"m-{n}",
            linked_user=published,
            linked_at=timezone.now(),
            is_verified=True,
        )
        for n in range(50)
    )
    with django_assert_num_queries(5):
        assert len(client.get(ADDRESS).context["profiles"]) == 51


def test_its_settings_take_a_few_queries(
    client: Client, published: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(published)
    client.get(SETTINGS)
    with django_assert_max_num_queries(4):
        client.get(SETTINGS)


def test_other_public_pages_do_not_tell_of_it(client: Client, published: User, alice: SimProfile) -> None:
    alice.set_visibility(published, public=False)
    for address in public_addresses():
        if address != ADDRESS:
            assert f'href="{ADDRESS}"' not in client.get(address).content.decode(), address
