"""My Sim Profiles: what each page does for each person, with htmx and without."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.sim.models import SimProfile
from simlane.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

LIST = "/users/profile/sim-profiles/"
ACTS = ("link", "unlink", "verify", "manage")
HTMX = {"HX-Request": "true"}
PLAN_LINKED = (
    "Successfully linked Assetto Corsa Competizione profile: Alicia Amber. "
    "Please verify your ownership to complete the process."
)
PLAN_UNLINKED = (
    "Successfully unlinked Assetto Corsa Competizione profile: Alicia Amber. "
    "The profile is now available for other users to claim."
)


@pytest.fixture
def member(client: Client) -> User:
    """Signed in."""
    user = User.objects.create_user("member", "member@example.org", "correct horse battery")
    client.force_login(user)
    return user


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]


def at(act: str, profile: SimProfile) -> str:
    return f"{LIST}{act}/{profile.pk}/"


def link(profile: SimProfile, user: User, *, verified: bool = False) -> None:
    SimProfile.objects.filter(pk=profile.pk).update(linked_user=user, linked_at=timezone.now(), is_verified=verified)


def test_the_names_of_the_addresses(alice: SimProfile) -> None:
    assert reverse("users:profile_sim_profiles") == LIST
    assert reverse("users:profile_sim_profile_search") == f"{LIST}search/"
    for act in ACTS:
        assert reverse(f"users:profile_sim_profile_{act}", args=[alice.pk]) == at(act, alice)


@pytest.mark.usefixtures("member")
def test_a_member_links_and_unlinks(client: Client, alice: SimProfile, member: User) -> None:
    assert "This is me" in client.get(at("link", alice)).content.decode()
    alice.refresh_from_db()
    assert alice.linked_user is None, "a GET linked it"
    response = client.post(at("link", alice))
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert said(response) == [PLAN_LINKED]
    alice.refresh_from_db()
    assert alice.linked_user == member
    page = client.get(LIST).content.decode()
    for text in ("Alicia Amber", "Assetto Corsa Competizione", "Linked since", "Not verified", "Public", "last raced"):
        assert text in page
    assert "Unlink this profile" in client.get(at("unlink", alice)).content.decode()
    alice.refresh_from_db()
    assert alice.linked_user == member, "a GET unlinked it"
    response = client.post(at("unlink", alice))
    assert said(response)[-1] == PLAN_UNLINKED
    alice.refresh_from_db()
    assert alice.linked_user is None


def test_linked_by_me_already(client: Client, alice: SimProfile, member: User) -> None:
    link(alice, member)
    for response in (client.get(at("link", alice)), client.post(at("link", alice))):
        assert response["Location"] == LIST
        assert said(response)[-1] == "Alicia Amber is linked to your account already."


@pytest.mark.usefixtures("member")
def test_linked_by_another(client: Client, alice: SimProfile, owner: User) -> None:
    link(alice, owner)
    for response in (client.get(at("link", alice)), client.post(at("link", alice))):
        assert response["Location"] == LIST
        assert said(response)[-1] == "This profile is already linked to another user."
    for act in ("unlink", "verify", "manage"):
        response = client.get(at(act, alice))
        assert response["Location"] == LIST
        assert said(response)[-1] == "This profile is not linked to your account."
    client.post(at("unlink", alice))
    alice.refresh_from_db()
    assert alice.linked_user == owner


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize("act", ACTS)
def test_a_private_one_does_not_exist_for_others_nor_does_an_unknown_id(
    client: Client, private: SimProfile, act: str
) -> None:
    for profile_id in (private.pk, uuid.uuid4()):
        for response in (client.get(f"{LIST}{act}/{profile_id}/"), client.post(f"{LIST}{act}/{profile_id}/")):
            assert response.status_code == (405 if (act, response.wsgi_request.method) == ("verify", "POST") else 404)
    assert client.get(f"{LIST}{act}/no-id/").status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_who_is_not_signed_in_comes_back_after_it(client: Client, alice: SimProfile, act: str) -> None:
    User.objects.create_user("later", "later@example.org", "correct horse battery")
    response = client.post(at(act, alice)) if act != "verify" else client.get(at(act, alice))
    assert response["Location"] == f"/accounts/login/?next={at(act, alice)}"
    alice.refresh_from_db()
    assert alice.linked_user is None
    response = client.post(response["Location"], {"login": "later", "password": "correct horse battery"})
    assert response["Location"] == at(act, alice)


def test_htmx_is_sent_to_the_sign_in_as_a_whole_page(client: Client) -> None:
    response = client.get(LIST, headers=HTMX)
    assert response["HX-Redirect"] == f"/accounts/login/?next={LIST}"


@pytest.mark.usefixtures("member")
def test_a_double_click_links_once_and_says_so(client: Client, alice: SimProfile) -> None:
    client.post(at("link", alice))
    response = client.post(at("link", alice))
    assert said(response)[-1] == "Alicia Amber is linked to your account already."
    client.post(at("unlink", alice))
    response = client.post(at("unlink", alice))
    assert said(response)[-1] == "This profile is not linked to your account."


@pytest.mark.usefixtures("member")
def test_back_to_a_form_that_is_over_does_no_harm(client: Client, alice: SimProfile, owner: User) -> None:
    """The form of a profile that was unlinked, and linked by somebody else, since."""
    client.post(at("link", alice))
    client.post(at("unlink", alice))
    link(alice, owner, verified=True)
    for act in ("link", "unlink", "manage"):
        client.post(at(act, alice), {"visibility": "hidden"})
        alice.refresh_from_db()
        assert (alice.linked_user, alice.is_verified, alice.is_public) == (owner, True, True)


def test_hiding_is_for_the_owner_of_a_verified_link(client: Client, alice: SimProfile, member: User) -> None:
    link(alice, member)
    response = client.post(at("manage", alice), {"visibility": "hidden"})
    assert said(response) == ["Only the owner of a verified link may hide a profile. Verify your ownership first."]
    link(alice, member, verified=True)
    client.post(at("manage", alice), {"visibility": "hidden"})
    alice.refresh_from_db()
    assert alice.is_public is False
    assert "Hidden from others" in client.get(LIST).content.decode()
    client.post(at("manage", alice), {"visibility": "public"})
    alice.refresh_from_db()
    assert alice.is_public is True


@pytest.mark.parametrize("form", [{}, {"visibility": ""}, {"visibility": "nobody"}])
def test_a_damaged_form_shows_no_hidden_profile(
    client: Client, private: SimProfile, owner: User, form: dict[str, str]
) -> None:
    client.force_login(owner)
    response = client.post(at("manage", private), form)
    assert response.status_code == 400
    assert "Nothing was changed" in response.content.decode()
    private.refresh_from_db()
    assert private.is_public is False


def test_the_verify_page_is_honest(client: Client, alice: SimProfile, member: User, settings: Any) -> None:
    link(alice, member)
    page = client.get(at("verify", alice)).content.decode()
    assert "One of these ways is enough" in page
    assert "The link lapses on" in page
    assert "for 30 days you cannot link it again without a proof" in page
    settings.RELINK_DAYS = 0
    assert "link it again" not in client.get(at("verify", alice)).content.decode()
    assert client.post(at("verify", alice)).status_code == 405
    link(alice, member, verified=True)
    assert "You have proved" in client.get(at("verify", alice)).content.decode()


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("alicia", True),
        ("Alice Amber", True),
        ("S76561190000000001", True),
        ("76561190000000001", True),
        ("nobody of that name", False),
        ("\0", False),
    ],
)
def test_search_finds_by_name_former_name_and_id(client: Client, alice: SimProfile, query: str, finds: bool) -> None:
    page = client.get(f"{LIST}search/", {"q": query}).content.decode()
    assert (at("link", alice) in page) is finds


@pytest.mark.usefixtures("member")
def test_search_lists_linked_ones_to_be_claimed_and_no_hidden_ones(
    client: Client, alice: SimProfile, owner: User
) -> None:
    link(alice, owner)
    page = client.get(f"{LIST}search/", {"q": "alicia"}).content.decode()
    assert at("link", alice) not in page
    assert at("claim", alice) in page
    assert "Linked already: claim it" in page
    SimProfile.objects.filter(pk=alice.pk).update(is_verified=True, is_public=False)
    assert "Alicia" not in client.get(f"{LIST}search/", {"q": "alicia amber"}).content.decode()


def test_search_leads_to_managing_what_is_ones_own(client: Client, alice: SimProfile, member: User) -> None:
    link(alice, member)
    page = client.get(f"{LIST}search/", {"q": "alicia"}).content.decode()
    assert at("manage", alice) in page
    assert at("claim", alice) not in page


@pytest.mark.usefixtures("member", "season")
def test_search_offers_twenty_and_says_there_are_more(client: Client) -> None:
    simulator = SimProfile.objects.values_list("simulator", flat=True)[0]
    many = [
        SimProfile(simulator_id=simulator, profile_name=f"Many {n}", profile_identifier=f"many-{n}") for n in range(30)
    ]
    for profile in SimProfile.objects.bulk_create(many):
        profile.names.create(
            name=profile.profile_name, folded=profile.profile_name.lower(), last_used_at=timezone.now()
        )
    response = client.get(f"{LIST}search/", {"q": "many"})
    assert len(response.context["hits"]) == 20
    assert "there are more" in response.content.decode()
    assert client.get(f"{LIST}search/", {"q": "a" * 101}).status_code == 400


def test_htmx_gets_the_part_and_the_rest_the_page(client: Client, alice: SimProfile, member: User) -> None:
    link(alice, member)
    for address in [LIST, f"{LIST}search/?q=bob", *(at(act, alice) for act in ACTS[1:]), "/users/profile/"]:
        part = client.get(address, headers=HTMX).content.decode()
        assert "<html" not in part
        assert 'id="results"' in part
        assert "<html" in client.get(address).content.decode()
        back = client.get(address, headers={**HTMX, "HX-History-Restore-Request": "true"}).content.decode()
        assert "<html" in back
    part = client.post(at("unlink", alice), headers=HTMX, follow=True).content.decode()
    assert PLAN_UNLINKED in part


def test_my_sim_profiles_takes_five_queries_for_any_number(
    client: Client, alice: SimProfile, member: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many = [
        SimProfile(
            simulator=alice.simulator,
            profile_name=f"M {n}",
            profile_identifier=f"m-{n}",
            linked_user=member,
            linked_at=timezone.now(),
        )
        for n in range(200)
    ]
    SimProfile.objects.bulk_create(many)
    client.get("/")
    with django_assert_max_num_queries(5):
        page = client.get(LIST).content.decode()
    assert page.count("Linked since") == 200


def test_a_form_without_its_token_does_nothing(alice: SimProfile, owner: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    assert strict.post(at("link", alice)).status_code == 403
    alice.refresh_from_db()
    assert alice.linked_user is None


def test_linking_has_a_pace(client: Client, alice: SimProfile, member: User) -> None:
    answers = [client.post(at("link", alice)).status_code for _ in range(31)]
    assert answers[:30] == [302] * 30
    assert answers[30] == 429
    assert "wait a minute" in client.post(at("link", alice)).content.decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/users/sim-profiles/", LIST),
        ("/users/sim-profiles/add/", f"{LIST}search/"),
        ("/users/sim-profiles/{id}/edit/", f"{LIST}manage/{{id}}/"),
        ("/users/sim-profiles/{id}/disconnect/", f"{LIST}unlink/{{id}}/"),
    ],
)
def test_the_old_addresses_lead_to_their_successors(client: Client, alice: SimProfile, old: str, new: str) -> None:
    response = client.get(old.format(id=alice.pk))
    assert (response.status_code, response["Location"]) == (301, new.format(id=alice.pk))


@pytest.mark.parametrize("name", ["sim_profiles", "sim_profile_add", "sim_profile_edit", "sim_profile_disconnect"])
def test_the_old_names_are_gone(name: str) -> None:
    for arguments in ([], [uuid.uuid4()]):
        with pytest.raises(NoReverseMatch):
            reverse(f"users:{name}", args=arguments)
    assert name not in {key for key in get_resolver("simlane.users.urls").reverse_dict if isinstance(key, str)}


def test_the_navigation_names_both(client: Client, member: User) -> None:
    page = client.get("/").content.decode()
    assert "Driver Profiles" in page
    assert "My Sim Profiles" in page
    client.logout()
    assert "My Sim Profiles" not in client.get("/").content.decode()


def test_the_profile_shows_each_what_they_may_do(client: Client, alice: SimProfile, member: User, owner: User) -> None:
    page = client.get(alice.get_absolute_url()).content.decode()
    assert "This is me" in page
    assert at("link", alice) in page
    link(alice, member)
    page = client.get(alice.get_absolute_url()).content.decode()
    assert "This is me" not in page
    assert at("verify", alice) in page
    assert at("manage", alice) not in page
    link(alice, member, verified=True)
    assert at("manage", alice) in client.get(alice.get_absolute_url()).content.decode()
    client.force_login(owner)
    page = client.get(alice.get_absolute_url()).content.decode()
    assert "Open a dispute" in page
    assert at("claim", alice) in page
    assert at("unlink", alice) not in page


@pytest.mark.usefixtures("member")
def test_members_pages_are_kept_by_no_cache(client: Client) -> None:
    assert "no-store" in client.get(LIST)["Cache-Control"]
