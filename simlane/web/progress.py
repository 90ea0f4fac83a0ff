"""The progress of a command: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

from time import monotonic
from types import TracebackType
from typing import TextIO

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

#: Seconds between lines.
LINE_EVERY = 5.0


class Counter:
    """Shows `done` of `total`, in a `with`: a bar on the `terminal`, or lines on `out` when it is none.

    Without `terminal` the bar is on `out` itself. `unit` follows the total; `at_once` makes the first call a line, too.
    """

    def __init__(
        self,
        out: OutputWrapper,
        label: str,
        total: int,
        *,
        terminal: TextIO | None = None,
        unit: str = "",
        at_once: bool = False,
    ) -> None:
        self._out, self._label, self._total, self._unit = out, label, total, unit
        self._said = -LINE_EVERY if at_once else monotonic()
        self._bar: Progress | None = None
        if (terminal or out).isatty():
            self._bar = Progress(
                TextColumn(label),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[detail]}"),
                TimeRemainingColumn(),
                console=Console(file=terminal),
            )
            self._task = self._bar.add_task(label, total=total, detail="")

    def __enter__(self) -> Counter:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, done: int, detail: str = "") -> None:
        """Show how many are done, and the `detail`."""
        if self._bar:
            self._bar.update(self._task, completed=done, detail=detail)
        elif monotonic() - self._said >= LINE_EVERY:
            self._said = monotonic()
            self.say(f"  {self._label}: {done:,} of {self._total:,}{self._unit}{f', {detail}' if detail else ''}")

    def say(self, line: str) -> None:
        """Write a line, above the bar where there is one."""
        if self._bar:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            self._out.write(line)
            self._out.flush()
