"""Every public page as a person meets it: in light and dark, on a phone and a desktop, with and without JavaScript."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from simlane.sim.models import Event, SimProfile
from tests.browser.accessibility import assert_accessible
from tests.browser.looks import PHONE, each_look

MARTA = "/profiles/iracing/9100001/"
#: The page behind everything, in the dark colours.
DARK = "rgb(18, 20, 25)"
PAGES = [
    "/",
    "/profiles/",
    "/profiles/?sim=iracing&sort=starts",
    "/profiles/search/",
    "/profiles/search/?q=veldhuizen",
    "/profiles/search/?q=nobody+of+that+name",
    "/profiles/iracing/",
    "/profiles/gran-turismo-7/",
    MARTA,
    "/events/",
    "/accounts/login/",
    "/accounts/signup/",
]


def layout_shift(page) -> float:
    """How much has moved since the page opened, as the browser counts it."""
    return page.evaluate(
        """() => new Promise((done) => {
            let total = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => { total += entry.value; }))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => done(total), 150);
        })"""
    )


def check(page, width: int) -> None:
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than the screen"
    assert layout_shift(page) < 0.01, f"{page.url} moved while it loaded"


@each_look
def test_every_page_is_accessible_fits_and_stands_still(page, demo, width):
    team_race = Event.objects.filter(sessions__entries__drivers__seat=1).first()
    assert team_race is not None
    for address in [*PAGES, team_race.get_absolute_url()]:
        page.goto(address)
        check(page, width)


@each_look
def test_pages_for_what_is_not_there_help(page, demo, width, problems):
    problems.expect("status of 404")
    problems.expect("status of 400")
    page.goto("/profiles/iracing/marta-sandkvist/")
    assert page.get_by_role("link", name="Marta Sandqvist").count()
    check(page, width)
    page.goto("/profiles/?sort=wealth")
    check(page, width)


@each_look
def test_an_empty_site_is_a_page_too(page, width):
    for address in ["/", "/profiles/", "/events/", "/profiles/search/?q=anybody"]:
        page.goto(address)
        check(page, width)


def test_browse_updates_in_place_and_keeps_the_address(page, demo):
    page.goto("/profiles/")
    page.evaluate("window.stayed = true")
    page.get_by_label("Simulator").select_option("iracing")
    page.wait_for_url("**/profiles/?sim=iracing")
    assert "Assetto Corsa Competizione" not in page.locator("#results").inner_text()
    page.get_by_label("Order").select_option("Name")
    page.wait_for_url("**/profiles/?sim=iracing&sort=name")
    first = page.locator("#results .lane a").first.inner_text()
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**after=*")
    expect(page.locator("#results .lane a").first).not_to_have_text(first)
    page.get_by_role("link", name="Previous page").click()
    page.wait_for_url("**before=*")
    expect(page.locator("#results .lane a").first).to_have_text(first)
    assert page.evaluate("window.stayed"), "the page was loaded again"


def test_back_restores_what_was_there(page, demo):
    page.goto("/profiles/")
    page.get_by_label("Simulator").select_option("iracing")
    page.wait_for_url("**/profiles/?sim=iracing")
    page.go_back()
    page.wait_for_url("**/profiles/")
    expect(page.locator("#results")).to_contain_text("Assetto Corsa Competizione")
    assert page.locator("html").get_attribute("lang") == "en"


def test_search_finds_while_typing(page, demo):
    page.goto("/profiles/search/")
    page.get_by_label("Name, former name or platform id").press_sequentially("veldhuzen", delay=20)
    page.wait_for_url("**/profiles/search/?q=veldhuzen")
    expect(page.locator("#results")).to_contain_text("Jonas Veldhuizen-Okoro")
    assert "Did you mean" in page.locator("#results").inner_text()


def test_an_events_sessions_change_in_place(page, demo):
    event = Event.objects.filter(simulator__slug="iracing").first()
    page.goto(event.get_absolute_url())
    page.get_by_role("navigation", name="Sessions").get_by_role("link").first.click()
    page.wait_for_url("**session=0")
    expect(page.locator("#results [aria-current=page]")).to_be_visible()
    assert page.get_by_role("columnheader", name="Time or gap").count() == 0


def test_a_result_leads_to_its_driver_and_back(page, demo):
    page.goto("/events/")
    page.get_by_role("link", name="Apex Night League | Round 1").click()
    page.get_by_role("link", name="Marta Sandqvist").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Marta Sandqvist"
    page.get_by_role("link", name="Apex Night League").first.click()
    assert "/events/" in page.url


def test_everything_works_without_javascript(new_page, demo):
    page = new_page(java_script_enabled=False)
    page.goto("/profiles/")
    page.get_by_label("Simulator").select_option("iracing")
    page.get_by_label("Order").select_option("Most starts")
    page.get_by_role("button", name="Show").click()
    assert "sim=iracing" in page.url
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("link", name="Previous page").click()
    page.goto("/profiles/search/")
    page.get_by_label("Name, former name or platform id").fill("Jonas Veldhuizen")
    page.get_by_role("button", name="Search").last.click()
    page.get_by_role("link", name="Jonas Veldhuizen-Okoro").click()
    assert "Raced as Jonas Veldhuizen" in page.inner_text("main")
    page.get_by_text("Show as a table").click()
    assert page.get_by_role("region", name="Table of finishing positions").is_visible()
    assert not page.locator("canvas").is_visible()


def test_the_keyboard_reaches_the_content_first(page, demo):
    page.goto("/profiles/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "filter-sim"


def test_the_chosen_colours_last(page, demo):
    page.goto("/")
    page.get_by_role("button", name="Colours: as the system").click()
    page.get_by_role("button", name="Colours: light").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    # The colours follow the attribute a moment later.
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.goto(MARTA)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.get_by_role("button", name="Colours: dark").click()
    assert page.locator("html").get_attribute("data-theme") is None


def test_the_demo_member_signs_in_and_out(page, demo):
    get_user_model().objects.create_user("demo", email="demo@example.invalid", password="a good long one")
    page.goto(MARTA)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Login").fill("demo")
    page.get_by_label("Password").fill("a good long one")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{MARTA}")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")
    assert page.get_by_role("link", name="Sign in").count()


def test_the_chart_is_drawn(page, demo):
    assert SimProfile.objects.get(profile_identifier="9100001").starts > 1
    page.goto(MARTA)
    drawn = page.evaluate(
        """() => {
            const canvas = document.getElementById("finishes-chart");
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return pixels.some((value) => value !== 0);
        }"""
    )
    assert drawn


@pytest.mark.parametrize("width", [PHONE])
def test_a_phone_shows_place_driver_and_gap(page, demo, width):
    event = Event.objects.filter(simulator__slug="iracing").first()
    page.goto(event.get_absolute_url())
    shown = page.get_by_role("columnheader").all_inner_texts()
    assert [text for text in shown if text] == ["Pos", "Driver", "Time or gap"]
