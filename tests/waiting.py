"""Waiting for what another process or thread does, by its effect and not by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 60


def wait_until(happened: Callable[[], bool]) -> None:
    """Return once it has happened; after a minute without it the test fails."""
    until = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < until, "what the test waits for did not happen"
        time.sleep(0.02)
