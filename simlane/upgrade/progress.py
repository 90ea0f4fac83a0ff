"""A bar on a terminal, plain lines when piped; between two batches also the place to slow down."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from django.core.management.base import OutputWrapper
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simlane.sim.legacy import events

LINE_EVERY_SECONDS = 5.0
LOOK_EVERY_SECONDS = 1.0
WAIT_SECONDS = 0.5
#: The long steps, and the rows they have not done yet; a step that is not here is named for the table it empties.
LEFT = {
    "backfill": "sim_simprofile WHERE profile_identifier = ''",
    "names": "sim_simprofile WHERE name_key = ''",
    "accounts": "users_user WHERE search_key = ''",
    events.STEP: f"{events.TABLE} WHERE {events.LEFT}",
}


@dataclass(frozen=True, slots=True)
class Throttle:
    """What the batches give way to: a fixed pause (ms), a replica behind (s), a slow database (ms)."""

    pause_ms: int = 0
    max_replica_lag: float | None = None
    max_latency_ms: float | None = None

    def hindrance(self) -> str | None:
        """Why it could not do what it is asked, or None: PostgreSQL hides the lag from most, as if there were none."""
        if connection.vendor != "postgresql" or self.max_replica_lag is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_has_role('pg_read_all_stats', 'USAGE'), current_user")
            allowed, user = cursor.fetchone()
        return None if allowed else f"{user} may not see how far replicas are behind: GRANT pg_monitor TO {user}."

    def reason(self) -> str | None:
        """Why to wait now, or None."""
        if connection.vendor != "postgresql":
            return None
        with connection.cursor() as cursor:
            if self.max_replica_lag is not None:
                cursor.execute("SELECT EXTRACT(EPOCH FROM MAX(replay_lag)) FROM pg_stat_replication")
                lag = cursor.fetchone()[0]
                if lag is not None and lag > self.max_replica_lag:
                    return f"a replica is {lag:.1f} s behind"
            if self.max_latency_ms is not None:
                started = time.perf_counter()
                cursor.execute("SELECT id FROM sim_simprofile ORDER BY id LIMIT 1")
                took = (time.perf_counter() - started) * 1000
                if took > self.max_latency_ms:
                    return f"a read by key takes {took:.0f} ms"
        return None


class Watch:
    """A listener for the long steps (`sim.legacy.pace`): counts, shows, and sleeps where the throttle says."""

    def __init__(self, out: OutputWrapper, throttle: Throttle) -> None:
        self.out = out
        self.throttle = throttle
        self.rows: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._started: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._totals: dict[str, int] = {}
        self._last_line = self._last_look = 0.0
        self._tasks: dict[str, Any] = {}
        self._bar: Progress | None = None
        if out.isatty():
            self._bar = Progress(
                TextColumn("{task.description:<10}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]} rows/s"),
                TimeRemainingColumn(),
                console=Console(),
            )

    def __enter__(self) -> Watch:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
        for step, rows in self.rows.items():
            speed = f", {rate:,.0f} rows/s" if (rate := self._rate(step)) else ""
            self.out.write(f"  {step}: {rows:,} rows{speed}")

    def __call__(self, step: str, rows: int) -> None:
        now = time.monotonic()
        if step not in self.rows:
            self.rows[step], self._first[step], self._started[step] = 0, rows, now
            self._totals[step] = rows + _rows_left(step)
        self.rows[step] += rows
        self._last[step] = now
        self._show(step, now)
        if self.throttle.pause_ms:
            time.sleep(self.throttle.pause_ms / 1000)
        if now - self._last_look >= LOOK_EVERY_SECONDS:
            self._last_look = now
            while why := self.throttle.reason():
                self.say(f"{step}: waiting, {why}")
                time.sleep(WAIT_SECONDS)

    def say(self, line: str) -> None:
        """A line, above the bar where there is one."""
        if self._bar:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            self.out.write(line)
            self.out.flush()

    def _rate(self, step: str) -> float:
        """Rows a second, since the first batch told that the step had begun; 0 until there is a second one."""
        seconds = self._last[step] - self._started[step]
        return (self.rows[step] - self._first[step]) / seconds if seconds else 0.0

    def _show(self, step: str, now: float) -> None:
        done, total = self.rows[step], self._totals[step]
        rate = self._rate(step)
        if self._bar:
            if step not in self._tasks:
                self._tasks[step] = self._bar.add_task(step, total=total, rate="")
            self._bar.update(self._tasks[step], completed=done, rate=f"{rate:,.0f}")
        elif now - self._last_line >= LINE_EVERY_SECONDS:
            self._last_line = now
            # How fast it goes shows with the second batch.
            speed = f", {rate:,.0f} rows/s, {max(0, total - done) / rate:,.0f} s left" if rate else ""
            self.say(f"  {step}: {done:,} of {total:,} rows{speed}")


def _rows_left(step: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {LEFT.get(step, step)}")
        return int(cursor.fetchone()[0])
