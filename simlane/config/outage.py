"""What visitors get while the database is away or takes no writes: a plain page with status 503, at once.

A process that has lost PostgreSQL asks for it in a thread of its own, several times a second, and refuses requests
until it is back: nobody waits for a connection that cannot be had. A PostgreSQL that takes connections and never
answers is found by a request that takes long; the requests that wait for it are then ended too. With replicas the
public pages are read from them meanwhile: `reads_only`.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers

AWAY = "SimLane cannot reach its database at the moment."
NO_WRITES = "SimLane can be read at the moment, but cannot keep anything new. What you sent was not saved."
#: These go on, each in its own words.
PROBES = {"/healthz", "/readyz", "/metrics"}
#: The attribute of a request that does without the database.
READS_ONLY = "reads_only"
PAUSE = 0.2
CONNECT_SECONDS = 2
#: A request that takes longer has PostgreSQL asked whether it still answers.
SUSPECT_SECONDS = 2
#: PostgreSQL: it shuts down, starts, or has no connection left.
_AWAY_STATES = {"57P01", "57P02", "57P03", "53300"}
#: A replica: the statement was in the way of what comes from the primary. There a transaction ends so for nothing else.
CONFLICT = "40001"
_NO_WRITE_STATES = {"25006", "53100"}
_SQLITE = {
    sqlite3.SQLITE_READONLY: NO_WRITES,
    sqlite3.SQLITE_FULL: NO_WRITES,
    sqlite3.SQLITE_IOERR: AWAY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
}
logger = logging.getLogger(__name__)

_lock = threading.Lock()
#: While it lives, the database is away.
_waits: threading.Thread | None = None
#: Since when, by the monotonic clock; of the last time that it was.
lost_at = -1.0
#: While it lives, PostgreSQL is being asked whether it still answers.
_asks: threading.Thread | None = None


def suspect() -> None:
    """Ask in a thread whether PostgreSQL still answers; when it does not, end the requests that wait for it."""
    global _asks
    with _lock:
        # Also when it is known to be away: another was told that there is no connection, and this one has one.
        if _asks is not None and _asks.is_alive():
            return
        _asks = threading.Thread(target=_ask, name="outage-ask", daemon=True)
        with suppress(RuntimeError):  # no thread can start: the next long request asks
            _asks.start()


def _ask() -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return
    try:
        psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": CONNECT_SECONDS}).close()
    except psycopg.errors.ConnectionTimeout:
        _note_away()
        # First, so that whoever loses a connection is not given another one.
        connection.close_pool()  # type: ignore[attr-defined]
        _end_waits()
    except psycopg.Error:
        # It did answer, if only to say that it has no connection left: those who have one are served.
        return


def _end_waits() -> None:
    """End each connection to the primary, from outside: whoever waits for an answer on it gets an error."""
    spared = {_place(alias) for alias in connections} - {_place(DEFAULT_DB_ALIAS)}
    # The pool makes them and tells nobody. By its type: isinstance() would ask a lazy object what it stands for.
    made = [each for each in gc.get_objects() if issubclass(type(each), psycopg.Connection)]
    for each in made:
        with suppress(psycopg.Error, OSError):
            if (each.info.host, each.info.port) in spared:
                continue
            # A copy of the descriptor: the connection's own is closed by the thread that uses it.
            with socket.socket(fileno=os.dup(each.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)


def _place(alias: str) -> tuple[str, int]:
    """Where it connects to."""
    of = connections[alias].settings_dict
    return str(of["HOST"]), int(of["PORT"] or 5432)


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
        if state == CONFLICT and connections[DEFAULT_DB_ALIAS].alias != DEFAULT_DB_ALIAS:
            return AWAY
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


def note(error: BaseException | None) -> str | None:
    """`reason`; and from here on the database is known to be away, if that is what the error says."""
    words = reason(error)
    connection = connections[DEFAULT_DB_ALIAS]
    # Not a replica in its place, see `reads_only`.
    if words == AWAY and connection.vendor == "postgresql" and connection.alias == DEFAULT_DB_ALIAS:
        _note_away()
    return words


def answer(error: BaseException | None) -> HttpResponse | None:
    """The page for an error that is an outage; None for any other."""
    words = note(error)
    return None if words is None else unavailable(words)


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
        if is_away() and request.path not in PROBES and not getattr(request, READS_ONLY, False):
            return unavailable(AWAY)
        return self.get_response(request)


def is_away() -> bool:
    """Nothing else says so: should the thread not start or die, requests ask the database themselves again."""
    return _waits is not None and _waits.is_alive()


def _note_away() -> None:
    global _waits, lost_at
    with _lock:
        if is_away():
            return
        lost_at = time.monotonic()
        logger.error("the database is away: requests are answered with 503 until it is back")
        _waits = threading.Thread(target=_wait_for_it, name="outage", daemon=True)
        try:
            _waits.start()
        except RuntimeError as error:
            logger.error("each request waits for the database itself: %s", error)


def _wait_for_it() -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    options = {**connection.get_connection_params(), "connect_timeout": CONNECT_SECONDS}
    while True:
        try:
            # Past the pool, which tries again only after pauses that grow to minutes.
            with psycopg.connect(**options) as session:
                # PgBouncer takes connections by itself.
                session.execute("SELECT 1")
            break
        except psycopg.Error:
            time.sleep(PAUSE)
    connection.close_pool()  # type: ignore[attr-defined]
    logger.warning("the database is back")
