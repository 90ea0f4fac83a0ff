"""A member's way through the site, in a browser: sign up, confirm, find myself, link, hide, unlink."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from playwright.sync_api import Page, expect

from simlane.sim.models import League, SimProfile
from simlane.users.following import follow
from simlane.users.models import User
from tests.browser.accessibility import assert_every_look

PASSWORD = "correct horse battery"
MARTA = "/profiles/iracing/9100001/"


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def visitor(request: pytest.FixtureRequest, new_page: Callable[..., Page], demo: None) -> Page:
    """Somebody new, with JavaScript and without."""
    return new_page(java_script_enabled=request.param)


def test_sign_up_confirm_find_myself_link_hide_refused_unlink(visitor: Page, site: str) -> None:
    page = visitor
    page.goto(f"{site}{MARTA}")
    page.get_by_role("link", name="This is me").click()
    # Not signed in: a new account, then back to where I was.
    page.get_by_role("link", name="sign up", exact=False).first.click()
    page.get_by_label("Username").fill("marta")
    page.get_by_label("E-mail", exact=False).fill("marta@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is Marta Sandqvist you?")

    found = re.search(r"https?://\S+", str(mail.outbox[0].body))
    assert found
    page.goto(f"{site}{urlsplit(found[0]).path}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("You have confirmed")).to_be_visible()
    assert EmailAddress.objects.get(email="marta@example.org").verified

    page.get_by_role("link", name="My Sim Profiles", exact=True).click()
    page.get_by_role("link", name="Link a profile").click()
    page.get_by_label("Your name, a former name or your platform id").fill("sandqvist")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.get_by_role("link", name="This is me Marta Sandqvist, iRacing").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is Marta Sandqvist you?")
    page.get_by_role("button", name="This is me").click()
    expect(page.get_by_text("Please verify your ownership to complete the process.")).to_be_visible()
    expect(page).to_have_url(f"{site}/users/profile/sim-profiles/")

    page.get_by_role("link", name="Manage Marta Sandqvist, iRacing").click()
    expect(page.get_by_text("Only the owner of a verified link may hide a profile")).to_be_visible()
    expect(page.get_by_role("button", name="Hide this profile")).to_have_count(0)
    page.goto(f"{site}/users/profile/sim-profiles/")
    page.get_by_role("link", name="Verify Marta Sandqvist, iRacing").click()
    expect(page.get_by_text("One of these ways is enough")).to_be_visible()
    page.get_by_role("link", name="Back to My Sim Profiles").click()

    page.get_by_role("link", name="Unlink Marta Sandqvist, iRacing").click()
    page.get_by_role("button", name="Unlink this profile").click()
    expect(page.get_by_text("The profile is now available for other users to claim.")).to_be_visible()
    expect(page.get_by_text("No profile linked yet")).to_be_visible()
    assert not SimProfile.objects.filter(linked_user__isnull=False).exists()


@pytest.fixture
def member(demo: None) -> User:
    """With a verified profile and one that is only linked."""
    user = User.objects.create_user("marta", "marta@example.org", PASSWORD, first_name="Marta")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    SimProfile.objects.get(simulator__slug="iracing", profile_identifier="9100001").link_to_user(user, verified=True)
    other = SimProfile.objects.filter(simulator__slug="assetto-corsa-competizione").order_by("-starts").first()
    assert other is not None
    other.link_to_user(user)
    return user


def test_steps_change_the_page_in_place_and_back_goes_back(page: Page, site: str, member: User, sign_in) -> None:
    sign_in(member)
    page.goto("/users/profile/sim-profiles/")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Manage Marta Sandqvist, iRacing").click()
    page.wait_for_url("**/manage/**")
    expect(page.locator("#results")).to_be_focused()
    page.get_by_role("button", name="Hide this profile").click()
    expect(page.get_by_role("status")).to_contain_text("hidden")
    assert page.evaluate("window.stayed"), "the page was loaded again"
    page.get_by_role("button", name="Show this profile").click()
    expect(page.get_by_role("status")).to_contain_text("can be seen by everybody")
    page.get_by_role("link", name="Back to My Sim Profiles").click()
    expect(page).to_have_url(f"{site}/users/profile/sim-profiles/")
    page.go_back()
    expect(page.get_by_role("button", name="Hide this profile")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"


def test_member_pages_are_accessible_and_fit(page: Page, member: User, sign_in) -> None:
    sign_in(member)
    mine = "/users/profile/sim-profiles/"
    verified, unverified = member.linked_sim_profiles.order_by("-is_verified")
    free = SimProfile.objects.filter(linked_user__isnull=True).first()
    assert free is not None
    follow(member, free)
    follow(member, League.objects.create(name="Sunday Cup", slug="sunday-cup"))
    addresses = [
        mine,
        f"{mine}search/?q=ma",
        f"{mine}search/?q=nobody+of+that+name",
        f"{mine}link/{free.pk}/",
        f"{mine}unlink/{verified.pk}/",
        f"{mine}manage/{verified.pk}/",
        f"{mine}manage/{unverified.pk}/",
        f"{mine}verify/{unverified.pk}/",
        verified.get_absolute_url(),
        free.get_absolute_url(),
        "/users/profile/",
        "/users/profile/following/",
        "/leagues/sunday-cup/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/reauthenticate/",
        "/accounts/logout/",
    ]
    for address in addresses:
        page.goto(address)
        assert_every_look(page)


def test_i_follow_a_driver_and_no_longer(page: Page, member: User, sign_in) -> None:
    sign_in(member)
    free = SimProfile.objects.filter(linked_user__isnull=True, starts__gt=0).first()
    assert free is not None
    page.goto(free.get_absolute_url())
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name=f"Follow {free.public_name}").click()
    unfollow = page.get_by_role("button", name=f"Unfollow {free.public_name}")
    # The focus stays on it.
    expect(unfollow).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("New results stand at the bell.")
    assert page.evaluate("window.stayed"), "the page was loaded again"
    page.goto("/users/profile/following/")
    unfollow.click()
    expect(page.get_by_text("You follow nobody yet")).to_be_visible()


def test_the_second_factor_is_set_up(page: Page, member: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Login").fill("marta")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert_every_look(page)
