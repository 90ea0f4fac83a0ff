"""The report of a rehearsal as a file that somebody opens: any screen, on paper, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from simlane.upgrade.rehearsal.measurements import Rehearsal
from simlane.upgrade.rehearsal.report import write_html
from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.looks import SCHEMES, widths
from tests.upgrade.rehearsals import empty, whole

#: Sums up what a canvas shows: how many of its pixels have each colour of the theme, by the colour's name.
PIXELS = """(canvas, names) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const probe = document.createElement("canvas").getContext("2d");
    return Object.fromEntries(names.map((name) => {
        probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
        probe.fillRect(0, 0, 1, 1);
        const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
        const alike = (i) => Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 6;
        let found = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 250 && alike(i)) found += 1;
        return [name, found];
    }));
}"""
PICTURE = "(canvas) => canvas.toDataURL()"
MAX, P99, P50, ERROR, RATE, TEXT = (
    "--color-primary", "--color-accent", "--color-info", "--color-error", "--color-success", "--color-base-content",
)  # fmt: skip


@pytest.fixture
def opened(page: Page, tmp_path):
    def open_report(rehearsal: Rehearsal) -> Page:
        path = tmp_path / "report.html"
        write_html(rehearsal, path)
        page.goto(path.as_uri())
        return page

    return open_report


def pixels(canvas: Locator, *names: str) -> dict[str, int]:
    return canvas.evaluate(PIXELS, list(names))


def check(page: Page, width: int) -> None:
    assert_accessible(page)
    assert_fits(page, width)


def few(*, failed: int = 0) -> Rehearsal:
    """With few rows: axe looks at every cell of the tables."""
    rehearsal = whole(150, errors=3, failed=failed)
    rehearsal.locks, rehearsal.rates = rehearsal.locks[::20], rehearsal.rates[::10]
    return rehearsal


def test_a_report_is_accessible_and_fits(opened, page):
    rehearsal = few(failed=1)
    for width in widths(page):
        opened(rehearsal)
        for summary in page.locator("summary").all():
            summary.click()
        check(page, width)
        expect(page.get_by_role("heading", level=1)).to_have_text("Failed")
        expect(page.get_by_role("img", name="Latency of the new release over time")).to_be_visible()


def test_a_report_of_long_words_or_of_nothing_fits(opened, page):
    rehearsal = few()
    rehearsal.server = "PostgreSQL" * 30
    for step in rehearsal.steps:
        step.name = "step" * 40
    rehearsal.verdicts[0].name = rehearsal.verdicts[0].detail = "check" * 60
    rehearsal.statements[0].error = "error" * 60
    for width in widths(page):
        check(opened(rehearsal), width)
        check(opened(empty()), width)


def test_every_chart_shows_its_lines_in_the_scheme_s_colours(opened, page):
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        opened(whole(5_000, errors=3))
        assert all(pixels(page.locator("#new-latency"), MAX, P99, P50, ERROR, TEXT).values()), scheme
        assert all(pixels(page.locator("#old-latency"), MAX, P99, P50).values()), scheme
        assert pixels(page.locator("#waiting"), MAX)[MAX], scheme
        assert pixels(page.locator("#wait"), MAX)[MAX], scheme
        assert pixels(page.locator("#rate"), RATE)[RATE], scheme


@pytest.mark.parametrize("scheme", ["dark"])
def test_the_charts_follow_a_change_of_scheme_and_are_light_on_paper(opened):
    page = opened(whole(5_000))
    # Noted while the paper is laid out: the width and the colour of the lines.
    page.evaluate(
        f"""addEventListener("beforeprint", () => {{
            const canvas = document.getElementById("new-latency");
            const drawn = ({PIXELS})(canvas, ["{P50}"])["{P50}"];
            window.printed = [drawn, canvas.width, document.documentElement.dataset.theme];
        }})"""
    )
    page.pdf()
    drawn, width, theme = page.evaluate("window.printed")
    assert drawn
    assert (width, theme) == (640, "light")
    chart = page.locator("#new-latency")
    assert pixels(chart, P50)[P50]
    page.emulate_media(color_scheme="light")
    assert pixels(chart, P50)[P50]


def test_the_arrow_keys_show_a_chart_s_values(opened):
    page = opened(whole(5_000))
    chart = page.locator("#rate")
    chart.focus()
    before = chart.evaluate(PICTURE)
    page.keyboard.press("Home")
    first = chart.evaluate(PICTURE)
    page.keyboard.press("End")
    assert len({before, first, chart.evaluate(PICTURE)}) == 3
    page.keyboard.press("Escape")
    assert chart.evaluate(PICTURE) == before


def test_the_page_needs_no_other_file(opened, page):
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    opened(whole(5_000, errors=3, failed=1)).wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith("data:")] == [page.url]
    assert not complaints


def test_without_javascript_the_tables_hold_everything(new_page, tmp_path):
    path = tmp_path / "report.html"
    write_html(whole(5_000), path)
    page = new_page(java_script_enabled=False)
    page.goto(path.as_uri())
    expect(page.get_by_text("The charts need JavaScript")).to_be_visible()
    expect(page.locator("canvas").first).to_be_hidden()
    page.get_by_text("Locks over time, as a table").click()
    expect(page.get_by_role("region", name="Locks over time")).to_contain_text("AccessExclusiveLock")


def test_the_table_of_a_chart_opens_and_scrolls_by_keyboard(opened):
    page = opened(whole(5_000))
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("region", name="Latency over time")
    expect(table).to_be_visible()
    page.keyboard.press("Tab")
    expect(table).to_be_focused()
    page.keyboard.press("End")
    page.wait_for_function("() => document.activeElement.scrollTop > 0")
