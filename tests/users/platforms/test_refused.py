"""Whatever is not a platform's own word for this very proof changes nothing, and the member is told so."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from simlane.sim.models import SimProfile
from simlane.users.models import User
from simlane.users.platforms import http
from tests.users.platforms.conftest import MINE, PROVE, UNKNOWN, Prove, changed, decide, refused, rows, said
from tests.users.platforms.peers import IRacingPeer, SteamPeer

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


@pytest.fixture(params=["steam", "iracing"])
def platform(request: pytest.FixtureRequest, steam: SteamPeer, iracing: IRacingPeer) -> str:
    return str(request.param)


@pytest.fixture
def peer(platform: str, steam: SteamPeer, iracing: IRacingPeer) -> SteamPeer | IRacingPeer:
    return steam if platform == "steam" else iracing


NAMES = {"steam": "Steam", "iracing": "iRacing"}


@pytest.mark.usefixtures("unchanged")
def test_cancelled_there(client: Client, platform: str, prove: Prove) -> None:
    response = client.get(prove(platform, decision="no"))
    assert said(response) == f"You cancelled at {NAMES[platform]}: nothing was proved and nothing was changed."
    assert response["Location"] == MINE


def test_after_a_failure_one_is_where_one_began(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, prove: Prove
) -> None:
    alice.link_to_user(member)
    before = rows()
    response = client.get(prove("steam", alice, decision="no"))
    assert response["Location"] == f"{MINE}verify/{alice.pk}/"
    assert rows() == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("state", ["wrong", None])
def test_a_wrong_state_or_none(client: Client, platform: str, prove: Prove, state: str | None) -> None:
    refused(client.get(changed(prove(platform), state=state)), UNKNOWN)


@pytest.mark.usefixtures("unchanged")
def test_a_state_of_the_other_platform(client: Client, platform: str, prove: Prove) -> None:
    other = "iracing" if platform == "steam" else "steam"
    foreign = dict(parse_qsl(urlsplit(prove(other)).query))["state"]
    refused(client.get(changed(prove(platform), state=foreign)), UNKNOWN)


def test_begun_by_one_member_and_opened_by_another(
    client: Client, member: User, owner: User, alice: SimProfile, platform: str, prove: Prove
) -> None:
    address = prove(platform)
    other = Client()
    other.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    signed_in = rows()
    refused(other.get(address), UNKNOWN)
    assert rows() == signed_in


@pytest.mark.usefixtures("unchanged")
def test_opened_by_nobody(client: Client, platform: str, prove: Prove) -> None:
    refused(Client().get(prove(platform)), UNKNOWN)


def test_another_account_is_signed_in_in_the_same_session(
    client: Client, member: User, owner: User, alice: SimProfile, platform: str, prove: Prove
) -> None:
    """Signing in flushes another's session; the member's id in the state stands even if it did not."""
    address = prove(platform)
    states = client.session["socialaccount_states"]
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["socialaccount_states"] = states
    session.save()
    before = rows()
    refused(client.get(address), "Another account began this proof: you are signed in as owner now.")
    assert rows() == before


def test_signed_out_meanwhile(client: Client, member: User, alice: SimProfile, platform: str, prove: Prove) -> None:
    address = prove(platform)
    states = client.session["socialaccount_states"]
    client.logout()
    session = client.session
    session["socialaccount_states"] = states
    session.save()
    before = rows()
    response = client.get(address)
    refused(response, "Sign in here first")
    assert response["Location"].startswith("/accounts/login/")
    assert rows() == before


def test_an_account_closed_meanwhile(
    client: Client, member: User, alice: SimProfile, platform: str, prove: Prove
) -> None:
    address = prove(platform)
    User.objects.filter(pk=member.pk).update(is_active=False)
    before = rows()
    refused(client.get(address), "Sign in here first")
    assert rows() == before


@pytest.mark.usefixtures("unchanged")
def test_a_proof_that_was_not_begun_here_but_named_in_the_sign_in(client: Client, platform: str) -> None:
    """allauth takes `process` from whoever signs in: alone it begins no proof."""
    response = client.post(f"/accounts/{platform}/login/?process=prove")
    refused(client.get(decide(response["Location"])), "Another account began this proof")


@pytest.mark.usefixtures("unchanged")
def test_a_platform_that_is_down(client: Client, platform: str, peer: SteamPeer, prove: Prove) -> None:
    address = prove(platform)
    peer.stop()
    refused(client.get(address), f"{NAMES[platform]} does not answer as it should.")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("manner", ["hangs", "drips"])
def test_a_platform_that_does_not_come_to_an_end(
    client: Client, platform: str, peer: SteamPeer, prove: Prove, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.2)
    address = prove(platform)
    setattr(peer, manner, True)
    refused(client.get(address), f"{NAMES[platform]} does not answer as it should.")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "query", ["", "?code=x", "?error=access_denied", "?openid.mode=id_res", "?state=%00", "?state="]
)
def test_a_callback_out_of_nowhere(client: Client, platform: str, query: str) -> None:
    callback = "/accounts/steam/callback/" if platform == "steam" else "/accounts/iracing/login/callback/"
    refused(client.get(f"{callback}{query}"), UNKNOWN)
    assert client.post(callback).status_code == 405


def test_a_state_is_forgotten_after_ten_minutes(
    client: Client, member: User, alice: SimProfile, platform: str, prove: Prove
) -> None:
    address = prove(platform)
    session = client.session
    session["socialaccount_states"] = {
        key: (state, began - 601, provider) for key, (state, began, provider) in session["socialaccount_states"].items()
    }
    session.save()
    before = rows()
    refused(client.get(address), UNKNOWN)
    assert rows() == before
    assert client.post(f"{PROVE}/{platform}/").status_code == 302
