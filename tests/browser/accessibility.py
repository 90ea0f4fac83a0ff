"""Checking a page with axe against WCAG 2.2 AA and axe's good practices."""

from __future__ import annotations

from collections.abc import Mapping

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.looks import dark, look_of, widths

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Those that look at colours: the schemes differ in nothing else.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
BUT_COLOURS = {
    "runOnly": {"type": "tag", "values": RULES},
    "rules": {name: {"enabled": False} for name in COLOUR_RULES},
}
AXE = Axe().axe_script

#: Marks the elements whose colours, and all behind them, are those of an element that stands in `seen` or before them.
#: Gives the looks that are not in `seen`. axe takes most of its time for contrast, and looks at every cell of a table.
MARK_SEEN = """(seen) => {
    const looks = new Set(seen), added = [];
    const digest = (text) => {
        let a = 0x811c9dc5, b = 0x1000193;
        for (let i = 0; i < text.length; i++) {
            a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
            b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
        }
        return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
    };
    const text = (element) => [...element.childNodes]
        .map((node) => (node.nodeType === Node.TEXT_NODE ? node.data : "")).join("").trim();
    const mark = (element, above) => {
        const style = getComputedStyle(element);
        const look = digest([
            above, element.localName, element.getAttribute("class"), element.checkVisibility(), style.visibility,
            style.color, style.backgroundColor, style.backgroundImage, style.opacity, style.textShadow,
            style.fontSize, style.fontWeight, style.textDecorationLine, style.borderBottomStyle,
            element.matches(":disabled, [aria-disabled=true]"), Boolean(element.value),
            // axe does not judge the contrast of a single letter.
            Math.min(2, text(element).length),
        ].join());
        let isNew = !looks.has(look);
        if (isNew) {
            looks.add(look);
            added.push(look);
        }
        for (const child of element.children) isNew = mark(child, look) || isNew;
        element.toggleAttribute("data-seen", !isNew);
        return isNew;
    };
    mark(document.documentElement, "");
    return added;
}"""
#: What was looked at in this run and is as it should be.
_seen: set[str] = set()


def assert_every_look(page: Page) -> None:
    """The page as it stands, loaded once: on a phone and on a desktop, light and dark."""
    for width in widths(page):
        assert_fits(page, width)
        assert_accessible(page)


def assert_accessible(page: Page) -> None:
    """Fail with axe's own report when it finds anything wrong in the page as it stands, light or dark."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
        # And in every page that is opened next.
        page.context.add_init_script(AXE)
    _run(page, "document", BUT_COLOURS)
    _look_at_colours(page)


def _look_at_colours(page: Page) -> None:
    _look_at_new_colours(page)
    with dark(page):
        _look_at_new_colours(page)


def _look_at_new_colours(page: Page) -> None:
    if added := page.evaluate(MARK_SEEN, list(_seen)):
        _run(page, "{exclude: [['[data-seen]']]}", {"runOnly": {"type": "rule", "values": COLOUR_RULES}})
        _seen.update(added)


def _run(page: Page, context: str, options: Mapping[str, object]) -> None:
    run = f"(options) => axe.run({context}, options)"
    results = AxeResults(page.evaluate(run, {**options, "resultTypes": ["violations"]}))
    assert results.violations_count == 0, f"{look_of(page)}\n{results.generate_report()}"


def assert_fits(page: Page, width: int) -> None:
    """Fail when the page is wider than the screen, after waiting for a page that is just being opened."""
    page.wait_for_load_state()
    assert page.locator("html").evaluate("html => html.scrollWidth") <= width, f"{look_of(page)}: wider than the screen"
