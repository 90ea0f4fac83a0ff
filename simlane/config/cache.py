"""Where rate limits are counted: files that all processes of a machine share."""

from __future__ import annotations

from django.core.cache.backends.filebased import FileBasedCache


class SharedFiles(FileBasedCache):
    """Django's file cache, except that a full one deletes expired entries first: a limit in force must not be lost."""

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
