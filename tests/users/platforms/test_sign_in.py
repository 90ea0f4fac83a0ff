"""Signing in and up with a platform account, connecting one and taking it away."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.core import mail
from django.test import Client
from pytest_django import Settings

from simlane.sim.models import SimProfile
from simlane.users.models import User
from tests.users.platforms.conftest import decide, text_of
from tests.users.platforms.peers import IRacingPeer, SteamPeer

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
CONNECTIONS = "/accounts/3rdparty/"
PASSWORD = "correct horse battery"


def go(client: Client, platform: str, process: str = "login", decision: str = "yes") -> object:
    """Through the platform and back."""
    response = client.post(f"/accounts/{platform}/login/?process={process}")
    assert response.status_code == 302
    return client.get(decide(response["Location"], decision))


@pytest.fixture(params=["steam", "iracing"])
def platform(request: pytest.FixtureRequest, steam: SteamPeer, iracing: IRacingPeer) -> str:
    return str(request.param)


UIDS = {"steam": "76561190000000001", "iracing": "400001"}


def test_signing_up_asks_for_a_name_and_an_address(client: Client, platform: str) -> None:
    response = go(client, platform)
    assert response["Location"] == "/accounts/3rdparty/signup/"
    assert not User.objects.exists()
    form = {"username": "alicia", "email": "alicia@example.org"}
    assert client.post(response["Location"], form).status_code == 302
    user = User.objects.get()
    # What stands in public on verified profiles is what its owner says, not what a platform says.
    assert (user.username, user.first_name, user.last_name) == ("alicia", "", "")
    assert not EmailAddress.objects.get().verified
    connected = SocialAccount.objects.get()
    assert (connected.provider, connected.uid, connected.user) == (platform, UIDS[platform], user)
    assert not SocialToken.objects.exists()
    client.logout()
    go(client, platform)
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.django_db(transaction=True)
def test_who_signed_up_there_can_set_a_password_by_mail(client: Client, steam: SteamPeer) -> None:
    form = {"username": "alicia", "email": "alicia@example.org"}
    client.post(go(client, "steam")["Location"], form)
    client.logout()
    mail.outbox.clear()
    client.post("/accounts/password/reset/", {"email": "alicia@example.org"})
    found = re.search(r"https?://\S+/password/reset/key/\S+", str(mail.outbox[0].body))
    assert found
    page = client.get(urlsplit(found[0]).path, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get().check_password(PASSWORD)


def test_signing_in_proves_nothing(client: Client, alice: SimProfile, steam: SteamPeer) -> None:
    user = User.objects.create_user("alicia")
    SocialAccount.objects.create(user=user, provider="steam", uid=UIDS["steam"])
    go(client, "steam")
    assert client.session["_auth_user_id"] == str(user.pk)
    alice.refresh_from_db()
    assert alice.linked_user is None


def test_an_equal_address_makes_no_two_accounts_one(client: Client, platform: str) -> None:
    owner = User.objects.create_user("owner", "owner@example.org", PASSWORD)
    EmailAddress.objects.create(user=owner, email=owner.email, primary=True, verified=True)
    response = go(client, platform)
    client.post(response["Location"], {"username": "thief", "email": "owner@example.org"})
    assert not SocialAccount.objects.filter(user=owner).exists()
    assert client.session.get("_auth_user_id") != str(owner.pk)


def test_cancelled_or_forged_nobody_is_signed_in(client: Client, steam: SteamPeer, platform: str) -> None:
    response = go(client, platform, decision="no")
    assert response["Location"] == f"{CONNECTIONS}login/cancelled/"
    assert "you are not signed in" in text_of(client.get(response["Location"]))
    steam.forged = {"sig": "Zm9yZ2Vk"}
    response = go(client, "steam")
    assert response.status_code == 401
    assert "Steam did not confirm who you are" in text_of(response)
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("address", ["/accounts/steam/login/", "/accounts/iracing/login/"])
def test_a_get_leads_nowhere_by_itself(client: Client, platform: str, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert "Continue" in text_of(response)
    assert "socialaccount_states" not in client.session


def test_a_link_cannot_widen_what_iracing_is_asked_for(client: Client, iracing: IRacingPeer) -> None:
    address = "/accounts/iracing/login/?scope=iracing.auth&auth_params=redirect_uri%3Dhttps%3A%2F%2Fexample.org"
    location = client.post(address)["Location"]
    assert "scope=iracing.profile&" in location
    assert "example.org" not in location


def test_connecting_asks_for_the_password_and_can_be_undone(client: Client, platform: str) -> None:
    user = User.objects.create_user("member", "member@example.org", PASSWORD)
    client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    again = go(client, platform, "connect")["Location"]
    assert not SocialAccount.objects.exists()
    client.post(again, {"password": PASSWORD})
    assert SocialAccount.objects.get().user == user
    page = text_of(client.get(CONNECTIONS))
    assert {"steam": "Steam", "iracing": "Alicia Amber"}[platform] in page
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()


def test_an_account_there_is_a_sign_in_of_one_account_here(client: Client, owner: User, platform: str) -> None:
    SocialAccount.objects.create(user=owner, provider=platform, uid=UIDS[platform])
    User.objects.create_user("member", "member@example.org", PASSWORD)
    client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    client.post(go(client, platform, "connect")["Location"], {"password": PASSWORD})
    assert SocialAccount.objects.get().user == owner


def test_what_is_connected_at_a_platform_that_is_set_up_no_more_can_be_removed(client: Client) -> None:
    user = User.objects.create_user("member", "member@example.org", PASSWORD)
    SocialAccount.objects.create(user=user, provider="steam", uid=UIDS["steam"])
    SocialAccount.objects.create(user=user, provider="discord", uid="1", extra_data={"username": "alicia"})
    client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    page = text_of(client.get(CONNECTIONS))
    assert "Steam" in page
    assert "alicia" in page
    assert "Connect another" not in page
    again = client.post(CONNECTIONS, {"account": SocialAccount.objects.get(provider="steam").pk})["Location"]
    client.post(again, {"password": PASSWORD})
    assert not SocialAccount.objects.filter(provider="steam").exists()


def test_the_sign_in_page_names_the_platforms_that_are_set_up_and_asks_the_database_for_none(
    client: Client, settings: Settings, django_assert_num_queries: Callable[..., object]
) -> None:
    client.get("/accounts/login/")
    with django_assert_num_queries(0):
        page = text_of(client.get("/accounts/login/"))
    assert "Sign in with" not in page
    app = {"client_id": "id", "secret": "secret"}
    settings.SOCIALACCOUNT_PROVIDERS = {"discord": {"APP": app, "OAUTH_PKCE_ENABLED": True, "SCOPE": ["identify"]}}
    page = client.get("/accounts/login/?next=/events/").content.decode()
    assert "Sign in with Discord" in page
    assert "OpenID" not in page
    assert 'action="/accounts/discord/login/?process=login&amp;next=%2Fevents%2F"' in page
    location = client.post("/accounts/discord/login/?process=login")["Location"]
    assert location.startswith("https://discord.com/api/oauth2/authorize?client_id=id&")
    assert "scope=identify&" in location
    assert "code_challenge_method=S256" in location


def test_staff_have_no_pages_for_keys_and_tokens() -> None:
    assert admin.site.is_registered(SocialAccount)
    assert not any(admin.site.is_registered(model) for model in (SocialApp, SocialToken))


def test_forms_may_lead_to_the_platforms_that_are_set_up_and_nowhere_else(
    client: Client, steam: SteamPeer, iracing: IRacingPeer
) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    (allowed,) = [part.strip() for part in policy.split(";") if part.strip().startswith("form-action")]
    assert set(allowed.split()) == {"form-action", "'self'", steam.url, iracing.url}
