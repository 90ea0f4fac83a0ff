"""Every public page as a person meets it: in light and dark, on a phone and a desktop, with and without JavaScript."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from simlane.profiles import addresses
from simlane.sim.models import Event, SimProfile, TrackRecord
from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.looks import PHONE, look_of, widths

MARTA = "/profiles/iracing/9100001/"
COMPARED = "/profiles/compare/?a=iracing/9100001&b=iracing/9100002&c=iracing/9100017"
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
    "/leaderboards/",
    "/leaderboards/iracing/",
    "/ratings/iracing/road/9100001/",
    MARTA,
    f"{MARTA}?results=races",
    f"{MARTA}?section=bests",
    f"{MARTA}?section=ratings",
    f"{COMPARED}&q=jonas",
    "/events/",
    "/tracks/",
    "/cars/iracing/",
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


def of_laps(event: Event) -> list[str]:
    """The pages of the laps of an event's last race: the tables of two kinds, and its winner's."""
    race = event.sessions.filter(kind="race").latest("number")
    tables = addresses.of_laps(event, race)
    return [tables, f"{tables}?show=times", addresses.of_entry(event, race, race.entries.get(row=0))]


def check(page, width: int) -> None:
    assert_accessible(page)
    assert_fits(page, width)
    assert layout_shift(page) < 0.01, f"{look_of(page)}: moved while it loaded"


def test_every_page_is_accessible_fits_and_stands_still(page, demo):
    team_race = Event.objects.filter(sessions__entries__drivers__seat=1).first()
    assert team_race is not None
    record = TrackRecord.objects.select_related("track__simulator", "car__simulator").order_by("pk")[0]
    track = record.track.get_absolute_url()
    places = [track, f"{track}laps/", f"{track}?classes=all", record.car.get_absolute_url()]
    browser = page.context.new_cdp_session(page)
    for width in widths(page):
        # Of a first visit: what comes late, as fonts do, moves a page.
        browser.send("Network.clearBrowserCache")
        for address in [*PAGES, team_race.get_absolute_url(), *of_laps(team_race), *places]:
            page.goto(address)
            check(page, width)


def test_pages_for_what_is_not_there_help(page, demo, problems):
    problems.expect("status of 404")
    problems.expect("status of 400")
    for width in widths(page):
        page.goto("/profiles/iracing/marta-sandkvist/")
        assert page.get_by_role("link", name="Marta Sandqvist").count()
        check(page, width)
        page.goto("/profiles/?sort=wealth")
        check(page, width)


def test_an_empty_site_is_a_page_too(page):
    for width in widths(page):
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


def test_times_are_in_the_visitors_zone_and_dates_stay(page):
    """In Berlin, at midnight's border and over a change of the clocks; also in what comes later."""
    page.goto("/")
    shown = page.evaluate(
        """async () => {
            const bring = (html) => document.getElementById("main").insertAdjacentHTML("beforeend", html);
            bring('<p id="brought"><time datetime="2026-03-28T23:30:00Z" data-when="instant">x</time>'
                + '<time datetime="2026-03-29T22:30:00Z" data-when="day">x</time>'
                + '<time datetime="2026-12-31T23:05:00Z" data-when="plate">x</time>'
                + '<time datetime="2026-03-29T22:30:00Z" data-when="clock" data-since="2026-03-29T21:00:00Z">x</time>'
                + '<time datetime="2026-03-01">1 Mar 2026</time></p>');
            await null;
            return [...document.querySelectorAll("#brought time")].map((each) => [each.textContent, each.title]);
        }"""
    )
    assert shown == [
        ["29 Mar 2026, 00:30 UTC+1", "28 Mar 2026, 23:30 UTC"],
        ["30 Mar 2026", "29 Mar 2026, 22:30 UTC"],
        ["1\nJAN", "31 Dec 2026, 23:05 UTC"],
        ["30 Mar 2026, 00:30 UTC+2", "29 Mar 2026, 22:30 UTC"],
        ["1 Mar 2026", ""],
    ]
    assert "All times are in your zone, Europe/Berlin." in page.inner_text("footer")


def test_search_finds_while_typing(page, demo):
    page.goto("/profiles/search/")
    page.get_by_label("Driver, platform id, league").press_sequentially("veldhuzen", delay=20)
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


def test_charts_of_laps_come_when_they_are_opened_and_are_told_by_keyboard(page, demo):
    event = Event.objects.filter(sessions__entries__lap_times__seat=1).first()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(event.get_absolute_url())
    for kind in ("positions", "gaps", "pace"):
        chart = page.locator(f"[data-lap-chart={kind}]")
        assert any("laps.js" in url for url in asked) == (kind != "positions")
        chart.locator("summary").press("Enter")
        expect(chart.locator("select option").nth(1)).to_be_attached()
        chart.locator("canvas").press("ArrowRight")
        expect(chart.locator("[role=status]")).to_contain_text("#")
    assert len([url for url in asked if url.endswith("laps.json")]) == 1
    assert_accessible(page)
    chart = page.locator("[data-lap-chart=gaps]")
    chart.get_by_role("link", name="As a table").click()
    expect(chart.get_by_role("table").first).to_contain_text("leads")


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
    page.get_by_label("Driver, platform id, league").fill("Jonas Veldhuizen")
    page.get_by_role("button", name="Search").last.click()
    assert "All times are UTC." in page.inner_text("footer")
    page.get_by_role("link", name="Jonas Veldhuizen-Okoro").click()
    assert "Raced as Jonas Veldhuizen" in page.inner_text("main")
    page.get_by_role("heading", name="Finishing positions").click()
    page.get_by_role("link", name="Show: Finishing positions").click()
    assert page.get_by_role("region", name="Table of finishing positions").is_visible()
    assert not page.locator("canvas").is_visible()
    page.goto("/profiles/compare/")
    for name in ("Marta Sandqvist", "Jonas Veldhuizen"):
        page.get_by_label("name, former name or platform id").fill(name)
        page.get_by_role("button", name="Find").click()
        page.get_by_label("Found drivers").get_by_role("link").first.click()
    assert page.get_by_role("heading", name="Who was ahead").is_visible()


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
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.goto(MARTA)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.get_by_role("button", name="Colours: dark").click()
    assert page.locator("html").get_attribute("data-theme") is None


def test_the_demo_member_signs_in_and_out(page, demo):
    get_user_model().objects.create_user("demo", email="demo@example.invalid", password="a good long one")
    page.goto(MARTA)
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("Login").fill("demo")
    page.get_by_label("Password").fill("a good long one")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{MARTA}")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")
    assert page.get_by_role("link", name="Sign in").count()


def test_a_chart_is_drawn_once_it_is_opened(page, demo):
    assert SimProfile.objects.get(profile_identifier="9100001").starts > 1
    page.goto(MARTA)
    assert page.locator("canvas").count() == 0
    page.get_by_role("heading", name="Finishing positions").click()
    page.wait_for_selector("#finishes-chart")
    page.wait_for_function(
        """() => {
            const canvas = document.getElementById("finishes-chart");
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return pixels.some((value) => value !== 0);
        }"""
    )
    page.locator("#finishes-chart").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")


@pytest.mark.parametrize("width", [PHONE])
def test_a_phone_shows_place_driver_and_gap(page, demo, width):
    event = Event.objects.filter(simulator__slug="iracing").first()
    page.goto(event.get_absolute_url())
    shown = page.get_by_role("columnheader").all_inner_texts()
    assert [text for text in shown if text] == ["Pos", "Driver", "Time or gap"]


def test_a_curve_becomes_narrower_with_its_screen(page, demo):
    page.goto("/ratings/iracing/road/9100001/")
    page.wait_for_selector("canvas[data-rating-chart]")
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
