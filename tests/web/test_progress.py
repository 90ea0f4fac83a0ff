"""The progress of a command: lines where there is no terminal, a bar where there is one."""

from __future__ import annotations

import io

import pytest
from django.core.management.base import OutputWrapper

from simlane.web import progress
from simlane.web.progress import Counter


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


def test_without_a_terminal_it_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    with Counter(OutputWrapper(out), "Importing", 12_000) as show:
        show(1)
        assert out.getvalue() == "", "a line each time"
        monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
        show(1_500, "7 entries")
    assert out.getvalue() == "  Importing: 1,500 of 12,000, 7 entries\n"


def test_on_a_terminal_it_is_a_bar_and_out_stays_as_it_is() -> None:
    out, terminal = io.StringIO(), Terminal()
    with Counter(OutputWrapper(out), "Importing", 20, terminal=terminal) as show:
        show(20)
    assert "20/20" in terminal.getvalue()
    assert out.getvalue() == ""


def test_a_line_of_one_s_own_stands_above_the_bar() -> None:
    terminal = Terminal()
    with Counter(OutputWrapper(io.StringIO()), "Importing", 20, terminal=terminal) as show:
        show(10, "7 entries")
        show.say("waiting [for] a replica")
        show(20)
    assert "waiting [for] a replica" in terminal.getvalue()
    assert "20/20" in terminal.getvalue()


def test_the_first_call_is_a_line_if_that_is_asked_for() -> None:
    out = io.StringIO()
    with Counter(OutputWrapper(out), "backfill", 400, unit=" rows", at_once=True) as show:
        show(8)
        show(16)
    assert out.getvalue() == "  backfill: 8 of 400 rows\n"
