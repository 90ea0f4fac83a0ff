"""Tables on a tablet and on paper, changes without motion, the keyboard's place after a swap, the chart's figures."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from simlane.config.settings import BASE_DIR
from simlane.profiles.addresses import of_entry, of_laps
from simlane.results.importer import Importer
from simlane.sim.models import Car, Entry, EntryDriver, Event, Lap, Session, SimProfile
from tests.browser.looks import SCHEMES

MARTA = "/profiles/iracing/9100001/"
CUT_OFF = """() => [...document.querySelectorAll(".tower-frame")]
    .filter((frame) => frame.scrollWidth > frame.clientWidth + 1)
    .map((frame) => `${frame.getAttribute("aria-label")}: ${frame.scrollWidth} of ${frame.clientWidth}`)"""


@pytest.fixture
def demo(site: str) -> None:
    assert not Importer().run([BASE_DIR / "demo"]).refused


@pytest.fixture
def wide_event(demo: None) -> str:
    """A race whose table has every column, and texts as long as real ones."""
    race = Event.objects.filter(sessions__entries__drivers__profile__profile_identifier="9100001").latest("pk")
    for car in Car.objects.all():
        Car.objects.filter(pk=car.pk).update(name=f"Mercedes-AMG GT3 Evo 2020 {car.pk}")
    entries = Entry.objects.filter(session__event=race)
    entries.update(car_class="GT3 Pro-Am", grid_position=12, incidents=17, total_time_ms=3_723_004, car_number="#992")
    entries.filter(row=1).update(car_class="GT4 Silver")
    EntryDriver.objects.filter(entry__in=entries).update(rating_before=5000, rating_after=4938)
    return race.get_absolute_url()


@pytest.fixture
def wide_pits(wide_event: str) -> str:
    """A race whose table has every column that a format has which tells the pits."""
    race = Event.objects.get(sessions__kind="race", simulator__slug="le-mans-ultimate")
    entries = Entry.objects.filter(session__event=race)
    entries.update(car_class="GT3 Pro-Am", grid_position=12, total_time_ms=3_723_004, car_number="#992")
    entries.filter(row=1).update(car_class="GT4 Silver")
    return race.get_absolute_url()


@pytest.fixture
def wide_laps(wide_event: str) -> list[str]:
    """The laps of a race of crews, as tables, and those of a car."""
    race = Session.objects.filter(kind="race", entries__lap_times__seat=1).select_related("event").first()
    tables = of_laps(race.event, race)
    Lap.objects.filter(entry__session=race).update(pit=True)
    kinds = [f"{tables}?show={kind}" for kind in ("pace", "positions", "gaps", "times")]
    return [*kinds, of_entry(race.event, race, race.entries.get(row=0))]


def test_no_column_is_cut_off_on_a_tablet_or_wider(page, wide_event, wide_pits, wide_laps):
    for width in (768, 820, 1024, 1100, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for address in (wide_event, wide_pits, *wide_laps, MARTA, f"{MARTA}?results=all", f"{MARTA}?section=bests"):
            page.goto(address)
            assert page.evaluate(CUT_OFF) == [], f"{address}, {width} wide"


def test_on_paper_every_column_stands_in_dark_letters(page, wide_event):
    page.goto(wide_event)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    # A4 without its margins.
    page.set_viewport_size({"width": 718, "height": 1000})
    for scheme in SCHEMES:
        page.emulate_media(media="print", color_scheme=scheme)
        assert page.evaluate(CUT_OFF) == []
        for column in ("No.", "Car", "Class", "Grid", "Laps", "Inc."):
            expect(page.get_by_role("columnheader", name=column, exact=True)).to_be_visible()
        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(page.locator("h1")).to_have_css("color", "rgb(0, 0, 0)")
        expect(page.locator(".pos-1").first).to_have_css("color", "rgb(0, 0, 0)")


def test_on_paper_the_pits_are_a_column_too(page, wide_pits):
    page.goto(wide_pits)
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate(CUT_OFF) == []
    expect(page.get_by_role("columnheader", name="Pits")).to_be_visible()


def test_with_less_motion_a_page_changes_at_once(page):
    """The old style, measured before the next frame, was what paper seemed to cut off."""
    page.goto("/")
    sizes = page.evaluate(
        """() => {
            const size = () => parseFloat(getComputedStyle(document.querySelector("main p")).fontSize);
            const before = size();
            document.documentElement.style.fontSize = "50%";
            return [before, size()];
        }"""
    )
    assert sizes[1] == sizes[0] / 2


def test_the_keyboard_stays_on_the_session_it_chose(page, demo):
    event = next(each for each in Event.objects.all() if each.sessions.count() > 1)
    page.goto(event.get_absolute_url())
    other = page.get_by_label("Sessions").locator("a:not([aria-current])").first
    name = other.inner_text()
    other.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Sessions").locator("a[aria-current]")).to_have_text(name)
    expect(page.get_by_label("Sessions").locator("a[aria-current]")).to_be_focused()


def test_a_retirement_is_no_finish_and_days_are_those_of_the_table(page, demo):
    marta = SimProfile.objects.get(profile_identifier="9100001")
    races = Entry.objects.filter(drivers__profile=marta, session__kind="race", position__isnull=False)
    by_day = list(races.order_by("drivers__raced_at").values_list("pk", flat=True))
    Entry.objects.filter(pk__in=by_day).update(status="finished")
    Entry.objects.filter(pk=by_day[0]).update(status="dnf")
    page.goto(f"{MARTA}?section=finishes")
    table = page.get_by_role("region", name="Table of finishing positions")
    expect(table.get_by_text("Did not finish")).to_have_count(1)
    expect(page.get_by_text("✕ did not finish")).to_be_visible()
    days = table.locator("time").all_inner_texts()
    data = page.evaluate("JSON.parse(document.getElementById('finishes-data').textContent)")
    assert [each["day"] for each in data] == days
    assert [bool(each["status"]) for each in data] == [True] + [False] * (len(data) - 1)
