"""The directory in which the processes of one server share their metrics, so that each can give those of all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path


def metrics_directory(parent: Path) -> str:
    """A new directory for a server that is about to start; those of servers that have ended are removed.

    It is known to be in use by a lock on it, which the server's processes inherit and the system ends with the last
    of them: whatever number a process gets, and however a server died. Raises OSError without room for it.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.iterdir():
        _remove_if_left(old)
    made = tempfile.mkdtemp(dir=parent)
    lock = os.open(made, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.set_inheritable(lock, True)
    return made


def _remove_if_left(directory: Path) -> None:
    try:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(lock)
