"""Stewards in a browser: a penalty changes the order, the file's own is shown, an incident is reported and answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from simlane.leagues import people
from simlane.leagues.models import Membership, Role
from simlane.sim.models import Event, League
from simlane.users.models import User
from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.looks import each_look
from tests.leagues.conftest import account
from tests.results.standing import bring
from tests.results.test_deciding import THREE
from tests.results.test_versions import RACE


@pytest.fixture
def stella(site: str, tmp_path: Path) -> User:
    """A steward of the league whose race it is."""
    league = people.make(account("olga"), League(name="Sunday Cup", slug="sunday-cup"))
    stella = account("stella")
    Membership.objects.create(league=league, user=stella, role=Role.STEWARD)
    assert not bring(tmp_path, (RACE, THREE), league=league).refused
    return stella


def order(page: Page) -> list[str]:
    """The drivers as the classification lists them."""
    rows = page.get_by_role("region", name="Race, classification").locator("tbody tr td.who > div:first-child")
    return [text.strip() for text in rows.all_inner_texts()]


def penalise(page: Page) -> None:
    page.get_by_role("link", name="Decide").click()
    page.get_by_label("About").select_option(label="P1 #1 Alice Amber")
    page.get_by_label("Decision").select_option("time")
    page.get_by_label("How much").fill("5")
    page.get_by_label("Why").fill(
        "Contact with 2 in the last corner, who lost the place, " + "as-somebody-wrote-it" * 15
    )
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("It is decided, and every figure follows.")).to_be_visible()


@each_look
def test_a_penalty_changes_the_order_and_is_undone(page, stella, sign_in, width):
    address = Event.objects.get().get_absolute_url()
    sign_in(stella)
    page.goto(address)
    assert order(page) == ["Alice Amber", "Bob Birch", "Cara Cyan"]
    page.get_by_role("link", name="Decide").click()
    assert_accessible(page)
    assert_fits(page, width)
    page.get_by_role("button", name="Decide").click()
    page.go_back()
    penalise(page)
    assert order(page) == ["Bob Birch", "Cara Cyan", "Alice Amber"]
    expect(page.get_by_text("1 of them may still change")).to_be_visible()
    page.get_by_text("Undo, or make final").click()
    assert_accessible(page)
    assert_fits(page, width)
    page.get_by_role("link", name="Show the file's own order").click()
    expect(page.get_by_text("As the file says it")).to_be_visible()
    assert order(page) == ["Alice Amber", "Bob Birch", "Cara Cyan"]
    assert_accessible(page)
    assert_fits(page, width)
    page.get_by_role("link", name="Show the result").click()
    expect(page.get_by_text("1 of them may still change")).to_be_visible()
    page.get_by_text("Undo, or make final").click()
    page.get_by_label("Why (everybody can read it)").first.fill("It was another car")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is undone, and every figure follows.")).to_be_visible()
    assert order(page) == ["Alice Amber", "Bob Birch", "Cara Cyan"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_an_incident_is_reported_decided_and_answered(
    new_page: Callable[..., Page], site: str, sign_in, stella: User, scripts: bool
) -> None:
    sam = account("sam")
    driver, steward = (new_page(java_script_enabled=scripts) for _ in range(2))
    sign_in(sam, driver)
    driver.goto(f"{site}{Event.objects.get().get_absolute_url()}")
    driver.get_by_role("link", name="Report an incident").click()
    driver.get_by_label("Lap").fill("2")
    driver.get_by_label("Who was in it").fill("1 and 2")
    driver.get_by_label("What happened").fill("He hit me in the last corner.")
    driver.get_by_role("button", name="Send").click()
    expect(driver.get_by_text("It is with the stewards")).to_be_visible()

    sign_in(stella, steward)
    steward.goto(f"{site}/leagues/sunday-cup/")
    steward.get_by_role("link", name="Incidents").click()
    expect(steward.get_by_text("He hit me in the last corner.")).to_be_visible()
    steward.get_by_role("link", name="Decide about the result").click()
    steward.get_by_label("About").select_option(label="P1 #1 Alice Amber")
    steward.get_by_label("Decision").select_option("places")
    steward.get_by_label("How much").fill("1")
    steward.get_by_label("Why").fill("Contact")
    steward.get_by_label("Final at once").check()
    steward.get_by_role("button", name="Decide").click()
    expect(steward.get_by_text("With 1 decision of the stewards, final.")).to_be_visible()
    assert order(steward) == ["Bob Birch", "Alice Amber", "Cara Cyan"]
    steward.goto(f"{site}/leagues/sunday-cup/stewards/")
    steward.get_by_label("Answer").fill("One position for him.")
    steward.get_by_role("button", name="Answer").click()
    expect(steward.get_by_text("sam is told.")).to_be_visible()

    driver.goto(f"{site}/users/notifications/")
    expect(driver.get_by_text("One position for him.")).to_be_visible()


@each_look
def test_the_queue_and_the_report_fit_and_are_accessible(page, stella, sign_in, width):
    sign_in(stella)
    page.goto(f"/leagues/reports/{Event.objects.get().pk}/incident/")
    assert_accessible(page)
    assert_fits(page, width)
    page.get_by_label("Who was in it").fill("1")
    page.get_by_label("What happened").fill("AVeryLongWordThatSomebodyWrote" * 20)
    page.get_by_role("button", name="Send").click()
    for address in ("/leagues/sunday-cup/stewards/", f"/leagues/reports/{Event.objects.get().pk}/incident/"):
        page.goto(address)
        expect(page.get_by_text("AVeryLongWord")).to_be_visible()
        assert_accessible(page)
        assert_fits(page, width)
