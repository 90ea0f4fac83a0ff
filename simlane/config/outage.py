"""What visitors get while the database is away or takes no writes: a plain page with status 503, at once.

A process that has lost PostgreSQL asks for it in a thread of its own, several times a second, and refuses requests
until it is back: nobody waits for a connection that cannot be had.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import threading
import time
from collections.abc import Callable

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers

AWAY = "SimLane cannot reach its database at the moment."
NO_WRITES = "SimLane can be read at the moment, but cannot keep anything new. What you sent was not saved."
#: These go on, each in its own words.
PROBES = {"/healthz", "/readyz", "/metrics"}
PAUSE = 0.2
CONNECT_SECONDS = 2
#: PostgreSQL: it shuts down, starts, or has no connection left.
_AWAY_STATES = {"57P01", "57P02", "57P03", "53300"}
_NO_WRITE_STATES = {"25006", "53100"}
_SQLITE = {
    sqlite3.SQLITE_READONLY: NO_WRITES,
    sqlite3.SQLITE_FULL: NO_WRITES,
    sqlite3.SQLITE_IOERR: AWAY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
}
logger = logging.getLogger(__name__)

_lock = threading.Lock()
_away = False


def reason(error: BaseException | None) -> str | None:
    """What to tell a visitor of an error that is an outage; None of any other."""
    if not isinstance(error, Error):
        return None
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate
        if state in _NO_WRITE_STATES:
            return NO_WRITES
        lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) and state is None
        if lost or state in _AWAY_STATES or (state or "").startswith("08"):
            return AWAY
    return None


def unavailable(words: str) -> HttpResponse:
    """The page; it needs nothing that may be broken."""
    response = HttpResponse(loader.get_template("503.html").render({"reason": words}), status=503)
    response["Retry-After"] = "5"
    add_never_cache_headers(response)
    return response


def answer(error: BaseException | None) -> HttpResponse | None:
    """The page for an error that is an outage; None for any other."""
    words = reason(error)
    if words is None:
        return None
    if words == AWAY and connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        _note_away()
    return unavailable(words)


def server_error(request: HttpRequest) -> HttpResponse:
    """What Django asks for when a view has failed, while it handles the exception."""
    # Not above: the log needs this module before there are apps.
    from simlane.monitoring import views as monitoring

    found = answer(sys.exc_info()[1])
    return monitoring.server_error(request) if found is None else found


class OutageMiddleware:
    """Before everything that asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _away and request.path not in PROBES:
            return unavailable(AWAY)
        return self.get_response(request)


def _note_away() -> None:
    global _away
    with _lock:
        if _away:
            return
        _away = True
    logger.error("the database is away: requests are answered with 503 until it is back")
    threading.Thread(target=_wait_for_it, name="outage", daemon=True).start()


def _wait_for_it() -> None:
    global _away
    connection = connections[DEFAULT_DB_ALIAS]
    options = {**connection.get_connection_params(), "connect_timeout": CONNECT_SECONDS}
    while True:
        try:
            # Past the pool, which tries again only after pauses that grow to minutes.
            psycopg.connect(**options).close()
            break
        except psycopg.Error:
            time.sleep(PAUSE)
    connection.close_pool()  # type: ignore[attr-defined]
    _away = False
    logger.warning("the database is back")
