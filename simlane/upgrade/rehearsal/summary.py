"""The report on a terminal; where its output is piped or narrow, a line for each thing instead of tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from simlane.upgrade.rehearsal import figures, tables
from simlane.upgrade.rehearsal.figures import Latency, PhaseLatency
from simlane.upgrade.rehearsal.measurements import Rehearsal
from simlane.upgrade.rehearsal.tables import Table
from simlane.upgrade.rehearsal.wording import count, duration, milliseconds, outcome, printable, sentence, some

_TABLES_NEED = 110
_STYLE = {"Passed": "bold green", "Failed": "bold red", "Not checked": "bold yellow"}


class Summary:
    """What `console.print` shows of a rehearsal."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.phases = figures.latency_by_step(rehearsal.steps, rehearsal.statements)
        self.errors = tables.errors(rehearsal)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        said = outcome(self.rehearsal)
        yield Text.assemble((f"{said}. ", _STYLE[said]), sentence(self.rehearsal))
        if console.is_terminal and options.max_width >= _TABLES_NEED:
            yield from self._tables()
        else:
            yield from self._lines()

    def _tables(self) -> Iterator[RenderableType]:
        if self.rehearsal.verdicts:
            checks = RichTable(title="Checks", title_justify="left")
            for heading in ("Check", "Outcome", "Detail"):
                checks.add_column(heading, overflow="fold")
            for verdict in self.rehearsal.verdicts:
                word = Text("passed", "green") if verdict.ok else Text("FAILED", "bold red")
                checks.add_row(_text(verdict.name), word, _text(verdict.detail))
            yield checks
        if self.rehearsal.steps:
            yield _table(tables.steps(self.rehearsal, self.phases))
        if self.errors:
            yield _table(self.errors)

    def _lines(self) -> Iterator[RenderableType]:
        for verdict in self.rehearsal.verdicts:
            word = "passed" if verdict.ok else "FAILED"
            yield _text(f"{word}  {verdict.name}: {verdict.detail}" if verdict.detail else f"{word}  {verdict.name}")
        for phase in self.phases:
            yield _text(f"{tables.phase_name(phase)}: {self._phase(phase)}")
        for row in self.errors.rows if self.errors else []:
            release, kind, step, times, first = row.cells
            yield _text(f"error  {row.heading} ({times} ×, {release} release, {kind}, {step}, first at {first} s)")

    def _phase(self, phase: PhaseLatency) -> str:
        met = _met(phase.both)
        if phase.number is None:
            return met
        step = self.rehearsal.steps[phase.number - 1]
        took = f"{duration(step.length_s)} from {duration(step.started_s)}"
        if step.rows:
            speed = step.rows_per_second
            took += f", {some(step.rows, 'row')}" + (f" ({count(speed)} rows/s)" if speed is not None else "")
        return f"{took}; {met}"


def _met(met: Latency | None) -> str:
    if met is None:
        return "no statement"
    p50, p99, longest = (milliseconds(ms) for ms in (met.p50, met.p99, met.max))
    return f"{some(met.statements, 'statement')}, p50 {p50}, p99 {p99}, max {longest}, {some(met.errors, 'error')}"


def _table(table: Table) -> RichTable:
    shown = RichTable(title=table.caption, title_justify="left")
    for column, heading in enumerate(table.headings):
        words = column <= table.words
        shown.add_column(heading, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    for row in table.rows:
        shown.add_row(_text(row.heading), *map(_text, row.cells), style="red" if row.bad else "")
    return shown


def _text(words: str) -> Text:
    """Neither markup nor escape sequences of whoever wrote the words."""
    return Text(printable(words))
