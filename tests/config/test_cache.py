"""A limit that still counts is not forgotten for want of room."""

from __future__ import annotations

from pathlib import Path

from simlane.config.cache import SharedFiles


def test_what_is_over_goes_first(tmp_path: Path) -> None:
    cache = SharedFiles(str(tmp_path), {"OPTIONS": {"MAX_ENTRIES": 30}})
    cache.set("limit", "counts", 1000)
    for number in range(200):
        cache.set(f"over-{number}", "nothing", 0.000001)
    assert cache.get("limit") == "counts"
    assert len(list(tmp_path.glob("*"))) <= 31


def test_it_stays_bounded(tmp_path: Path) -> None:
    cache = SharedFiles(str(tmp_path), {"OPTIONS": {"MAX_ENTRIES": 30}})
    for number in range(200):
        cache.set(f"{number}", "something", 1000)
    assert len(list(tmp_path.glob("*"))) <= 31
