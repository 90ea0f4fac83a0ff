"""A platform confirms who somebody is: what is verified then, what is said, and what stays as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from simlane.sim.models import ContestedIdentifier, HistoryEntry, SimProfile, Simulator
from simlane.sim.ownership.history import How
from simlane.users.models import User
from tests.users.platforms.conftest import MINE, PROVE, decide, rows, said, text_of
from tests.users.platforms.peers import IRacingPeer, SteamPeer

pytestmark = pytest.mark.django_db
ALICE = "76561190000000001"


def profile(slug: str, identifier: str, name: str, **fields: object) -> SimProfile:
    simulator = Simulator.objects.get(slug=slug)
    return SimProfile.objects.create(simulator=simulator, profile_identifier=identifier, profile_name=name, **fields)


def link(profile: SimProfile, user: User, *, verified: bool = False) -> None:
    SimProfile.objects.filter(pk=profile.pk).update(linked_user=user, linked_at=timezone.now(), is_verified=verified)


def test_steam_proves_every_profile_of_the_id_on_every_simulator_in_one_go(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, prove: Callable[..., str]
) -> None:
    link(alice, member)
    other = profile("le-mans-ultimate", ALICE, "A. Amber")
    another_id = profile("le-mans-ultimate", "76561190000000009", "Somebody")
    response = client.get(prove("steam", alice))
    assert response["Location"] == MINE
    assert said(response) == (
        f"Steam has confirmed that you are SteamID64 {ALICE}. Verified: "
        "A. Amber (Le Mans Ultimate), Alicia Amber (Assetto Corsa Competizione)."
    )
    mine = SimProfile.objects.filter(linked_user=member, is_verified=True)
    assert set(mine.values_list("pk", flat=True)) == {alice.pk, other.pk}
    another_id.refresh_from_db()
    assert another_id.linked_user is None
    entry = HistoryEntry.objects.filter(profile=alice.pk).latest("pk")
    assert (entry.how, entry.actor_id, entry.evidence) == (How.STEAM, member.pk, {"identifier": ALICE})


def test_iracing_proves_the_customer_id(
    client: Client, member: User, season: None, iracing: IRacingPeer, prove: Callable[..., str]
) -> None:
    driver = SimProfile.objects.filter(simulator__slug="iracing").first()
    assert driver
    iracing.profile = {"iracing_name": "Whoever", "iracing_cust_id": int(driver.profile_identifier)}
    response = client.get(prove("iracing", driver))
    assert said(response).startswith(f"iRacing has confirmed that you are customer id {driver.profile_identifier}. Ver")
    driver.refresh_from_db()
    assert (driver.linked_user, driver.is_verified) == (member, True)
    assert driver.profile_name != "Whoever"
    assert HistoryEntry.objects.latest("pk").how == How.IRACING


@pytest.mark.parametrize("platform", ["steam", "iracing"])
def test_proof_signs_nobody_in_and_connects_nothing(
    client: Client,
    member: User,
    season: None,
    steam: SteamPeer,
    iracing: IRacingPeer,
    prove: Callable[..., str],
    platform: str,
) -> None:
    session, before = client.session.session_key, rows()[2:]
    assert client.get(prove(platform)).status_code == 302
    assert rows()[2:] == before
    assert not SocialAccount.objects.exists()
    assert not SocialToken.objects.exists()
    assert (client.session.session_key, client.session["_auth_user_id"]) == (session, str(member.pk))


@pytest.mark.parametrize("platform", ["steam", "iracing"])
def test_an_account_there_that_is_a_sign_in_of_another_account_here_proves_all_the_same(
    client: Client,
    member: User,
    owner: User,
    season: None,
    steam: SteamPeer,
    iracing: IRacingPeer,
    prove: Callable[..., str],
    platform: str,
) -> None:
    driver = SimProfile.objects.filter(profile_identifier__in=[ALICE, "400001"], simulator__slug=platform).first()
    driver = driver or profile("iracing" if platform == "iracing" else "rfactor-2", ALICE, "Alicia")
    if platform == "iracing":
        iracing.profile = {"iracing_name": "Alicia", "iracing_cust_id": 765001}
        driver = profile("iracing", "765001", "Alicia")
    SocialAccount.objects.create(user=owner, provider=platform, uid=driver.profile_identifier, extra_data={"a": 1})
    before = rows()[2:]
    client.get(prove(platform, driver))
    driver.refresh_from_db()
    assert (driver.linked_user, driver.is_verified) == (member, True)
    assert rows()[2:] == before, "the other account's connection was touched"


@pytest.mark.parametrize("verified", [False, True])
def test_the_platform_is_the_authority_whoever_held_the_link(
    client: Client,
    member: User,
    owner: User,
    alice: SimProfile,
    steam: SteamPeer,
    prove: Callable[..., str],
    verified: bool,
) -> None:
    link(alice, owner, verified=verified)
    client.get(prove("steam"))
    alice.refresh_from_db()
    assert (alice.linked_user, alice.is_verified) == (member, True)


def test_an_id_that_no_profile_has_yet(
    client: Client, member: User, season: None, steam: SteamPeer, prove: Callable[..., str]
) -> None:
    steam.steam_id = "76561190000000077"
    before = rows()
    response = client.get(prove("steam"))
    assert said(response) == (
        "Steam has confirmed that you are SteamID64 76561190000000077. "
        "No profile has this id yet: it appears with your first imported result. Prove it then."
    )
    assert rows() == before


def test_another_id_than_that_of_the_page_it_began_from(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, prove: Callable[..., str]
) -> None:
    link(alice, member)
    steam.steam_id = "76561190000000002"
    response = client.get(prove("steam", alice))
    assert "Verified: Bob Birch (Assetto Corsa Competizione)." in said(response)
    assert (
        f"Alicia Amber (Assetto Corsa Competizione) is not proved: its id is {ALICE}, "
        "and you signed in as 76561190000000002."
    ) in said(response)
    alice.refresh_from_db()
    assert not alice.is_verified


def test_what_was_proved_before_is_said_to_have_been(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, prove: Callable[..., str]
) -> None:
    client.get(prove("steam"))
    before = rows()
    response = client.get(prove("steam"))
    assert "You had proved this before: Alicia Amber (Assetto Corsa Competizione)." in said(response)
    assert rows() == before


def test_an_older_profile_without_the_platforms_id_becomes_part_of_the_proved_one(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, prove: Callable[..., str]
) -> None:
    older = profile("assetto-corsa-competizione", "legacy-alicia-1", "Alicia")
    ContestedIdentifier.objects.create(
        profile=older, simulator=alice.simulator, identifier=ALICE, keeps_identifier=False
    )
    link(older, member)
    page = text_of(client.get(f"{MINE}verify/{older.pk}/"))
    assert "Sign in at Steam" in page
    response = client.get(prove("steam", older))
    assert "An older profile of yours without the platform's id has become part of it." in said(response)
    assert "is not proved" not in said(response)
    older.refresh_from_db()
    assert older.merged_into_id == alice.pk


# Where it is offered.


@pytest.mark.parametrize(
    ("slug", "identifier", "offered"),
    [
        ("le-mans-ultimate", "76561190000000005", "Sign in at Steam"),
        ("assetto-corsa-competizione", "76561190000000005", "Sign in at Steam"),
        ("assetto-corsa-competizione", "M1234567", None),
        ("iracing", "123456", "Sign in at iRacing"),
        ("iracing", "legacy-name-1", None),
        ("gran-turismo-7", "somebody", None),
    ],
)
def test_the_verify_page_offers_what_can_prove_the_profile(
    client: Client,
    member: User,
    steam: SteamPeer,
    iracing: IRacingPeer,
    slug: str,
    identifier: str,
    offered: str | None,
) -> None:
    driver = profile(slug, identifier, "Driver")
    link(driver, member)
    page = text_of(client.get(f"{MINE}verify/{driver.pk}/"))
    for button in ("Sign in at Steam", "Sign in at iRacing"):
        assert (button in page) == (button == offered)
    assert "not set up" not in page


def test_without_keys_no_page_offers_it_and_the_addresses_do_not_exist(client: Client, member: User) -> None:
    driver = profile("iracing", "123456", "Driver")
    link(driver, member)
    page = text_of(client.get(f"{MINE}verify/{driver.pk}/"))
    assert "not set up" not in page
    assert "Sign in at" not in page
    assert "in one go" not in text_of(client.get(MINE))
    assert "Connections" not in text_of(client.get(MINE))
    for address in (f"{PROVE}/steam/", f"{PROVE}/iracing/", "/accounts/steam/login/", "/accounts/iracing/login/"):
        assert client.post(address).status_code == 404
    for address in ("/accounts/steam/callback/", "/accounts/iracing/login/callback/", "/accounts/discord/login/"):
        assert client.get(address).status_code == 404


def test_my_sim_profiles_offers_all_in_one_go(client: Client, member: User, steam: SteamPeer) -> None:
    page = text_of(client.get(MINE))
    assert "Prove all my Steam profiles" in page
    assert "Prove all my iRacing profiles" not in page
    assert "Connections" in page


def test_discord_proves_nothing(client: Client, member: User, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"discord": {"APP": {"client_id": "a", "secret": "b"}, "SCOPE": ["identify"]}}
    assert client.post(f"{PROVE}/discord/").status_code == 404


# The start.


def test_a_proof_begins_with_a_post_a_token_and_a_member(client: Client, alice: SimProfile, steam: SteamPeer) -> None:
    assert client.post(f"{PROVE}/steam/")["Location"].startswith("/accounts/login/")
    user = User.objects.create_user("careful")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.get(f"{PROVE}/steam/").status_code == 405
    assert strict.post(f"{PROVE}/steam/").status_code == 403
    assert "socialaccount_states" not in strict.session
    assert strict.post(f"{PROVE}/nowhere/").status_code in {403, 404}
    assert steam.asked == []


def test_a_damaged_start_is_refused(client: Client, member: User, steam: SteamPeer) -> None:
    assert client.post(f"{PROVE}/steam/", {"profile": "no id"}).status_code == 400
    assert client.post(f"{PROVE}/nowhere/").status_code == 404


def test_steam_and_iracing_are_asked_for_no_more_than_the_id(
    client: Client, member: User, steam: SteamPeer, iracing: IRacingPeer
) -> None:
    to_steam = client.post(f"{PROVE}/steam/")["Location"]
    assert "sreg" not in to_steam
    assert ".ax" not in to_steam
    to_iracing = client.post(f"{PROVE}/iracing/")["Location"]
    assert "scope=iracing.profile&" in to_iracing
    assert "code_challenge_method=S256" in to_iracing
    assert steam.asked == iracing.asked == [], "the site asked before anybody came back"
    decide(to_iracing)


def test_beginning_and_coming_back_too_often_is_refused(client: Client, member: User, steam: SteamPeer) -> None:
    codes = [client.post(f"{PROVE}/steam/").status_code for _ in range(11)]
    assert codes == [302] * 10 + [429]
    assert "too often" in text_of(client.post(f"{PROVE}/steam/"))
    codes = [client.get("/accounts/steam/callback/?state=x").status_code for _ in range(31)]
    assert codes == [401] * 30 + [429]


def test_offering_a_sign_in_asks_the_database_nothing(
    client: Client, member: User, alice: SimProfile, steam: SteamPeer, iracing: IRacingPeer, settings: Settings
) -> None:
    link(alice, member)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    def both() -> list[int]:
        return [queries(address) for address in (MINE, f"{MINE}verify/{alice.pk}/")]

    client.get(MINE)
    offered = both()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert both() == offered
    assert offered[0] <= 5
