"""The report's tables, in words and numbers ready to be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from simlane.upgrade.rehearsal.figures import AFTER, BEFORE, BETWEEN, Buckets, Latency, PhaseLatency, Timeline
from simlane.upgrade.rehearsal.measurements import RELEASES, Locks, Rehearsal, Release
from simlane.upgrade.rehearsal.wording import NONE, count, duration, figure, printable

MOST_ERRORS = 50
_OUTSIDE = {BEFORE: "Before the first step", BETWEEN: "Between steps", AFTER: "After the last step"}


@dataclass(frozen=True, slots=True)
class Row:
    """Its first cell is its heading, with a note under it."""

    heading: str
    cells: list[str]
    note: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`words` says how many columns after the first are words; the rest are numbers."""

    caption: str
    headings: list[str]
    rows: list[Row]
    words: int = 0


def steps(rehearsal: Rehearsal, phases: Sequence[PhaseLatency]) -> Table:
    by_number = {phase.number: phase.both for phase in phases}
    rows = []
    for number, step in enumerate(rehearsal.steps, 1):
        met = by_number.get(number)
        speed = step.rows_per_second
        cells = [
            figure(step.started_s, 2),
            figure(step.length_s, 2),
            count(step.rows),
            count(speed) if speed is not None else NONE,
            count(met.statements if met else 0),
            *([figure(ms) for ms in (met.p50, met.p99, met.max)] if met else [NONE] * 3),
            count(met.errors if met else 0),
        ]
        rows.append(Row(f"{number}. {step.name}", cells, step.detail, bad=bool(met and met.errors)))
    headings = [
        "Step",
        "Start, s",
        "Length, s",
        "Rows",
        "Rows/s",
        "Statements",
        "p50, ms",
        "p99, ms",
        "Max, ms",
        "Errors",
    ]
    return Table("Steps of the upgrade", headings, rows)


def phase_name(phase: PhaseLatency) -> str:
    return _OUTSIDE[phase.name] if phase.number is None else f"{phase.number}. {phase.name}"


def latency(phases: Sequence[PhaseLatency]) -> Table:
    rows = []
    for phase in phases:
        releases: list[tuple[Release, Latency | None]] = [("old", phase.old), ("new", phase.new)]
        for release, met in releases:
            if met:
                cells = [release, *_latency(met)]
                rows.append(Row(phase_name(phase), cells, bad=bool(met.errors)))
    headings = ["Step", "Release", "Statements", "p50, ms", "p95, ms", "p99, ms", "Max, ms", "Errors"]
    return Table("Latency by step and release", headings, rows, words=1)


def _latency(met: Latency) -> list[str]:
    return [count(met.statements), *(figure(ms) for ms in (met.p50, met.p95, met.p99, met.max)), count(met.errors)]


def errors(rehearsal: Rehearsal) -> Table | None:
    """Equal errors together, the most frequent first."""
    timeline = Timeline(rehearsal.steps)
    seen: Counter[tuple[str, Release, str, str]] = Counter()
    first: dict[tuple[str, Release, str, str], float] = {}
    for statement in rehearsal.statements:
        if statement.error:
            at = timeline.at(statement.at_s)
            phase = _OUTSIDE[at] if isinstance(at, str) else f"{at + 1}. {rehearsal.steps[at].name}"
            key = (printable(statement.error), statement.release, statement.kind, phase)
            seen[key] += 1
            first[key] = min(first.get(key, statement.at_s), statement.at_s)
    if not seen:
        return None
    rows = [
        Row(key[0], [*key[1:], count(times), figure(first[key], 2)]) for key, times in seen.most_common(MOST_ERRORS)
    ]
    caption = "Errors"
    if len(seen) > MOST_ERRORS:
        caption += f", the {MOST_ERRORS} most frequent of {count(len(seen))}"
    return Table(caption, ["Error", "Release", "Statement", "Step", "Times", "First at, s"], rows, words=3)


def latency_over_time(over_time: dict[Release, dict[int, Latency]], cut: Buckets) -> Table:
    rows = []
    for index in sorted({index for release in RELEASES for index in over_time[release]}):
        for release in RELEASES:
            if met := over_time[release].get(index):
                cells = [release, count(met.statements), *(figure(ms) for ms in (met.p50, met.p99, met.max))]
                rows.append(Row(figure(cut.starts(index)), [*cells, count(met.errors)], bad=bool(met.errors)))
    headings = ["From, s", "Release", "Statements", "p50, ms", "p99, ms", "Max, ms", "Errors"]
    return Table(f"Latency over time, in pieces of {duration(cut.width_s)}", headings, rows, words=1)


def locks(over_time: dict[int, Locks], cut: Buckets) -> Table:
    rows = [
        Row(figure(worst.at_s), [worst.strongest or NONE, count(worst.waiting), figure(worst.longest_wait_ms)])
        for worst in over_time.values()
    ]
    headings = ["From, s", "Strongest lock", "Sessions waiting, at most", "Longest wait, ms"]
    return Table(f"Locks over time, in pieces of {duration(cut.width_s)}", headings, rows, words=1)


def rates(over_time: dict[int, float], cut: Buckets) -> Table:
    rows = [Row(figure(cut.starts(index)), [count(speed)]) for index, speed in over_time.items()]
    return Table(f"Backfill over time, in pieces of {duration(cut.width_s)}", ["From, s", "Rows/s"], rows)
