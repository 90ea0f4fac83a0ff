"""Waiting for what another process or thread does, by its effect and not by the clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

SECONDS = 60
Result = TypeVar("Result")


def run_aside(work: Coroutine[Any, Any, Result]) -> Result:
    """What asyncio.run returns, in a thread: after a browser test an event loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result(SECONDS)


def wait_until(happened: Callable[[], bool]) -> None:
    """Return once it has happened; after a minute without it the test fails."""
    until = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < until, "what the test waits for did not happen"
        time.sleep(0.02)
