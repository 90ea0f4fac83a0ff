"""What the report's page shows: its facts, its charts and the table of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from simlane.upgrade.rehearsal import figures, tables
from simlane.upgrade.rehearsal.charts import Frame, Panel, Scale, Series, linear_scale, log_scale
from simlane.upgrade.rehearsal.figures import Latency
from simlane.upgrade.rehearsal.measurements import RELEASES, Rehearsal, Release
from simlane.upgrade.rehearsal.tables import Table
from simlane.upgrade.rehearsal.wording import (
    NONE,
    clock,
    count,
    duration,
    milliseconds,
    outcome,
    printable,
    sentence,
    some,
)

#: A line does not end between a number and its unit.
_UNIT = re.compile(r"(?<=\d) (ms|s|min|h)\b")


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels above each other on one time axis, or `empty` to say why there is none."""

    title: str
    about: str
    empty: str
    key: list[tuple[str, str]] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    table: Table | None = None
    time: str = ""


def context(rehearsal: Rehearsal) -> dict[str, Any]:
    frame = Frame(figures.buckets(rehearsal), rehearsal.steps)
    phases = figures.latency_by_step(rehearsal.steps, rehearsal.statements)
    return {
        "outcome": outcome(rehearsal),
        "sentence": _UNIT.sub("\u00a0\\1", sentence(rehearsal)),
        "facts": _facts(rehearsal, figures.latency(rehearsal.statements)),
        # A failed check is what one came to read.
        "verdicts": sorted(rehearsal.verdicts, key=lambda verdict: verdict.ok),
        "charts": [_latency(rehearsal, frame), _locks(rehearsal, frame), _rates(rehearsal, frame)],
        "steps": tables.steps(rehearsal, phases) if rehearsal.steps else None,
        "latency": tables.latency(phases) if phases and rehearsal.statements else None,
        "errors": tables.errors(rehearsal),
        "plot": {"bands": frame.bands},
    }


def _facts(rehearsal: Rehearsal, all_of_them: Latency | None) -> list[tuple[str, str]]:
    began = rehearsal.started_at
    if began.tzinfo:
        began = began.astimezone(UTC)
    return [
        ("Profiles", count(rehearsal.rows)),
        ("Accounts", count(rehearsal.users)),
        ("Upgrade took", duration(figures.took_s(rehearsal.steps)) if rehearsal.steps else NONE),
        ("Statements", count(len(rehearsal.statements))),
        ("Statement p50", milliseconds(all_of_them.p50) if all_of_them else NONE),
        ("Statement p99", milliseconds(all_of_them.p99) if all_of_them else NONE),
        ("Longest statement", milliseconds(all_of_them.max) if all_of_them else NONE),
        ("Errors", count(all_of_them.errors) if all_of_them else NONE),
        ("Server", printable(rehearsal.server)),
        ("Began", f"{began:%d %B %Y, %H:%M} UTC".lstrip("0")),
    ]


def _latency(rehearsal: Rehearsal, frame: Frame) -> Chart:
    about = (
        f"How long the clients’ statements took, in pieces of {duration(frame.cut.width_s)}. "
        "Each line of the grid is ten times the one below."
    )
    over_time = figures.latency_over_time(rehearsal.statements, frame.cut)
    met = [latency for release in RELEASES for latency in over_time[release].values()]
    if not met:
        return Chart("Latency", about, "No statement was measured.")
    scale = log_scale([ms for latency in met for ms in (latency.p50, latency.max)])
    panels = [_latency_panel(release, over_time[release], scale, frame) for release in RELEASES if over_time[release]]
    key = [("max", "max"), ("p99", "p99"), ("p50", "p50")]
    if any(latency.errors for latency in met):
        key.append(("errors", "errors"))
    return Chart("Latency", about, "", key, panels, tables.latency_over_time(over_time, frame.cut), _axis(frame))


def _latency_panel(release: Release, over_time: dict[int, Latency], scale: Scale, frame: Frame) -> Panel:
    worst = max(over_time, key=lambda index: over_time[index].max)
    errors = sum(latency.errors for latency in over_time.values())
    total = sum(latency.statements for latency in over_time.values())
    says = (
        f"Latency of the {release} release over time: {some(total, 'statement')}, the longest "
        f"{milliseconds(over_time[worst].max)} at {_time(worst, frame)}, {some(errors, 'error')}."
    )
    series = [
        Series("max", "max", {index: latency.max for index, latency in over_time.items()}),
        Series("p99", "p99", {index: latency.p99 for index, latency in over_time.items()}),
        Series("p50", "p50", {index: latency.p50 for index, latency in over_time.items()}),
    ]
    hovers = {
        index: f"{_time(index, frame)}: p50 {milliseconds(latency.p50)}, p99 {milliseconds(latency.p99)}, "
        f"max {milliseconds(latency.max)}, {some(latency.statements, 'statement')}, {some(latency.errors, 'error')}"
        for index, latency in over_time.items()
    }
    marks = [index for index, latency in over_time.items() if latency.errors]
    return frame.panel(f"{release.title()} release, ms", says, scale, series, hovers, marks)


def _locks(rehearsal: Rehearsal, frame: Frame) -> Chart:
    about = (
        f"Sessions that waited for a lock, and the longest wait: the worst in pieces of {duration(frame.cut.width_s)}."
    )
    over_time = figures.locks_over_time(rehearsal.locks, frame.cut)
    if not over_time:
        return Chart("Locks", about, "Locks were not sampled.")
    waiting = {index: float(worst.waiting) for index, worst in over_time.items()}
    longest = {index: worst.longest_wait_ms for index, worst in over_time.items()}
    panels = [
        _area("Sessions waiting", "waiting", waiting, frame, count),
        _area("Longest wait, ms", "wait", longest, frame, milliseconds),
    ]
    return Chart("Locks", about, "", [], panels, tables.locks(over_time, frame.cut), _axis(frame))


def _rates(rehearsal: Rehearsal, frame: Frame) -> Chart:
    about = "How fast the backfill filled rows in while the clients worked."
    over_time = figures.rows_per_second(rehearsal.rates, frame.cut)
    if not over_time:
        return Chart("Backfill", about, "The backfill was measured fewer than twice: there is no speed to show.")
    panel = _area("Rows a second", "rate", over_time, frame, lambda speed: f"{count(speed)} rows/s")
    return Chart("Backfill", about, "", [], [panel], tables.rates(over_time, frame.cut), _axis(frame))


def _area(title: str, style: str, points: dict[int, float], frame: Frame, say: Callable[[float], str]) -> Panel:
    highest = max(points, key=lambda index: points[index])
    says = f"{title} over time: at most {say(points[highest])}, at {_time(highest, frame)}."
    hovers = {index: f"{_time(index, frame)}: {say(value)}" for index, value in points.items()}
    scale = linear_scale(list(points.values()))
    return frame.panel(title, says, scale, [Series(title, style, points)], hovers, [])


def _time(index: int, frame: Frame) -> str:
    at = frame.cut.starts(index)
    return clock(at, minutes=True) if frame.minutes else f"{clock(at, minutes=False)} s"


def _axis(frame: Frame) -> str:
    unit = "minutes:seconds" if frame.minutes else "seconds"
    return f"Time since the rehearsal began, {unit}"
