"""Answers that are not Steam's, or not to this proof: nothing changes, and the member is told so."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.socialaccount.providers.openid.models import OpenIDNonce
from django.db import connection
from django.test import Client

from simlane.sim.models import SimProfile
from simlane.users.models import User
from simlane.users.platforms.steam import NonceStore
from tests.users.platforms.conftest import UNKNOWN, Prove, refused, rows
from tests.users.platforms.peers import CLAIMED, SteamPeer

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "forged",
    [
        {"sig": "Zm9yZ2Vk"},
        {"claimed_id": f"{CLAIMED}76561190000000002", "identity": f"{CLAIMED}76561190000000002"},
        {"signed": "op_endpoint,return_to"},
        {"signed": "op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle,mode"},
        {"response_nonce": "2026-01-01T00:00:00Zx"},
        {"response_nonce": "no time"},
        {"assoc_handle": "another"},
        {"ns": "http://openid.net/signon/1.1"},
        {"ns": "nothing"},
        {"mode": "nothing"},
        {"mode": "setup_needed"},
        {"mode": "error"},
    ],
    ids=str,
)
def test_a_forged_assertion_of_steam(client: Client, steam: SteamPeer, prove: Prove, forged: dict[str, str]) -> None:
    steam.forged = forged
    refused(client.get(prove("steam")), "Steam did not confirm who you are.")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "instead",
    [
        {"claimed_id": f"{CLAIMED}7656119000000000", "identity": f"{CLAIMED}7656119000000000"},
        {"claimed_id": f"{CLAIMED}-1", "identity": f"{CLAIMED}-1"},
        {"claimed_id": f"{CLAIMED}12345678901234567", "identity": f"{CLAIMED}12345678901234567"},
        {"claimed_id": f"{CLAIMED}76561190000000001/", "identity": f"{CLAIMED}76561190000000001/"},
        {"claimed_id": "http://steamcommunity.com/openid/id/76561190000000001"},
        {"claimed_id": "https://steamcommunity.com.example/openid/id/76561190000000001"},
        {"claimed_id": "https://example.org/76561190000000001", "identity": "https://example.org/76561190000000001"},
        {"identity": f"{CLAIMED}76561190000000002"},
        {"claimed_id": "", "identity": ""},
        {"identity": ""},
        {"op_endpoint": "https://example.org/openid/login"},
        {"op_endpoint": ""},
        {"return_to": "http://example.org/accounts/steam/callback/"},
        {"return_to": "http://testserver/accounts/steam/login/"},
        {"return_to": "http://testserver/accounts/steam/callback/"},
        {"return_to": "http://testserver/accounts/steam/callback/?state=another"},
        {"response_nonce": ""},
        {"response_nonce": "2020-01-01T00:00:00Zold"},
        {"response_nonce": "2099-01-01T00:00:00Znew"},
    ],
    ids=str,
)
def test_a_signed_assertion_about_something_else(
    client: Client, steam: SteamPeer, prove: Prove, instead: dict[str, str]
) -> None:
    steam.instead, steam.credulous = instead, True
    refused(client.get(prove("steam")), "Steam did not confirm who you are.")


@pytest.mark.usefixtures("unchanged")
def test_no_address_out_of_an_answer_is_ever_visited(client: Client, steam: SteamPeer, prove: Prove) -> None:
    """Neither a claimed id, which OpenID would look up, nor the endpoint that an answer names."""
    other = SteamPeer()
    try:
        for instead in (
            {"claimed_id": f"{other.url}/76561190000000001", "identity": f"{other.url}/76561190000000001"},
            {"op_endpoint": other.endpoint},
        ):
            steam.instead = instead
            refused(client.get(prove("steam")), "Steam did not confirm")
    finally:
        other.stop()
    assert other.asked == []
    assert "POST /openid/login" not in steam.asked


def test_an_answer_of_steam_counts_once(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, prove: Prove
) -> None:
    address = prove("steam")
    client.get(address)
    SimProfile.objects.get(pk=alice.pk).unlink_from_user()
    before = rows()
    refused(client.get(address), UNKNOWN)
    assert rows() == before


def test_a_nonce_counts_once_even_if_the_session_and_steam_forgot_it(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, prove: Prove
) -> None:
    address = prove("steam")
    states = client.session["socialaccount_states"]
    client.get(address)
    assert OpenIDNonce.objects.count() == 1
    SimProfile.objects.get(pk=alice.pk).unlink_from_user()
    session = client.session
    session["socialaccount_states"] = states
    session.save()
    steam.credulous = True
    before = rows()
    refused(client.get(address), "Steam did not confirm who you are.")
    assert rows() == before


def test_nonces_that_are_too_old_to_count_again_are_forgotten(
    client: Client, member: User, steam: SteamPeer, prove: Prove
) -> None:
    OpenIDNonce.objects.create(server_url=steam.endpoint, timestamp=1, salt="old")
    client.get(prove("steam"))
    assert not OpenIDNonce.objects.filter(salt="old").exists()


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", ["", "<html>", "ns:x\nis_valid:true\n", "is_valid:false\n", "is_valid:True\n"])
def test_steam_says_something_else_than_yes(
    client: Client, steam: SteamPeer, prove: Prove, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steam, "_confirm", lambda query: (200, {"Content-Type": "text/plain"}, body))
    refused(client.get(prove("steam")), "Steam did not confirm who you are.")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_bring_one_nonce_at_once_at_most_one_is_the_first() -> None:
    now = int(time.time())
    together = threading.Barrier(6)

    def bring(_: int) -> bool:
        together.wait()
        try:
            return NonceStore().useNonce("https://example.org/", now, "salt")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        first = list(pool.map(bring, range(6)))
    assert sum(first) <= 1
    assert not NonceStore().useNonce("https://example.org/", now, "salt")


def test_what_steam_answers_stays_out_of_the_log(
    client: Client, member: User, steam: SteamPeer, prove: Prove, caplog: pytest.LogCaptureFixture
) -> None:
    steam.forged = {"sig": "Zm9yZ2Vk"}
    client.get(prove("steam"))
    assert "proof at steam failed: ProtocolError" in caplog.text
    assert "Zm9yZ2Vk" not in caplog.text
    assert "1234567890" not in caplog.text
