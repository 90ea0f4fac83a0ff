"""Time between two statements that ask for a strong lock, for those who queued behind the first to get through.

Whoever uses the site waits at most for one such statement then, not for several in turn.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from psycopg.pq import TransactionStatus

#: From the end of one to the beginning of the next (seconds).
PAUSE_SECONDS = 0.15
#: What makes others wait who write a table, or read it. Indexes built or dropped CONCURRENTLY and checks that look at
#: rows do not.
STRONG = re.compile(
    r"\s*(?:ALTER\s+TABLE(?!.*\bVALIDATE\s+CONSTRAINT\b)|LOCK\s+TABLE|(?:CREATE(?:\s+OR\s+REPLACE)?|DROP)\s+TRIGGER"
    r"|DROP\s+(?:TABLE|FUNCTION)|(?:CREATE|DROP)\s+(?:UNIQUE\s+)?INDEX(?!\s+CONCURRENTLY))\b",
    re.IGNORECASE | re.DOTALL,
)


class Spacing:
    """A wrapper for `connection.execute_wrapper`; it sleeps where no lock is held."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(
        self, execute: Callable[..., Any], sql: Any, parameters: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        strong = bool(STRONG.match(str(sql)))
        idle = connection.connection.info.transaction_status == TransactionStatus.IDLE
        # What a transaction will ask for is not known at its first statement.
        if idle and (strong or connection.in_atomic_block):
            time.sleep(max(0.0, self._last + PAUSE_SECONDS - time.monotonic()))
        try:
            return execute(sql, parameters, many, context)
        finally:
            if strong:
                self._last = time.monotonic()


#: One for all steps: the next one's first statement comes after the last one's last.
spaced = Spacing()
