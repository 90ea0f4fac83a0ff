"""Counting requests and searches in memory; a thread of each process stores the counts every few seconds.

So no request waits for the database or fails with it, and a flood costs a few rows every few seconds.
"""

from __future__ import annotations

import atexit
import logging
import threading
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from simlane.monitoring import metrics, storing
from simlane.monitoring.models import PATH_LENGTH, UNBOUNDED
from simlane.monitoring.notes import SEARCH_MS, Notes
from simlane.sim.identity.names import printable

AREAS = {"/profiles/": "profiles", "/users/sim-profiles/": "legacy"}
logger = logging.getLogger(__name__)

_lock = threading.Lock()
_notes = Notes()
_thread: threading.Thread | None = None
_wake = threading.Event()


def request(route: str, method: str, status: int, seconds: float, path: str) -> None:
    """Count an answered request."""
    metrics.count_request(route, method, status, seconds)
    if status != 404:
        return
    area = next((name for start, name in AREAS.items() if path.startswith(start)), None)
    if area is None:
        return
    metrics.MISSING.labels(area).inc()
    with _lock:
        _notes.add_missing(timezone.now().date(), printable(path, PATH_LENGTH))
    _see_to_storing()


def search(*, seconds: float, length: int, words: int, simulator: str, **_: Any) -> None:
    """Count a finished search: its duration and shape, not its text."""
    metrics.SEARCH.observe(seconds)
    milliseconds = seconds * 1000
    bound = next((bound for bound in SEARCH_MS if milliseconds <= bound), UNBOUNDED)
    day = timezone.now().date()
    with _lock:
        _notes.searches[day, bound] += 1
        _notes.add_slow(day, (round(milliseconds), length, words, simulator))
    _see_to_storing()


def store() -> None:
    """Store the counts; keep them for the next time when the database fails."""
    global _notes
    with _lock:
        notes, _notes = _notes, Notes()
    try:
        storing.store(notes)
    except DatabaseError as error:
        logger.warning("counts could not be stored yet: %s", error)
        with _lock:
            _notes.add(notes)


def _see_to_storing() -> None:
    """Start this process' thread: a forked server process has none of its parent's, and one may have died."""
    global _thread
    if not settings.MONITORING_STORE_SECONDS or (_thread is not None and _thread.is_alive()):
        return
    with _lock:
        if _thread is not None and _thread.is_alive():
            return
        atexit.unregister(_store_and_close)
        atexit.register(_store_and_close)
        _thread = threading.Thread(target=_store_now_and_then, name="monitoring", daemon=True)
        try:
            _thread.start()
        except RuntimeError as error:
            logger.error("counts are stored with a later request: %s", error)


def _store_now_and_then() -> None:
    while not _wake.wait(settings.MONITORING_STORE_SECONDS):
        _store_and_close()


def _store_and_close() -> None:
    try:
        store()
    except Exception:
        logger.exception("counts could not be stored")
    finally:
        # Back to the pool, and no file of SQLite kept open by a thread that mostly sleeps.
        connection.close()
