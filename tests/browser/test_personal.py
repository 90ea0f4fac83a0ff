"""What a member decides about themselves, and the help, in a browser: with JavaScript and without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from simlane.help.articles import BY_SLUG
from simlane.sim.models import SimProfile
from simlane.users.models import User
from tests.browser.accessibility import assert_every_look

PASSWORD = "correct horse battery"
MARTA = "/profiles/iracing/9100001/"


@pytest.fixture
def member(demo: None) -> User:
    """With two verified profiles and one that is only linked."""
    user = User.objects.create_user("marta", "marta@example.org", PASSWORD, first_name="Marta", last_name="Sandqvist")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    SimProfile.objects.get(simulator__slug="iracing", profile_identifier="9100001").link_to_user(user, verified=True)
    on_acc = SimProfile.objects.filter(simulator__slug="assetto-corsa-competizione").order_by("-starts")[:2]
    for profile, verified in zip(on_acc, (True, False), strict=True):
        profile.link_to_user(user, verified=verified)
    return user


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def person(request: pytest.FixtureRequest, new_page: Callable[..., Page], member: User, sign_in) -> Page:
    """The member, signed in."""
    page = new_page(java_script_enabled=request.param)
    sign_in(member, page)
    return page


def test_publish_my_driver_page_and_see_it_as_a_visitor(
    person: Page, new_page: Callable[..., Page], site: str, problems
) -> None:
    page, visitor = person, new_page()
    problems.expect("status of 404")
    visitor.goto(f"{site}/drivers/marta/")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Nobody on track here")

    page.goto(f"{site}/users/profile/sim-profiles/")
    page.get_by_role("link", name="Your driver page").click()
    expect(page.get_by_text("Not published")).to_be_visible()
    expect(page.get_by_text("not verified yet")).to_be_visible()
    page.get_by_role("button", name="Publish my driver page").click()
    expect(page.get_by_role("status")).to_have_text("Your driver page is published.")
    page.get_by_role("link", name="Look at it").click()
    expect(page).to_have_url(f"{site}/drivers/marta/")

    visitor.goto(f"{site}{MARTA}")
    visitor.get_by_role("link", name="Marta Sandqvist", exact=True).click()
    expect(visitor).to_have_url(f"{site}/drivers/marta/")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Marta Sandqvist")
    expect(visitor.get_by_text("2 verified profiles")).to_be_visible()
    expect(visitor.locator(".lanes > li")).to_have_count(2)
    # One name, then the other simulator's.
    visitor.locator(".lanes a").last.click()
    expect(visitor.get_by_text("Driven by")).to_be_visible()

    page.goto(f"{site}/users/profile/driver-page/")
    page.get_by_role("button", name="Unpublish").click()
    expect(page.get_by_text("Not published")).to_be_visible()
    visitor.goto(f"{site}/drivers/marta/")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Nobody on track here")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_find_help_by_searching(new_page: Callable[..., Page], site: str, demo: None, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    page.goto(f"{site}{MARTA}")
    page.get_by_role("link", name="Who can see my profile?").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who can see my profile?")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Help").click()
    page.get_by_label("What do you want to know?").fill("took my profile")
    page.get_by_role("button", name="Search the help").click()
    first = page.locator("#results li").first
    expect(first).to_contain_text("When two people say a profile is theirs")
    expect(page).to_have_url(re.compile(r"/help/\?q=took"))
    first.get_by_role("link").click()
    expect(page).to_have_url(f"{site}/help/dispute/#lost")
    expect(page.get_by_role("heading", name="Somebody took my profile")).to_be_in_viewport()
    page.go_back()
    page.get_by_label("What do you want to know?").fill("weather forecast")
    page.get_by_role("button", name="Search the help").click()
    expect(page.get_by_text("Nothing in the help about this")).to_be_visible()
    page.get_by_role("link", name="Show all articles").click()
    expect(page.get_by_role("heading", name="Privacy and being found")).to_be_visible()


def test_download_my_data(person: Page, site: str, tmp_path: Path) -> None:
    person.goto(f"{site}/users/profile/")
    person.get_by_role("navigation", name="Account").get_by_role("link", name="Your data").click()
    with person.expect_download() as started:
        person.get_by_role("button", name="Download my data").click()
    assert re.fullmatch(r"simlane-\d{4}-\d\d-\d\d\.json", started.value.suggested_filename)
    started.value.save_as(tmp_path / "mine.json")
    mine = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    assert mine["account"]["username"] == "marta"
    assert len(mine["profiles"]) == 3
    expect(person.get_by_role("heading", level=1)).to_have_text("Your data")


def test_delete_my_account(person: Page, site: str) -> None:
    page = person
    page.goto(f"{site}{MARTA}")
    expect(page.get_by_text("Driven by Marta Sandqvist")).to_be_visible()
    page.goto(f"{site}/users/profile/data/")
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete the account marta?")
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_role("button", name="Delete my account for good").click()
    expect(page).to_have_url(f"{site}/users/goodbye/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{site}{MARTA}")
    expect(page.get_by_text("Driven by")).to_have_count(0)
    expect(page.get_by_role("link", name="This is me")).to_be_visible()
    assert not User.objects.exists()
    assert not SimProfile.objects.filter(linked_user__isnull=False).exists()


def test_the_pages_are_accessible_and_fit(page: Page, member: User, sign_in) -> None:
    member.has_driver_page = True
    member.set_unusable_password()
    member.save()
    sign_in(member)
    addresses = [
        "/drivers/marta/",
        "/users/profile/sim-profiles/",
        "/users/profile/driver-page/",
        "/users/profile/data/",
        "/users/profile/delete/",
        "/users/goodbye/",
        "/help/",
        "/help/?q=delete+my+account",
        "/help/?q=weather+forecast",
        *(f"/help/{slug}/" for slug in BY_SLUG),
    ]
    for address in addresses:
        page.goto(address)
        assert_every_look(page)
