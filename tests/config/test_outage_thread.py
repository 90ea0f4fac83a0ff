"""Who waits for a database that is away: should that thread not start or die, requests are not refused for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from simlane.config import outage


def _status() -> int:
    return outage.OutageMiddleware(lambda _: HttpResponse())(HttpRequest()).status_code


@pytest.fixture
def back(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set, and the thread that waits for the database ends, whatever ends it."""
    event = threading.Event()
    monkeypatch.setattr(outage, "_waits", None)
    monkeypatch.setattr(outage, "_wait_for_it", lambda: event.wait(20) and None)
    yield event
    event.set()
    if outage._waits is not None and outage._waits.ident:
        outage._waits.join()


def test_requests_are_refused_while_it_lives(back: threading.Event) -> None:
    assert _status() == 200
    for _ in range(3):
        outage._note_away()
    assert _status() == 503
    assert [each.name for each in threading.enumerate()].count("outage") == 1
    back.set()
    assert outage._waits is not None
    outage._waits.join()
    assert _status() == 200


def test_without_a_thread_requests_ask_for_themselves(back: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: Any) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none_left)
        outage._note_away()
    assert _status() == 200
    outage._note_away()
    assert _status() == 503
