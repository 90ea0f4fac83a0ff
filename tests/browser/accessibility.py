"""Checking a page with axe against WCAG 2.2 AA and axe's good practices."""

from __future__ import annotations

from collections.abc import Mapping

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.looks import DESKTOP, PHONE, dark, look_of, set_width

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Those that look at colours: the schemes differ in nothing else.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
BUT_COLOURS = {
    "runOnly": {"type": "tag", "values": RULES},
    "rules": {name: {"enabled": False} for name in COLOUR_RULES},
}
AXE = Axe().axe_script

#: Marks the elements whose colours, and all behind them, are those of an element that stands in `seen` or before them.
#: Gives the looks that are not in `seen`, which the page keeps. axe takes most of its time for contrast, and looks at
#: every cell of a table.
MARK_SEEN = """(seen) => {
    const looks = new Set(window.looksSeen ??= new Set(seen)), added = [], marks = [];
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
        marks.push([element, !isNew]);
        return isNew;
    };
    mark(document.documentElement, "");
    // Nobody asks for the marks of a page that shows nothing new.
    if (added.length) for (const [element, isSeen] of marks) element.toggleAttribute("data-seen", isSeen);
    return added;
}"""
#: What was looked at in this run and is as it should be.
_seen: set[str] = set()


def assert_every_look(page: Page) -> None:
    """The page as it stands, loaded once: on a phone and on a desktop, light and dark."""
    set_width(page, PHONE)
    assert_fits(page, PHONE)
    _look_at_all_but_colours(page)
    _look_at_new_colours(page)
    # Dark only once: a change of scheme draws the page anew, and so does a change of width.
    with dark(page):
        _look_at_new_colours(page)
        set_width(page, DESKTOP)
        _look_at_new_colours(page)
    assert_fits(page, DESKTOP)
    _look_at_all_but_colours(page)
    _look_at_new_colours(page)


def assert_accessible(page: Page) -> None:
    """Fail with axe's own report when it finds anything wrong in the page as it stands, light or dark."""
    _look_at_all_but_colours(page)
    _look_at_new_colours(page)
    with dark(page):
        _look_at_new_colours(page)


def _look_at_all_but_colours(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
        # And in every page that is opened next.
        page.context.add_init_script(AXE)
    _run(page, "document", BUT_COLOURS)


def _look_at_new_colours(page: Page) -> None:
    # The whole set goes to each page once.
    seen = [] if page.evaluate("'looksSeen' in window") else list(_seen)
    if added := page.evaluate(MARK_SEEN, seen):
        _run(page, "{exclude: [['[data-seen]']]}", {"runOnly": {"type": "rule", "values": COLOUR_RULES}})
        # Only now: what is not as it should be is to be found again.
        _seen.update(added)
        page.evaluate("(added) => added.forEach((look) => looksSeen.add(look))", added)


def _run(page: Page, context: str, options: Mapping[str, object]) -> None:
    # Only what is wrong leaves the page: all that is right takes as long as the checks themselves.
    run = f"(options) => axe.run({context}, options).then(({{violations}}) => ({{violations}}))"
    results = AxeResults(page.evaluate(run, {**options, "resultTypes": ["violations"]}))
    assert results.violations_count == 0, f"{look_of(page)}\n{results.generate_report()}"


def assert_fits(page: Page, width: int) -> None:
    """Fail when the page is wider than the screen, after waiting for a page that is just being opened."""
    page.wait_for_load_state()
    # Not by a locator, which brings Playwright's own scripts into the page first.
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{look_of(page)}: wider than the screen"
