"""The looks a page is tested in: mark a test with one of these and its `page` fixture follows."""

from __future__ import annotations

import pytest

PHONE = 390
DESKTOP = 1440

each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])
each_width = pytest.mark.parametrize("width", [PHONE, DESKTOP])


def each_look(test):
    """Light and dark, on a phone and on a desktop: four runs."""
    return each_scheme(each_width(test))
