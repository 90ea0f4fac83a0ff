"""The thread that sends mails where no worker runs: there is another after one that did not start or died."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from simlane.users.notifications import mail_thread


@pytest.fixture
def sent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each time that a thread looks for mails; the third time a connection fails."""
    settings.MAIL_THREAD = True
    looked: list[str] = []

    def close(*_: object) -> None:
        if len(looked) == 3:
            raise SystemExit

    monkeypatch.setattr(mail_thread, "_send", lambda: looked.append(threading.current_thread().name))
    monkeypatch.setattr(mail_thread, "connection", SimpleNamespace(close=close))
    monkeypatch.setattr(mail_thread, "_thread", None)
    return looked


def _wake_and_wait() -> None:
    mail_thread._wake()
    if (thread := mail_thread._thread) is not None:
        thread.join(20)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_there_is_one_after_one_that_ended_or_died(sent: list[str]) -> None:
    for times in range(1, 6):
        _wake_and_wait()
        assert sent == ["mail"] * times


def test_there_is_one_after_one_that_could_not_start(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: Any) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none_left)
        mail_thread._wake()
    assert not sent
    _wake_and_wait()
    assert sent == ["mail"]
