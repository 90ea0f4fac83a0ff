"""Statistics of a rehearsal's measurements: latency by step and over time, locks and rows a second over time."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simlane.upgrade.rehearsal.measurements import RELEASES, Locks, Rate, Rehearsal, Release, Statement, Step

MOST_BUCKETS = 300
BEFORE, BETWEEN, AFTER = "Before the first step", "Between steps", "After the last step"


@dataclass(frozen=True, slots=True)
class Latency:
    """The time that statements took, failed ones included, in milliseconds."""

    statements: int
    errors: int
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Phase:
    """The latency of the statements that began in `step`, or outside all steps (`step` is then None)."""

    name: str
    step: Step | None
    old: Latency | None
    new: Latency | None
    both: Latency | None


@dataclass(frozen=True, slots=True)
class Buckets:
    """Equal intervals of time: number `i` begins at `start_s + i * width_s`."""

    start_s: float
    end_s: float
    width_s: float

    def of(self, at_s: float) -> int:
        # Without the small addition, rounding puts 0.3 s into the interval before.
        return int((at_s - self.start_s) / self.width_s + 1e-9)

    def starts(self, index: int) -> float:
        # Rounded, or 0.1 * 3 shows as 0.30000000000000004.
        return round(self.start_s + index * self.width_s, 9)

    @property
    def count(self) -> int:
        return self.of(self.end_s) + 1


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of ascending values: always one of them. Raises ValueError if there are none."""
    if not ordered:
        raise ValueError("no values have no percentile")
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def latency(statements: Sequence[Statement]) -> Latency | None:
    """None without statements."""
    if not statements:
        return None
    times = sorted(statement.ms for statement in statements)
    p50, p95, p99 = (percentile(times, percent) for percent in (50, 95, 99))
    return Latency(len(times), sum(bool(each.error) for each in statements), p50, p95, p99, times[-1])


class Timeline:
    """Finds the step of a moment. A step includes its start, not its end; of overlapping steps the later begun wins."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._bounds = sorted({at for step in steps for at in (step.started_s, step.finished_s)})
        self._owners: list[int | str] = [BEFORE, *map(self._owner, self._bounds)]
        if self._bounds:
            self._owners[-1] = AFTER

    def _owner(self, at_s: float) -> int | str:
        running = [i for i, step in enumerate(self._steps) if step.started_s <= at_s < step.finished_s]
        return max(running, key=lambda i: (self._steps[i].started_s, i)) if running else BETWEEN

    def at(self, at_s: float) -> int | str:
        """The step's index, or BEFORE, BETWEEN or AFTER."""
        return self._owners[bisect_right(self._bounds, at_s)]

    def name(self, phase: int | str) -> str:
        """A step is named with its number, from 1."""
        return phase if isinstance(phase, str) else f"{phase + 1}. {self._steps[phase].name}"

    def name_at(self, at_s: float) -> str:
        return self.name(self.at(at_s))


def latency_by_step(steps: Sequence[Step], statements: Iterable[Statement]) -> list[Phase]:
    """All steps in their order; before, between and after them only if statements began there."""
    timeline = Timeline(steps)
    taken: dict[tuple[int | str, Release], list[Statement]] = defaultdict(list)
    for statement in statements:
        taken[timeline.at(statement.at_s), statement.release].append(statement)
    phases = []
    for phase in (BEFORE, *range(len(steps)), BETWEEN, AFTER):
        old, new = taken[phase, "old"], taken[phase, "new"]
        step = steps[phase] if isinstance(phase, int) else None
        if step or old or new:
            phases.append(Phase(timeline.name(phase), step, latency(old), latency(new), latency(old + new)))
    return phases


def took_s(steps: Sequence[Step]) -> float:
    """From the first step's start to the last one's end."""
    return max(s.finished_s for s in steps) - min(s.started_s for s in steps) if steps else 0.0


def buckets(rehearsal: Rehearsal) -> Buckets:
    """At most MOST_BUCKETS intervals over the rehearsal, as narrow as can be of 0.1, 0.2, 0.5, 1, 2, 5, ... seconds."""
    times = [0.0, *(at for step in rehearsal.steps for at in (step.started_s, step.finished_s))]
    for measured in (rehearsal.statements, rehearsal.locks, rehearsal.rates):
        times += [each.at_s for each in measured]
    first, last = min(times), max(times)
    widths = (digit * 10.0**exponent for exponent in itertools.count(-1) for digit in (1, 2, 5))
    cuts = (Buckets(math.floor(first / width) * width, last, width) for width in widths)
    return next(cut for cut in cuts if cut.count <= MOST_BUCKETS)


def latency_over_time(statements: Iterable[Statement], cut: Buckets) -> dict[Release, dict[int, Latency]]:
    """The latency of each release in each interval in which one of its statements began."""
    taken: dict[tuple[Release, int], list[Statement]] = defaultdict(list)
    for statement in statements:
        taken[statement.release, cut.of(statement.at_s)].append(statement)
    found: dict[Release, dict[int, Latency]] = {release: {} for release in RELEASES}
    for (release, index), of_interval in sorted(taken.items()):
        if met := latency(of_interval):
            found[release][index] = met
    return found


def locks_over_time(locks: Iterable[Locks], cut: Buckets) -> dict[int, Locks]:
    """The greatest value of each field in each interval."""
    worst: dict[int, Locks] = {}
    for sample in sorted(locks, key=lambda sample: sample.at_s):
        index = cut.of(sample.at_s)
        seen = worst.get(index, sample)
        worst[index] = Locks(
            cut.starts(index),
            max(seen.waiting, sample.waiting),
            max(seen.longest_wait_ms, sample.longest_wait_ms),
            max(seen, sample, key=lambda each: each.strength).strongest,
        )
    return worst


def rows_per_second(rates: Iterable[Rate], cut: Buckets) -> dict[int, float]:
    """Rows a second up to the last sample of each interval; a count that falls has begun again at 0."""
    ordered = sorted(rates, key=lambda rate: rate.at_s)
    totals: dict[int, Rate] = {}
    total = 0
    for before, rate in zip(ordered[:1] + ordered, ordered, strict=False):
        total += rate.rows - before.rows if rate.rows >= before.rows else rate.rows
        totals[cut.of(rate.at_s)] = Rate(rate.at_s, total)
    speeds: dict[int, float] = {}
    since = Rate(ordered[0].at_s, 0) if ordered else None
    for index, reached in totals.items():
        if since and reached.at_s > since.at_s:
            speeds[index] = (reached.rows - since.rows) / (reached.at_s - since.at_s)
        since = reached
    return speeds
