"""Where rate limits are counted: files that all processes of a machine share."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)


class SharedFiles(FileBasedCache):
    """Django's file cache, except that a full one deletes expired entries first: a limit in force must not be lost."""

    def __init__(self, dir: str, params: dict[str, Any]) -> None:  # noqa: A002 - Django's name
        super().__init__(dir, params)
        self._memory = LocMemCache(f"instead of {dir}", params)

    def set(self, key: str, value: Any, *arguments: Any, **options: Any) -> None:
        """On a full disk each process counts for itself: the limits grow with their number, and still hold."""
        try:
            super().set(key, value, *arguments, **options)
        except OSError as error:
            logger.error("limits are counted in memory: %s", error)
            self._memory.set(key, value, *arguments, **options)
        else:
            self._memory.delete(key)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """What is in memory is newer."""
        found = self._memory.get(key, None, version)
        if found is not None:
            return found
        try:
            return super().get(key, default, version)
        except OSError:
            return default

    def delete(self, key: str, version: int | None = None) -> bool:
        """Wherever it is."""
        in_memory = self._memory.delete(key, version)
        try:
            return super().delete(key, version) or in_memory
        except OSError:
            return in_memory

    def has_key(self, key: str, version: int | None = None) -> bool:
        """Wherever it is: `add` asks, by which limits are counted one after the other."""
        try:
            return self._memory.has_key(key, version) or super().has_key(key, version)
        except OSError:
            return False

    def clear(self) -> None:
        """Both."""
        self._memory.clear()
        super().clear()

    def _cull(self) -> None:
        files = self._list_cache_files()  # type: ignore[attr-defined]
        if len(files) < self._max_entries:
            return
        for name in files:
            try:
                with open(name, "rb") as file:
                    # Deletes the file if it has expired.
                    self._is_expired(file)  # type: ignore[attr-defined]
            except FileNotFoundError:
                pass
        super()._cull()  # type: ignore[misc]
