"""With Redis, and without the one that was there: limits are counted and pages answer, by a real server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simlane.config import redis as shared
from simlane.config import services
from tests.redis import Redis, server


@pytest.fixture(scope="module")
def running() -> Iterator[Redis]:
    with server() as redis:
        yield redis


@pytest.fixture
def redis(running: Redis, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """Empty, up again after each test, and without a memory of an outage before it."""
    if running.process is None:
        running.start()
    monkeypatch.setattr(shared, "_outages", {})
    monkeypatch.setattr(shared, "PAUSE", 0.0)
    monkeypatch.setenv("CACHE_URL", running.url)
    return running


def cache(alias: str = "default") -> Any:
    settings = services.caches("CACHE_URL", directory=Path("unused"))[alias]
    return shared.SharedRedis(settings["LOCATION"], {key: settings[key] for key in settings if key != "LOCATION"})


def test_two_processes_share_what_they_count(redis: Redis) -> None:
    one, other = cache(), cache()
    one.clear()
    assert one.add("lock", True, 10)
    assert not other.add("lock", True, 10)
    one.set("history", [1.5], 60)
    assert other.get("history") == [1.5]
    assert other.has_key("history")
    assert other.get_many(["history", "none"]) == {"history": [1.5]}
    other.set_many({"number": 1})
    assert one.incr("number") == 2
    assert one.touch("number", 5)
    assert other.delete("history")
    other.delete_many(["number"])
    assert one.get("number") is None
    # Beside them, and emptied by nobody who forgets a limit.
    cache("pages").set("lock", "a page")
    assert one.get("lock") is True


def test_without_redis_a_limit_still_holds_and_the_log_says_so_once(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    counting = cache()
    counting.set("before", 1)
    redis.stop()
    with caplog.at_level(logging.ERROR):
        # As allauth takes the lock of a limit, and gives it back.
        assert counting.get("before") is None
        assert counting.add("lock", True, 10)
        assert not counting.add("lock", True, 10)
        counting.set("history", [1.5], 60)
        # Another thread of the process.
        assert cache().get("history") == [1.5]
        assert counting.delete("lock")
        assert counting.add("lock", True, 10)
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "Redis does not answer, limits are counted in each process's memory"
    ]
    redis.start()
    counting.set("after", 2)
    assert cache().get("after") == 2
    counting.clear()


def test_while_redis_is_away_nobody_waits_for_it(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "PAUSE", 60.0)
    counting = cache()
    redis.stop()
    assert counting.get("anything") is None
    redis.start()
    # It is there again, and is not asked before the pause is over.
    counting.set("key", 1)
    monkeypatch.setattr(shared, "_outages", {})
    assert cache().get("key") is None


def test_a_redis_that_was_restarted_is_asked_again_at_once(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    counting = cache()
    counting.set("key", 1)
    redis.stop()
    redis.start()
    counting.set("key", 2)
    assert cache().get("key") == 2
    assert not caplog.records
