"""The measurements of a rehearsal, as plain values. Times are seconds since it began."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

Release = Literal["old", "new"]
RELEASES: tuple[Release, ...] = get_args(Release)
#: PostgreSQL's modes of table locks, the weakest first, in the order of its manual.
MODES = (
    "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
    "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip


@dataclass(slots=True)
class Step:
    """One step of the upgrade and the rows it handled."""

    name: str
    started_s: float
    finished_s: float
    rows: int = 0

    @property
    def length_s(self) -> float:
        return self.finished_s - self.started_s

    @property
    def rows_per_second(self) -> float | None:
        """None for a step that handles no rows, or took no measurable time."""
        return self.rows / self.length_s if self.rows and self.length_s > 0 else None


@dataclass(slots=True)
class Statement:
    """One statement or transaction of a client of the old or the new release; `error` is empty when it worked."""

    release: Release
    kind: str
    at_s: float
    ms: float
    error: str = ""


@dataclass(slots=True)
class Locks:
    """A sample: how many sessions wait for a lock, the longest wait, the strongest lock held on profiles."""

    at_s: float
    waiting: int
    longest_wait_ms: float
    strongest: str

    @property
    def strength(self) -> int:
        """The place of the strongest lock in MODES, -1 for none of them."""
        return MODES.index(self.strongest) if self.strongest in MODES else -1


@dataclass(slots=True)
class Rate:
    """Rows backfilled so far."""

    at_s: float
    rows: int


@dataclass(slots=True)
class Verdict:
    """One check and how it ended."""

    name: str
    ok: bool
    detail: str


@dataclass(slots=True)
class Rehearsal:
    """All measurements of one rehearsal of `rows` profiles and `users` accounts on `server`."""

    rows: int
    users: int
    server: str
    started_at: datetime
    steps: list[Step] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    locks: list[Locks] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
