"""The file in which a process keeps its metrics, with room of its own on the disk.

prometheus-client maps a file with holes into memory: on a full disk the first write into a hole kills the process.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from prometheus_client import mmap_dict

logger = logging.getLogger(__name__)


class MetricFile(mmap_dict.MmapedDict):
    """The library's, which has its room before anything is written. Without room the metrics are in memory only."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode and not _allocated(filename, mmap_dict._INITIAL_MMAP_SIZE):
            logger.error("no room for the metrics in %s: this process goes on without them", filename)
            self._hidden = os.memfd_create("metrics")
            filename = f"/proc/self/fd/{self._hidden}"
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> Any:
        # As the library counts: a length, the key, padding, two numbers.
        size = 4 + len(key.encode()) + 8 + 16
        if self._used + size > self._capacity and not _allocated(self._fname, self._capacity * 2):
            self._move_into_memory()
        return super()._init_value(key)  # type: ignore[no-untyped-call]

    def _move_into_memory(self) -> None:
        logger.error("no more room for the metrics in %s: this process goes on without them", self._fname)
        held = bytes(self._m[: self._used])
        self.close()  # type: ignore[no-untyped-call]
        self._hidden = os.memfd_create("metrics")
        os.write(self._hidden, held)
        os.ftruncate(self._hidden, self._capacity)
        super().__init__(f"/proc/self/fd/{self._hidden}")  # type: ignore[no-untyped-call]


def _allocated(filename: str, size: int) -> bool:
    """Whether the file has that much of the disk; what is in it stays. An empty one goes: it could not be read."""
    try:
        with open(filename, "ab") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, size)
            except OSError:
                if not os.fstat(file.fileno()).st_size:
                    os.unlink(filename)
                raise
    except OSError:
        return False
    return True
