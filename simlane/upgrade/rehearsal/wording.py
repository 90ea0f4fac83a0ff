"""How the report says a number, a duration, and how a rehearsal went."""

from __future__ import annotations

import math

from simlane.upgrade.rehearsal.figures import took_s
from simlane.upgrade.rehearsal.measurements import Rehearsal

NONE = "–"
_LONGEST = 400


def count(value: float) -> str:
    return f"{value:,.0f}"


def some(value: int, one: str, many: str = "") -> str:
    """`no errors`, `1 error`, `2,000 errors`."""
    return f"{count(value) if value else 'no'} {one if value == 1 else many or one + 's'}"


def figure(value: float, digits: int = 1) -> str:
    """For a column whose heading has the unit."""
    return f"{value:,.{digits}f}"


def milliseconds(value: float) -> str:
    """For a sentence: `0.4 ms`, `87 ms`, `12.3 s`."""
    if value >= 10_000:
        return duration(value / 1000)
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"


def duration(seconds: float) -> str:
    """For a sentence: `0.42 s`, `4.2 s`, `41 s`, `12 min 30 s`, `2 h 5 min`."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = math.floor(seconds + 0.5)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def clock(seconds: float, *, minutes: bool) -> str:
    """On the time axis: `12.5` seconds, or `1:05` minutes and seconds."""
    if not minutes:
        return f"{seconds:,.10g}"
    sign, whole = "-" if seconds < 0 else "", abs(round(seconds))
    return f"{sign}{whole // 60}:{whole % 60:02}"


def printable(text: str) -> str:
    """One line without control characters: a server's words may hold what a client sent it."""
    line = "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def outcome(rehearsal: Rehearsal) -> str:
    if not rehearsal.verdicts:
        return "Not checked"
    return "Passed" if all(verdict.ok for verdict in rehearsal.verdicts) else "Failed"


def sentence(rehearsal: Rehearsal) -> str:
    """Whether it passed, how long it took, and the worst that a client met."""
    return f"{_checks(rehearsal)}: {_upgrade(rehearsal)}; {_clients(rehearsal)}."


def _checks(rehearsal: Rehearsal) -> str:
    verdicts = rehearsal.verdicts
    if not verdicts:
        return "No check was made"
    failed = sum(not verdict.ok for verdict in verdicts)
    said = f"{count(len(verdicts) - failed)} of {some(len(verdicts), 'check')} passed"
    return f"{said}, {count(failed)} failed" if failed else said


def _upgrade(rehearsal: Rehearsal) -> str:
    what = f"the upgrade of {some(rehearsal.rows, 'profile')}"
    return f"{what} took {duration(took_s(rehearsal.steps))}" if rehearsal.steps else f"{what} recorded no step"


def _clients(rehearsal: Rehearsal) -> str:
    statements = rehearsal.statements
    if not statements:
        return "no statement was measured"
    longest = max(statement.ms for statement in statements)
    errors = sum(bool(statement.error) for statement in statements)
    return f"the longest statement took {milliseconds(longest)}, {some(errors, 'error')}"
