"""How the report writes numbers, durations and a rehearsal's outcome."""

from __future__ import annotations

from simlane.sim.identity.names import printable
from simlane.upgrade.rehearsal.measurements import Rehearsal
from simlane.upgrade.rehearsal.statistics import Latency, latency, took_s

NONE = "–"
_LONGEST = 400


def count(value: float) -> str:
    return f"{value:,.0f}"


def some(value: int, one: str) -> str:
    """`no errors`, `1 error`, `2,000 errors`."""
    return f"{count(value) if value else 'no'} {one}{'s' * (value != 1)}"


def cell(value: object) -> str:
    """A value in a column whose heading has the unit."""
    if value is None:
        return NONE
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def milliseconds(value: float) -> str:
    """For a sentence: `0.4 ms`, `87 ms`, `12 s`."""
    if value >= 10_000:
        return duration(value / 1000)
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"


def duration(seconds: float) -> str:
    """For a sentence: `0.42 s`, `4.2 s`, `41 s`, `12 min 30 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.2g} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def one_line(text: str) -> str:
    """One line: a server's error message has several, and may quote what a client sent it."""
    return printable(" ".join(text.split()), _LONGEST)


def outcome(rehearsal: Rehearsal) -> str:
    if not rehearsal.verdicts:
        return "Not checked"
    return "Passed" if all(verdict.ok for verdict in rehearsal.verdicts) else "Failed"


def sentence(rehearsal: Rehearsal) -> str:
    """How many checks passed, how long the upgrade took, the longest statement and the errors."""
    upgrade = f"the upgrade of {some(rehearsal.rows, 'profile')}"
    took = f"took {duration(took_s(rehearsal.steps))}" if rehearsal.steps else "recorded no step"
    met = latency(rehearsal.statements)
    longest = f"the longest statement took {milliseconds(met.max)}" if met else "no statement was measured"
    errors = f", {some(met.errors, 'error')}" if met else ""
    return f"{_checks(rehearsal)}: {upgrade} {took}; {longest}{errors}."


def _checks(rehearsal: Rehearsal) -> str:
    verdicts = rehearsal.verdicts
    if not verdicts:
        return "No check was made"
    failed = sum(not verdict.ok for verdict in verdicts)
    said = f"{count(len(verdicts) - failed)} of {some(len(verdicts), 'check')} passed"
    return f"{said}, {count(failed)} failed" if failed else said


def statements(met: Latency | None) -> str:
    if met is None:
        return "no statement"
    p50, p99, longest = (milliseconds(ms) for ms in (met.p50, met.p99, met.max))
    return f"{some(met.statements, 'statement')}, p50 {p50}, p99 {p99}, max {longest}, {some(met.errors, 'error')}"
