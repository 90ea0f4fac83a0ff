"""The limits that a rehearsal's statements are checked against."""

from __future__ import annotations

from simlane.upgrade.rehearsal.measurements import Rehearsal, Statement, Verdict
from simlane.upgrade.rehearsal.statistics import Timeline, latency

#: No statement of a client may take longer (ms).
LONGEST_MS = 200.0
#: The 99th percentile during the backfill may be so many times the one before.
SLOWER = 3.0


def of_statements(found: Rehearsal) -> list[Verdict]:
    """On errors, the longest statement, and how much slower the backfill made the site."""
    errors = [statement for statement in found.statements if statement.error]
    longest = max(found.statements, key=lambda statement: statement.ms)
    verdicts = [
        Verdict(
            "No statement fails",
            not errors,
            f"{errors[0].kind}: {errors[0].error}" if errors else f"{len(found.statements):,} statements",
        ),
        Verdict(
            f"No statement takes {LONGEST_MS:.0f} ms",
            longest.ms < LONGEST_MS,
            f"longest: {longest.ms:.0f} ms, {longest.kind} of the {longest.release} release, during: "
            f"{Timeline(found.steps).name_at(longest.at_s)}",
        ),
    ]
    if (backfill := next((step for step in found.steps if step.name == "backfill"), None)) and found.steps:
        before = _p99([each for each in found.statements if each.at_s < found.steps[0].started_s])
        during = _p99([each for each in found.statements if backfill.started_s <= each.at_s < backfill.finished_s])
        verdicts.append(
            Verdict(
                f"The backfill makes the 99th percentile at most {SLOWER:.0f} times as long",
                during <= SLOWER * before,
                f"{before:.1f} ms before, {during:.1f} ms during",
            )
        )
    return verdicts


def _p99(statements: list[Statement]) -> float:
    met = latency(statements)
    return met.p99 if met else 0.0
