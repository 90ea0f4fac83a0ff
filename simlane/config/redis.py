"""The cache that many machines share. Without Redis a site goes on: pages are made anew, limits counted in memory."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

#: Seconds without Redis before the next request tries it again: the others do not wait for it.
PAUSE = 2.0
#: Seconds between two lines in the log that say so.
SAID_EVERY = 30.0
logger = logging.getLogger(__name__)


class _Outage:
    """Whether this process does without a Redis for the moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._said = -SAID_EVERY

    def lasts(self) -> bool:
        return time.monotonic() < self._until

    def begins(self, error: RedisError) -> None:
        with self._lock:
            now = time.monotonic()
            self._until = now + PAUSE
            if now - self._said < SAID_EVERY:
                return
            self._said = now
        # Its text names the host, and never the password.
        logger.error("Redis does not answer, limits are counted in each process's memory: %s", error)


#: By address: the caches of a process stand on one Redis, and each thread has its own objects.
_outages: dict[str, _Outage] = {}


class SharedRedis(RedisCache):
    """Django's Redis cache, with the memory of the process in its place while Redis is away.

    A limit then counts what each process has seen: it grows with their number, and still holds. What was counted in
    memory is forgotten when Redis is back, which has what was counted before.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        entries = options.pop("MEMORY_ENTRIES", 10_000)
        # Once more at once: a connection that lay in the pool may be one of a Redis before its restart.
        super().__init__(server, {**params, "OPTIONS": options | {"retry": Retry(NoBackoff(), 1)}})
        name = f"instead of {server} {params.get('KEY_PREFIX', '')}"
        self._memory = LocMemCache(name, {**params, "OPTIONS": {"MAX_ENTRIES": entries}})
        self._outage = _outages.setdefault(server, _Outage())

    def _try(self, name: str, *arguments: Any, **options: Any) -> Any:
        if not self._outage.lasts():
            operation: Callable[..., Any] = getattr(super(), name)
            try:
                return operation(*arguments, **options)
            except RedisError as error:
                self._outage.begins(error)
        return getattr(self._memory, name)(*arguments, **options)

    def add(self, *arguments: Any, **options: Any) -> bool:
        """As Django's, and so are those below."""
        return bool(self._try("add", *arguments, **options))

    def get(self, *arguments: Any, **options: Any) -> Any:
        return self._try("get", *arguments, **options)

    def set(self, *arguments: Any, **options: Any) -> None:
        self._try("set", *arguments, **options)

    def touch(self, *arguments: Any, **options: Any) -> bool:
        return bool(self._try("touch", *arguments, **options))

    def delete(self, *arguments: Any, **options: Any) -> bool:
        return bool(self._try("delete", *arguments, **options))

    def has_key(self, *arguments: Any, **options: Any) -> bool:
        return bool(self._try("has_key", *arguments, **options))

    def incr(self, *arguments: Any, **options: Any) -> int:
        return int(self._try("incr", *arguments, **options))

    def get_many(self, *arguments: Any, **options: Any) -> dict[Any, Any]:
        return dict(self._try("get_many", *arguments, **options))

    def set_many(self, *arguments: Any, **options: Any) -> list[Any]:
        return list(self._try("set_many", *arguments, **options))

    def delete_many(self, *arguments: Any, **options: Any) -> None:
        self._try("delete_many", *arguments, **options)

    def clear(self) -> None:
        """Both."""
        self._memory.clear()
        self._try("clear")
