"""Log records of errors that say all in one line: a request that was wrong, a database that is away."""

from __future__ import annotations

import logging

from django.core.exceptions import BadRequest, SuspiciousOperation

from simlane.config import outage


class ExpectedErrorFilter(logging.Filter):
    """Takes the traceback off their records."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, BadRequest | SuspiciousOperation):
            record.exc_info = None
        elif outage.reason(error):
            record.msg, record.args = "%s (%s)", (record.getMessage(), " ".join(str(error).split()))
            record.exc_info = None
        return True
