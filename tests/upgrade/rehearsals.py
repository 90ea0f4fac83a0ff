"""Rehearsals as they might have been measured."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

from simlane.upgrade.rehearsal.measurements import Locks, Rate, Rehearsal, Statement, Step, Verdict

STARTED = datetime(2026, 3, 7, 9, 30, tzinfo=UTC)


def empty() -> Rehearsal:
    return Rehearsal(rows=0, users=0, server="PostgreSQL 16.8", started_at=STARTED)


def whole(statements: int = 20_000, *, errors: int = 0, failed: int = 0) -> Rehearsal:
    """A hundred thousand profiles upgraded while clients of both releases work."""
    # The same at each run.
    dice = random.Random(8)
    steps = [
        Step("Expand: new columns", 5.0, 5.4),
        Step("Indexes, concurrently", 5.4, 8.9),
        Step("Start the new release", 9.0, 9.6),
        Step("Backfill", 9.6, 40.2, rows=100_000),
        Step("Stop the old release", 40.2, 40.9),
        Step("Verify", 41.0, 44.6, rows=100_000),
        Step("Contract: constraints", 44.6, 46.0),
    ]
    measured = []
    for i in range(statements):
        at = 52.0 * i / statements
        release = "old" if at < 9.2 else "new" if at > 40.6 else dice.choice(["old", "new"])
        ms = dice.lognormvariate(0.5, 0.6) * (1.0 + (2.5 if 9.6 <= at < 40.2 else 0.0) * abs(math.sin(at)))
        if 5.1 < at < 5.25 or 44.8 < at < 45.0:
            ms += dice.uniform(10, 80)
        measured.append(Statement(release, dice.choice(["read", "search", "link"]), at, ms))
    for i in range(errors):
        measured[(i * 7919 + statements // 2) % statements].error = "deadlock detected"
    verdicts = [
        Verdict("No row lost", True, "100,000 profiles before and after"),
        Verdict("No statement failed", errors == 0, f"{errors} failed"),
        Verdict("No statement took over 250 ms", True, "the longest took 92 ms"),
        Verdict("Every legacy field kept", True, "2,400,000 values compared"),
        Verdict("Rollback restores the old rows", True, ""),
    ]
    wrong = "3 profiles are verified and linked to no account"
    verdicts += [Verdict(f"Rule {i + 1} holds", False, wrong) for i in range(failed)]
    return Rehearsal(
        rows=100_000,
        users=48_210,
        server="PostgreSQL 16.8 (Debian), 4 cores",
        started_at=STARTED,
        steps=steps,
        statements=measured,
        locks=[_locks(i / 10, dice) for i in range(520)],
        rates=[Rate(9.6 + i * 0.25, min(100_000, round(817 * i + 300 * math.sin(i / 4)))) for i in range(123)],
        verdicts=verdicts,
    )


def _locks(at: float, dice: random.Random) -> Locks:
    if 5.0 <= at <= 5.3 or 44.7 <= at <= 45.0:
        return Locks(at, dice.randint(3, 9), dice.uniform(20, 90), "AccessExclusiveLock")
    if 9.6 <= at <= 40.2:
        return Locks(at, dice.choice([0, 0, 0, 1, 2]), dice.choice([0.0, 0.0, 4.0, 9.0]), "RowExclusiveLock")
    return Locks(at, 0, 0.0, "AccessShareLock")
