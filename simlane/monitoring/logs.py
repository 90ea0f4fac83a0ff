"""Log records that say which request they belong to. Nothing here needs Django's settings."""

from __future__ import annotations

import json
import logging
import re
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

#: The request ids accepted from a proxy: bounded, and unable to forge a line of the log.
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
NONE = "-"

request_id: ContextVar[str] = ContextVar("request_id", default=NONE)


def chosen_id(given: str | None) -> str:
    """The id that came with the request if it is usable, else a new one."""
    return given if given and _GIVEN.fullmatch(given) else uuid.uuid4().hex


class RequestIdFilter(logging.Filter):
    """Puts the id of the running request on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line, traceback and all."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", NONE),
            "message": record.getMessage(),
            **getattr(record, "access", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        # ASCII only, so that no reader of lines breaks at a separator of Unicode.
        return json.dumps(line, default=str)


class LineFormatter(logging.Formatter):
    """A line for people; every line of a traceback carries the id, so that one search finds all of it."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s [%(request_id)s] %(name)s %(message)s", defaults={"request_id": NONE}
        )

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's name
        mark = f"[{request_id.get()}] "
        return "\n".join(mark + line for line in super().formatException(ei).splitlines())  # type: ignore[arg-type]
