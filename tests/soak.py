"""Random tests in two lengths: a few repeatable examples in the suite, many of a new seed in `make soak`.

Mark such a test with `@pytest.mark.soak`, and say how much it does where:

    @settings(max_examples=times(12, soak=200))
"""

from __future__ import annotations

import os

from hypothesis import settings

SOAK = bool(os.environ.get("SIMLANE_TEST_SOAK"))


def times(suite: int, *, soak: int) -> int:
    """How many examples, or seeds, this run is for."""
    return soak if SOAK else suite


def load_profile() -> None:
    """In the suite the same examples each time, so that it is never red by chance. Call it before tests are read."""
    settings.register_profile("suite", derandomize=True, database=None, deadline=None)
    settings.register_profile("soak", print_blob=True, deadline=None)
    settings.load_profile("soak" if SOAK else "suite")
