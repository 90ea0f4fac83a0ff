"""The file of a process's metrics, with and without room for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simlane.monitoring.metric_files import MetricFile


def test_its_room_is_taken_before_anything_is_written(tmp_path: Path) -> None:
    metrics = MetricFile(str(tmp_path / "counter_1.db"))
    stat = (tmp_path / "counter_1.db").stat()
    assert stat.st_blocks * 512 >= stat.st_size > 0
    for number in range(2000):
        metrics.write_value(f"a figure whose name is long enough to fill the file {number}", number, 0)
    stat = (tmp_path / "counter_1.db").stat()
    assert stat.st_blocks * 512 >= stat.st_size > 1 << 16
    assert metrics.read_value("a figure whose name is long enough to fill the file 1999")[0] == 1999


def test_without_room_the_metrics_are_counted_without_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    metrics = MetricFile(str(tmp_path / "missing" / "counter_1.db"))
    metrics.write_value("a", 3.0, 0)
    assert metrics.read_value("a")[0] == 3.0
    assert "goes on without them" in caplog.text
    assert not list(tmp_path.iterdir())


def test_what_was_counted_is_kept_when_the_room_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    metrics = MetricFile(str(tmp_path / "counter_1.db"))
    metrics.write_value("first", 7.0, 0)
    # As on a full disk: the file cannot be had any bigger.
    os.rename(tmp_path / "counter_1.db", tmp_path / "elsewhere")
    (tmp_path / "counter_1.db").mkdir()
    for number in range(2000):
        metrics.write_value(f"a figure whose name is long enough to fill the file {number}", number, 0)
    assert metrics.read_value("first")[0] == 7.0
    assert metrics.read_value("a figure whose name is long enough to fill the file 1999")[0] == 1999
    assert caplog.text.count("no more room") == 1
