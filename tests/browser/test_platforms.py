"""To a platform and back in a browser: a proof, what one sees when it fails, and signing in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from playwright.sync_api import Page, expect

from simlane.sim.models import SimProfile, Simulator
from simlane.users.models import User
from tests.browser.accessibility import assert_every_look
from tests.browser.conftest import Problems
from tests.users.platforms.conftest import decide
from tests.users.platforms.fixtures import (
    iracing,  # noqa: F401
    steam,  # noqa: F401
)
from tests.users.platforms.peers import IRacingPeer, SteamPeer

PASSWORD = "correct horse battery"
MINE = "/users/profile/sim-profiles/"


@pytest.fixture
def driver(driver: SimProfile) -> SimProfile:
    """A driver of ACC with a Steam account, who raced another simulator too."""
    SimProfile.objects.create(
        simulator=Simulator.objects.get(slug="le-mans-ultimate"),
        profile_identifier=driver.profile_identifier,
        profile_name="The same driver",
    )
    return driver


@pytest.fixture
def member(driver: SimProfile) -> User:
    """Linked to the driver and to one on iRacing, neither proved."""
    user = User.objects.create_user("marta", "marta@example.org", PASSWORD, first_name="Marta")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    driver.link_to_user(user)
    SimProfile.objects.get(simulator__slug="iracing", profile_identifier="9100001").link_to_user(user)
    return user


@pytest.fixture
def platforms(steam: SteamPeer, iracing: IRacingPeer, problems: Problems, driver: SimProfile) -> None:  # noqa: F811
    """The site is set up for both, and the browser may go there; the person there is the driver."""
    problems.allow(steam.url)
    problems.allow(iracing.url)
    steam.steam_id = driver.profile_identifier
    iracing.profile = {"iracing_name": "Marta Sandqvist", "iracing_cust_id": 9100001}


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def person(
    request: pytest.FixtureRequest, new_page: Callable[..., Page], member: User, platforms: None, sign_in
) -> Page:
    """The member, signed in."""
    page = new_page(java_script_enabled=request.param)
    sign_in(member, page)
    return page


def test_prove_my_profiles_by_signing_in_at_steam(person: Page, site: str, driver: SimProfile, member: User) -> None:
    page = person
    page.goto(f"{site}{MINE}")
    page.get_by_role("link", name=f"Verify {driver.profile_name}, Assetto Corsa Competizione").click()
    expect(page.get_by_text("tells us your SteamID64 and nothing else")).to_be_visible()
    page.get_by_role("button", name="Sign in at Steam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Steam")
    page.get_by_role("button", name="Yes, sign in").click()
    expect(page).to_have_url(f"{site}{MINE}")
    expect(page.get_by_role("status")).to_contain_text(
        f"Steam has confirmed that you are SteamID64 {driver.profile_identifier}. Verified: {driver.profile_name}"
    )
    expect(page.get_by_role("status")).to_contain_text("The same driver (Le Mans Ultimate)")
    expect(page.get_by_text("Verified", exact=True)).to_have_count(3)
    assert not SocialAccount.objects.exists()
    # Still the same account, which has got no other way to sign in.
    page.get_by_role("link", name="Connections").click()
    expect(page.get_by_text("Nothing is connected.")).to_be_visible()


def test_prove_by_iracing_from_the_list_in_one_go(person: Page, site: str, member: User) -> None:
    page = person
    page.goto(f"{site}{MINE}")
    page.get_by_role("button", name="Prove all my iRacing profiles").click()
    page.get_by_role("button", name="Yes, sign in").click()
    expect(page.get_by_role("status")).to_contain_text("iRacing has confirmed that you are customer id 9100001.")
    assert SimProfile.objects.get(profile_identifier="9100001").is_verified


def test_cancel_there_and_try_with_the_wrong_account(
    person: Page,
    site: str,
    driver: SimProfile,
    steam: SteamPeer,  # noqa: F811
) -> None:
    page = person
    page.goto(f"{site}{MINE}verify/{driver.pk}/")
    page.get_by_role("button", name="Sign in at Steam").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page).to_have_url(f"{site}{MINE}verify/{driver.pk}/")
    expect(page.get_by_role("alert")).to_have_text(
        "You cancelled at Steam: nothing was proved and nothing was changed."
    )
    steam.steam_id = "76561190000009999"
    page.get_by_role("button", name="Sign in at Steam").click()
    page.get_by_role("button", name="Yes, sign in").click()
    expect(page.get_by_role("status")).to_contain_text("No profile has this id yet")
    expect(page.get_by_role("alert")).to_contain_text(
        f"{driver.profile_name} (Assetto Corsa Competizione) is not proved"
    )
    driver.refresh_from_db()
    assert not driver.is_verified


def test_another_member_who_opens_the_answer_gets_nothing(
    page: Page,
    new_page: Callable[..., Page],
    site: str,
    member: User,
    platforms: None,
    driver: SimProfile,
    sign_in,
    problems,
) -> None:
    sign_in(member)
    page.goto(f"{MINE}verify/{driver.pk}/")
    page.get_by_role("button", name="Sign in at Steam").click()
    # Somebody else gets hold of the answer's address before it is opened.
    answer = decide(page.url)
    other = new_page()
    sign_in(User.objects.create_user("thief"), other)
    problems.expect("status of 401")
    other.goto(answer)
    expect(other.get_by_role("heading", level=1)).to_have_text("That did not work")
    driver.refresh_from_db()
    assert (driver.linked_user, driver.is_verified) == (member, False)


def test_sign_up_with_steam_then_sign_in_with_it(
    new_page: Callable[..., Page], site: str, platforms: None, driver: SimProfile
) -> None:
    page = new_page()
    page.goto(f"{site}/accounts/login/?next={MINE}")
    page.get_by_role("button", name="Sign in with Steam").click()
    page.get_by_role("button", name="Yes, sign in").click()
    page.get_by_label("Username").fill("racer")
    page.get_by_label("E-mail").fill("racer@example.org")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My Sim Profiles")
    again = new_page()
    again.goto(f"{site}/accounts/login/?next={MINE}")
    again.get_by_role("button", name="Sign in with Steam").click()
    again.get_by_role("button", name="Yes, sign in").click()
    expect(again.get_by_role("heading", level=1)).to_have_text("My Sim Profiles")
    # A way to sign in is no proof.
    driver.refresh_from_db()
    assert driver.linked_user is None


def test_the_pages_are_accessible_and_fit(
    page: Page, member: User, driver: SimProfile, platforms: None, sign_in, problems: Problems
) -> None:
    def check(*addresses: str) -> None:
        for address in addresses:
            page.goto(address)
            assert_every_look(page)

    problems.expect("status of 401")
    signed_out = ("login/", "signup/", "steam/login/", "3rdparty/login/error/", "3rdparty/login/cancelled/")
    check(*(f"/accounts/{address}" for address in signed_out))
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with iRacing").click()
    page.get_by_role("button", name="Yes, sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    check(page.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    sign_in(member)
    SocialAccount.objects.create(user=member, provider="steam", uid=driver.profile_identifier)
    check(MINE, f"{MINE}verify/{driver.pk}/", "/accounts/3rdparty/")
