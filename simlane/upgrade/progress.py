"""A bar on a terminal, plain lines when piped; between two batches also the place to slow down."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType

from django.core.management.base import OutputWrapper
from django.db import connection

from simlane.sim.legacy import career_statistics, career_years, events, records
from simlane.web.progress import Counter

LOOK_EVERY_SECONDS = 1.0
WAIT_SECONDS = 0.5
#: Who has raced at all.
_RACED = "(SELECT DISTINCT profile_id FROM sim_entrydriver WHERE profile_id IS NOT NULL) AS raced"
#: The long steps, and the rows they have not done yet; a step that is not here is named for the table it empties.
LEFT = {
    "backfill": "sim_simprofile WHERE profile_identifier = ''",
    "names": "sim_simprofile WHERE name_key = ''",
    "accounts": "users_user WHERE search_key = ''",
    events.STEP: f"{events.TABLE} WHERE {events.LEFT}",
    career_statistics.STEP: _RACED,
    career_years.STEP: _RACED,
    # About so many: a class of its own makes one more.
    records.STEP: "(SELECT DISTINCT track_id, car_id FROM sim_personalbest) AS driven",
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


@dataclass(slots=True)
class _Step:
    """A long step: its display, the rows and the time of its first batch, and what it has done since."""

    counter: Counter
    total: int
    first: int
    started: float
    rows: int = 0
    last: float = 0.0

    @property
    def rate(self) -> float:
        """Rows a second since the first batch, which told that the step had begun; 0 until there is a second one."""
        seconds = self.last - self.started
        return (self.rows - self.first) / seconds if seconds > 0 else 0.0


class Watch:
    """A listener for the long steps (`sim.legacy.progress`): counts, shows, and sleeps where the throttle says."""

    def __init__(self, out: OutputWrapper, throttle: Throttle) -> None:
        self.out = out
        self.throttle = throttle
        self._steps: dict[str, _Step] = {}
        self._shown: _Step | None = None
        self._last_look = 0.0

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._shown.counter.__exit__(kind, error, trace)
        for name, step in self._steps.items():
            speed = f", {step.rate:,.0f} rows/s" if step.rate else ""
            self.out.write(f"  {name}: {step.rows:,} rows{speed}")

    def __call__(self, name: str, rows: int) -> None:
        now = time.monotonic()
        if name not in self._steps:
            total = rows + _rows_left(name)
            self._steps[name] = _Step(Counter(self.out, name, total, unit=" rows", at_once=True), total, rows, now)
        step = self._steps[name]
        step.rows += rows
        step.last = now
        self._show(step)
        if self.throttle.pause_ms:
            time.sleep(self.throttle.pause_ms / 1000)
        if now - self._last_look >= LOOK_EVERY_SECONDS:
            self._last_look = now
            while why := self.throttle.reason():
                self.say(f"{name}: waiting, {why}")
                time.sleep(WAIT_SECONDS)

    def say(self, line: str) -> None:
        """Write a line, above the bar where there is one."""
        if self._shown:
            self._shown.counter.say(line)
        else:
            self.out.write(line)
            self.out.flush()

    def _show(self, step: _Step) -> None:
        """A terminal has one bar at a time: that of the step which runs."""
        if self._shown is not step:
            if self._shown:
                self._shown.counter.__exit__(None, None, None)
            self._shown = step
            step.counter.__enter__()
        left = max(0, step.total - step.rows)
        step.counter(step.rows, f"{step.rate:,.0f} rows/s, {left / step.rate:,.0f} s left" if step.rate else "")


def _rows_left(step: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {LEFT.get(step, step)}")
        return int(cursor.fetchone()[0])
