"""Who runs the long steps may watch them and slow them down: `upgrade_profiles` does both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Called after each batch, outside its transaction, with the step's name and the rows of the batch.
Listener = Callable[[str, int], None]

_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Calls `listener` after each batch of what runs inside."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report_progress(step: str, rows: int) -> None:
    """A batch of `step` is done; returns when the next one may begin."""
    if listener := _listener.get():
        listener(step, rows)
