"""Figures drawn from measurements: latency by step and over time, locks and rows a second over time. Pure functions."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from simlane.upgrade.rehearsal.measurements import RELEASES, Locks, Rate, Rehearsal, Release, Statement, Step

MOST_BUCKETS = 300
BEFORE, BETWEEN, AFTER = "before", "between", "after"

#: PostgreSQL's table locks, weakest first.
_LOCKS = [
    "accessshare",
    "rowshare",
    "rowexclusive",
    "shareupdateexclusive",
    "share",
    "sharerowexclusive",
    "exclusive",
    "accessexclusive",
]


@dataclass(frozen=True, slots=True)
class Latency:
    """How long some statements took, in milliseconds; failed ones count."""

    statements: int
    errors: int
    p50: float
    p95: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class PhaseLatency:
    """The statements that began in one step, or before, between or after the steps (`number` is then None)."""

    name: str
    number: int | None
    old: Latency | None
    new: Latency | None
    both: Latency | None


@dataclass(frozen=True, slots=True)
class Buckets:
    """Time cut into equal pieces: piece `i` begins at `start_s + i * width_s`."""

    start_s: float
    end_s: float
    width_s: float

    def of(self, at_s: float) -> int:
        # The nudge, or 0.3 s falls below the third tenth.
        return int((at_s - self.start_s) / self.width_s + 1e-9)

    def starts(self, index: int) -> float:
        # Rounded, or 0.1 * 3 shows as 0.30000000000000004.
        return round(self.start_s + index * self.width_s, 9)

    @property
    def count(self) -> int:
        return self.of(self.end_s) + 1


@dataclass(slots=True)
class _Sample:
    ms: list[float] = field(default_factory=list)
    errors: int = 0

    def latency(self) -> Latency | None:
        if not self.ms:
            return None
        self.ms.sort()
        p50, p95, p99 = (percentile(self.ms, percent) for percent in (50, 95, 99))
        return Latency(len(self.ms), self.errors, p50, p95, p99, self.ms[-1])


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of ascending values: always one that was measured. Raises ValueError for none."""
    if not ordered:
        raise ValueError("no values have no percentile")
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def latency(statements: Iterable[Statement]) -> Latency | None:
    sample = _Sample()
    for statement in statements:
        sample.ms.append(statement.ms)
        sample.errors += bool(statement.error)
    return sample.latency()


class Timeline:
    """Which step a moment falls in: a step holds its start and not its end; of two that overlap, the later begun."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self._bounds = sorted({at for step in steps for at in (step.started_s, step.finished_s)})
        self._owners: list[int | str] = [BEFORE, *map(self._owner, self._bounds)]
        if self._bounds:
            self._owners[-1] = AFTER

    def _owner(self, at_s: float) -> int | str:
        running = [i for i, step in enumerate(self.steps) if step.started_s <= at_s < step.finished_s]
        return max(running, key=lambda i: (self.steps[i].started_s, i)) if running else BETWEEN

    def at(self, at_s: float) -> int | str:
        """The step's index, or BEFORE, BETWEEN or AFTER."""
        return self._owners[bisect_right(self._bounds, at_s)]

    def name_at(self, at_s: float) -> str:
        found = self.at(at_s)
        return found if isinstance(found, str) else self.steps[found].name


def latency_by_step(steps: Sequence[Step], statements: Iterable[Statement]) -> list[PhaseLatency]:
    """Every step in its order, and what ran before, between and after them where anything did."""
    timeline = Timeline(steps)
    phases: list[int | str] = [BEFORE, *range(len(steps)), BETWEEN, AFTER]
    samples = {(phase, release): _Sample() for phase in phases for release in RELEASES}
    for statement in statements:
        sample = samples[timeline.at(statement.at_s), statement.release]
        sample.ms.append(statement.ms)
        if statement.error:
            sample.errors += 1
    found = []
    for phase in phases:
        old, new = samples[phase, "old"], samples[phase, "new"]
        both = _Sample(old.ms + new.ms, old.errors + new.errors).latency()
        if isinstance(phase, int):
            found.append(PhaseLatency(steps[phase].name, phase + 1, old.latency(), new.latency(), both))
        elif both:
            found.append(PhaseLatency(phase, None, old.latency(), new.latency(), both))
    return found


def took_s(steps: Sequence[Step]) -> float:
    """From the first step's start to the last one's end."""
    return max(s.finished_s for s in steps) - min(s.started_s for s in steps) if steps else 0.0


def buckets(rehearsal: Rehearsal) -> Buckets:
    """The narrowest round width (0.1, 0.2, 0.5, 1, 2, 5, ... seconds) of which at most MOST_BUCKETS cover it all."""
    times = [0.0]
    for step in rehearsal.steps:
        times += (step.started_s, step.finished_s)
    times += [statement.at_s for statement in rehearsal.statements]
    times += [locks.at_s for locks in rehearsal.locks]
    times += [rate.at_s for rate in rehearsal.rates]
    first, last = min(times), max(times)
    exponent = -1
    while True:
        for digit in (1, 2, 5):
            width = digit * 10.0**exponent
            cut = Buckets(math.floor(first / width) * width, last, width)
            if cut.count <= MOST_BUCKETS:
                return cut
        exponent += 1


def latency_over_time(statements: Iterable[Statement], cut: Buckets) -> dict[Release, dict[int, Latency]]:
    """Each release's latency in each bucket that one of its statements began in."""
    samples: dict[Release, dict[int, _Sample]] = {release: {} for release in RELEASES}
    for statement in statements:
        of_release, index = samples[statement.release], cut.of(statement.at_s)
        sample = of_release.get(index)
        if sample is None:
            sample = of_release[index] = _Sample()
        sample.ms.append(statement.ms)
        if statement.error:
            sample.errors += 1
    return {
        release: {index: found for index in sorted(taken) if (found := taken[index].latency())}
        for release, taken in samples.items()
    }


def locks_over_time(locks: Iterable[Locks], cut: Buckets) -> dict[int, Locks]:
    """The worst of each bucket's samples, field by field."""
    worst: dict[int, Locks] = {}
    for sample in sorted(locks, key=lambda sample: sample.at_s):
        index = cut.of(sample.at_s)
        seen = worst.get(index, sample)
        worst[index] = Locks(
            cut.starts(index),
            max(seen.waiting, sample.waiting),
            max(seen.longest_wait_ms, sample.longest_wait_ms),
            max(seen.strongest, sample.strongest, key=_strength),
        )
    return worst


def _strength(lock: str) -> int:
    name = "".join(lock.lower().split()).removesuffix("lock")
    return _LOCKS.index(name) if name in _LOCKS else -1


def rows_per_second(rates: Iterable[Rate], cut: Buckets) -> dict[int, float]:
    """Rows a second up to each bucket's last sample; a count that falls began again at nought."""
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
