"""The report of a rehearsal as a file that somebody opens: no server, no JavaScript, any screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from simlane.upgrade.rehearsal.measurements import Rehearsal
from simlane.upgrade.rehearsal.report import write_html
from tests.browser.accessibility import assert_accessible
from tests.browser.looks import each_look
from tests.upgrade.rehearsals import empty, whole


@pytest.fixture
def opened(page: Page, tmp_path):
    def open_report(rehearsal: Rehearsal) -> Page:
        path = tmp_path / "report.html"
        write_html(rehearsal, path)
        page.goto(path.as_uri())
        return page

    return open_report


def check(page: Page, width: int) -> None:
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@each_look
def test_a_report_is_accessible_and_fits(opened, width):
    # Few: axe looks at every cell of the opened tables.
    rehearsal = whole(150, errors=3, failed=1)
    rehearsal.locks, rehearsal.rates = rehearsal.locks[::20], rehearsal.rates[::10]
    page = opened(rehearsal)
    for summary in page.locator("summary").all():
        summary.click()
    check(page, width)
    expect(page.get_by_role("heading", level=1)).to_have_text("Failed")
    expect(page.get_by_role("img", name="Latency of the new release over time")).to_be_visible()


@each_look
def test_a_report_of_long_words_or_of_nothing_fits(opened, width):
    rehearsal = whole(500, errors=3)
    rehearsal.server = "PostgreSQL" * 30
    for step in rehearsal.steps:
        step.name, step.detail = "step" * 40, "detail" * 40
    rehearsal.verdicts[0].name = rehearsal.verdicts[0].detail = "check" * 60
    rehearsal.statements[0].error = "error" * 60
    check(opened(rehearsal), width)
    check(opened(empty()), width)


def test_the_table_of_a_chart_opens_and_scrolls_by_keyboard(opened):
    page = opened(whole(5_000))
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("region", name="Latency over time")
    expect(table).to_be_visible()
    page.keyboard.press("Tab")
    expect(table).to_be_focused()
    page.keyboard.press("End")
    page.wait_for_function("document.activeElement.scrollTop > 0")
