"""A dropped table comes back from a backup as docs/operations.md says, by the files that `deploy/` ships."""

from __future__ import annotations

import shutil

import pytest

from bench.restoring import LAPS, Writer, rehearse

ENTRIES = 200


def test_a_restore_brings_back_the_second_before_a_table_was_dropped() -> None:
    if shutil.which("pgbackrest") is None:
        pytest.skip("pgbackrest is not installed")
    found = rehearse(ENTRIES)
    assert found["broken"] == []
    assert found["laps"] == ENTRIES * LAPS
    # There was something to lose, and something to leave out.
    assert found["acknowledged_before"] > 10
    assert found["written_after"] > 10


def test_the_journal_tells_what_a_restore_lost_and_what_it_should_not_have() -> None:
    writer = Writer("", written=[(1.0, 1.1), (1.2, 1.3), (1.9, 2.1), (2.2, 2.3)])
    # What was under way at the moment may be there or not.
    assert writer.broken({0, 1}, 2.0) == writer.broken({0, 1, 2}, 2.0) == []
    assert writer.broken({1, 3}, 2.0) == [
        "acknowledged numbers are lost: [0]",
        "numbers are from after the moment: [3]",
    ]
