"""Where rate limits are counted: files that all processes of a machine share."""

from __future__ import annotations

from django.core.cache.backends.filebased import FileBasedCache


class SharedFiles(FileBasedCache):
    """Django's, which in want of room takes what is over first: a limit that still counts must not be forgotten."""

    def _cull(self) -> None:
        files = self._list_cache_files()  # type: ignore[attr-defined]
        if len(files) < self._max_entries:
            return
        for name in files:
            try:
                with open(name, "rb") as file:
                    # It deletes what is over.
                    self._is_expired(file)  # type: ignore[attr-defined]
            except FileNotFoundError:
                pass
        super()._cull()  # type: ignore[misc]
