"""A rehearsal's report: lines for the terminal, and one HTML file that needs no other file.

The page is `upgrade/report.html` with its data as JSON: each chart is drawn from the rows of the table beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.color import color_style
from django.template.loader import render_to_string

from simlane.upgrade.rehearsal import statistics
from simlane.upgrade.rehearsal.measurements import RELEASES, Rehearsal
from simlane.upgrade.rehearsal.statistics import Buckets, Phase, Timeline
from simlane.upgrade.rehearsal.wording import (
    NONE,
    cell,
    count,
    duration,
    milliseconds,
    one_line,
    outcome,
    sentence,
    some,
    statements,
)

Row = list[str | float | None]
MOST_ERRORS = 50
#: A chart's line is broken where more than so many intervals in a row have no value.
GAP = 5


@dataclass(frozen=True, slots=True)
class Table:
    """Its first column heads each row. A row is marked as bad if its column `errors` is not 0."""

    caption: str
    headings: list[str]
    rows: list[Row]
    errors: int | None = None

    def shown(self) -> list[tuple[bool, list[tuple[str, bool]]]]:
        """Of each row whether it is bad, and its cells: the text, and whether it is a number."""
        return [
            (self.errors is not None and bool(row[self.errors]), [(cell(v), not isinstance(v, str)) for v in row])
            for row in self.rows
        ]

    def headed(self) -> list[tuple[str, bool]]:
        return [(heading, not isinstance(self.rows[0][i], str)) for i, heading in enumerate(self.headings)]


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing of a chart: `lines` are columns of its table, of the rows of one `release` if that is given."""

    name: str
    title: str
    says: str
    lines: list[int]
    release: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels above each other on one time axis, and their table; without it `about` says why there is none."""

    title: str
    about: str
    table: Table | None = None
    panels: Sequence[Panel] = ()


def write_html(rehearsal: Rehearsal, path: Path) -> None:
    """Write the report, over an earlier one; its folder must exist."""
    path.write_text(render_to_string("upgrade/report.html", _page(rehearsal)), encoding="utf-8")


def summary_lines(rehearsal: Rehearsal) -> Iterator[str]:
    """Outcome, checks, steps and errors for a terminal; in colours where standard output has them."""
    style = color_style()
    paint = {"Passed": style.SUCCESS, "Failed": style.ERROR}.get(outcome(rehearsal), style.WARNING)
    yield f"{paint(outcome(rehearsal) + '.')} {sentence(rehearsal)}"
    for verdict in rehearsal.verdicts:
        word = "passed" if verdict.ok else style.ERROR("FAILED")
        yield f"{word} {one_line(verdict.name)}" + (f": {one_line(verdict.detail)}" if verdict.detail else "")
    for phase in statistics.latency_by_step(rehearsal.steps, rehearsal.statements):
        yield f"{one_line(phase.name)}: {_step(phase)}{statements(phase.both)}"
    if errors := _errors(rehearsal):
        for error, release, kind, step, times, first in errors.rows:
            yield f"error {error} ({times} ×, {release} release, {kind}, {step}, first at {cell(first)} s)"


def _step(phase: Phase) -> str:
    if not (step := phase.step):
        return ""
    speed = f" ({count(step.rows_per_second)} rows/s)" if step.rows_per_second is not None else ""
    rows = f", {some(step.rows, 'row')}{speed}" if step.rows else ""
    return f"{duration(step.length_s)} from {duration(step.started_s)}{rows}; "


def _page(rehearsal: Rehearsal) -> dict[str, Any]:
    cut = statistics.buckets(rehearsal)
    phases = statistics.latency_by_step(rehearsal.steps, rehearsal.statements)
    charts = [_latency(rehearsal, cut), _locks(rehearsal, cut), _rates(rehearsal, cut)]
    built = settings.BASE_DIR / "simlane" / "static" / "build"
    return {
        # The fonts are files of their own; without them the page uses the system's.
        "style": re.sub(r"@font-face\s*{[^}]*}", "", (built / "site.css").read_text()),
        "script": (built / "rehearsal.js").read_text(),
        "outcome": outcome(rehearsal),
        # A line does not end between a number and its unit.
        "sentence": re.sub(r"(?<=\d) (ms|s|min|h)\b", "\u00a0\\1", sentence(rehearsal)),
        "statistics": _statistics(rehearsal),
        "verdicts": sorted(rehearsal.verdicts, key=lambda verdict: verdict.ok),
        "charts": charts,
        "tables": [table for table in (_errors(rehearsal), _steps(phases), _by_release(phases)) if table],
        "steps": rehearsal.steps,
        "data": {
            "start": cut.start_s,
            "end": max(cut.end_s, cut.start_s + cut.width_s),
            "width": cut.width_s,
            "gap": GAP * cut.width_s,
            "steps": [[step.name, step.started_s, step.finished_s] for step in rehearsal.steps],
            "charts": [asdict(chart) for chart in charts if chart.table],
        },
    }


def _statistics(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    began = rehearsal.started_at.astimezone(UTC)
    met = statistics.latency(rehearsal.statements)
    return [
        ("Profiles", count(rehearsal.rows)),
        ("Accounts", count(rehearsal.users)),
        ("Upgrade took", duration(statistics.took_s(rehearsal.steps)) if rehearsal.steps else NONE),
        ("Statements", count(len(rehearsal.statements))),
        ("Statement p50", milliseconds(met.p50) if met else NONE),
        ("Statement p99", milliseconds(met.p99) if met else NONE),
        ("Longest statement", milliseconds(met.max) if met else NONE),
        ("Errors", count(met.errors) if met else NONE),
        ("Server", one_line(rehearsal.server)),
        ("Began", f"{began:%d %B %Y, %H:%M} UTC".lstrip("0")),
    ]


def _latency(rehearsal: Rehearsal, cut: Buckets) -> Chart:
    over_time = statistics.latency_over_time(rehearsal.statements, cut)
    rows: list[Row] = [
        [cut.starts(index), release, met.statements, met.p50, met.p99, met.max, met.errors]
        for index, release, met in sorted(
            ((index, release, met) for release in RELEASES for index, met in over_time[release].items()),
            key=lambda each: each[0],
        )
    ]
    if not rows:
        return Chart("Latency", "No statement was measured.")
    panels = []
    for release in RELEASES:
        if found := over_time[release]:
            worst = max(found, key=lambda index: found[index].max)
            errors = sum(met.errors for met in found.values())
            says = (
                f"Latency of the {release} release over time: "
                f"{some(sum(met.statements for met in found.values()), 'statement')}, the longest "
                f"{milliseconds(found[worst].max)} at {cell(cut.starts(worst))} s, {some(errors, 'error')}."
            )
            panels.append(Panel(f"{release}-latency", f"{release.title()} release, ms", says, [5, 4, 3], release))
    about = (
        f"How long the clients’ statements took, in pieces of {duration(cut.width_s)}. "
        "Each line of the grid is ten times the one below."
    )
    headings = ["From, s", "Release", "Statements", "p50, ms", "p99, ms", "Max, ms", "Errors"]
    return Chart("Latency", about, Table("Latency over time", headings, rows, errors=6), panels)


def _locks(rehearsal: Rehearsal, cut: Buckets) -> Chart:
    rows: list[Row] = [
        [worst.at_s, worst.strongest or NONE, worst.waiting, worst.longest_wait_ms]
        for worst in statistics.locks_over_time(rehearsal.locks, cut).values()
    ]
    if not rows:
        return Chart("Locks", "Locks were not sampled.")
    about = f"Sessions that waited for a lock, and the longest wait: the worst in pieces of {duration(cut.width_s)}."
    headings = ["From, s", "Strongest lock", "Sessions waiting, at most", "Longest wait, ms"]
    table = Table("Locks over time", headings, rows)
    return Chart(
        "Locks",
        about,
        table,
        [_panel(table, 2, "waiting", "Sessions waiting"), _panel(table, 3, "wait", "Longest wait, ms")],
    )


def _rates(rehearsal: Rehearsal, cut: Buckets) -> Chart:
    rows: list[Row] = [
        [cut.starts(index), round(speed)] for index, speed in statistics.rows_per_second(rehearsal.rates, cut).items()
    ]
    if not rows:
        return Chart("Backfill", "The backfill was measured fewer than twice: there is no speed to show.")
    table = Table("Backfill over time", ["From, s", "Rows/s"], rows)
    about = "How fast the backfill filled rows in while the clients worked."
    return Chart("Backfill", about, table, [_panel(table, 1, "rate", "Rows a second")])


def _panel(table: Table, column: int, name: str, title: str) -> Panel:
    most: Any = max(table.rows, key=lambda row: row[column] or 0)
    return Panel(name, title, f"{title} over time: at most {cell(most[column])}, at {cell(most[0])} s.", [column])


def _steps(phases: Sequence[Phase]) -> Table | None:
    rows: list[Row] = []
    for phase in phases:
        if step := phase.step:
            met = phase.both
            times = [met.statements, met.p50, met.p99, met.max, met.errors] if met else [0, None, None, None, 0]
            speed = step.rows_per_second
            timed = [step.started_s, step.length_s, step.rows, speed if speed is None else round(speed)]
            rows.append([phase.name, *timed, *times])
    headings = ["Step", "Start, s", "Length, s", "Rows", "Rows/s", "Statements"]
    return Table("Steps", [*headings, "p50, ms", "p99, ms", "Max, ms", "Errors"], rows, errors=9) if rows else None


def _by_release(phases: Sequence[Phase]) -> Table | None:
    rows: list[Row] = [
        [phase.name, release, met.statements, met.p50, met.p95, met.p99, met.max, met.errors]
        for phase in phases
        for release, met in (("old", phase.old), ("new", phase.new))
        if met
    ]
    headings = ["Step", "Release", "Statements", "p50, ms", "p95, ms", "p99, ms", "Max, ms", "Errors"]
    return Table("Latency by step and release", headings, rows, errors=7) if rows else None


def _errors(rehearsal: Rehearsal) -> Table | None:
    """Equal errors together, the most frequent first."""
    timeline = Timeline(rehearsal.steps)
    seen: Counter[tuple[str, str, str, str]] = Counter()
    first: dict[tuple[str, str, str, str], float] = {}
    for each in sorted(rehearsal.statements, key=lambda statement: statement.at_s):
        if each.error:
            key = (one_line(each.error), each.release, one_line(each.kind), one_line(timeline.name_at(each.at_s)))
            seen[key] += 1
            first.setdefault(key, each.at_s)
    if not seen:
        return None
    most = f", the {MOST_ERRORS} most frequent of {count(len(seen))}" if len(seen) > MOST_ERRORS else ""
    headings = ["Error", "Release", "Statement", "Step", "Times", "First at, s"]
    return Table(f"Errors{most}", headings, [[*key, n, first[key]] for key, n in seen.most_common(MOST_ERRORS)])
