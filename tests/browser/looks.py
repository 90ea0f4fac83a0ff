"""The looks a page is tested in: phone and desktop, light and dark, all in one page of the browser.

    page.goto("/profiles/")
    assert_every_look(page)

    for width in widths(page):
        page.goto("/profiles/")  # what differs when it is opened in that width
        assert_accessible(page)  # in both schemes
        assert_fits(page, width)

A browser that is opened anew for each look compiles everything again, and takes three times as long: `each_look` does
so for tests that change what they look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Page

PHONE = 390
DESKTOP = 1440
HEIGHTS = {PHONE: 844, DESKTOP: 900}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: On a phone and on a desktop, two runs of a test; both schemes are `assert_accessible`'s.
each_look = pytest.mark.parametrize("width", list(HEIGHTS))

#: The tests' browser asks for less motion: colours change at once, with the next frame.
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def widths(page: Page) -> Iterator[int]:
    """Gives the page each width in turn."""
    for width in HEIGHTS:
        set_width(page, width)
        yield width


def set_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})


@contextmanager
def dark(page: Page) -> Iterator[None]:
    """The page as it stands in the dark scheme; it is light again afterwards."""
    page.emulate_media(color_scheme="dark")
    page.evaluate(NEXT_FRAME)
    yield
    page.emulate_media(color_scheme="light")


def look_of(page: Page) -> str:
    """What a failed check says of where it failed."""
    size = page.viewport_size
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    return f"{page.url}, {size['width'] if size else '?'} wide, {scheme}"
