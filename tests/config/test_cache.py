"""A limit that still counts is not forgotten for want of room."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

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


def test_on_a_full_disk_limits_are_counted_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = SharedFiles(str(tmp_path), {})
    cache.set("before", 1)

    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("django.core.cache.backends.filebased.tempfile.mkstemp", full)
    # As allauth takes the lock of a limit, and gives it back.
    assert cache.add("lock", True, 10)
    assert not cache.add("lock", True, 10)
    assert cache.delete("lock")
    assert not cache.has_key("lock")
    assert cache.add("lock", True, 10)
    cache.set("before", 2)
    assert cache.get("before") == 2
    assert cache.delete("before")
    assert cache.get("before") is None
    cache.clear()
    assert cache.get("lock") is None
