"""Samples of the server during the upgrade: sessions that wait for locks, rows that are done."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

from simlane.upgrade.rehearsal.copy import Copy
from simlane.upgrade.rehearsal.measurements import MODES, Locks, Rate

EVERY_SECONDS = 0.05
LOCKS = """SELECT count(*) FILTER (WHERE NOT granted),
    COALESCE(EXTRACT(EPOCH FROM max(clock_timestamp() - waitstart)) * 1000, 0)::float,
    array_agg(DISTINCT mode) FILTER (WHERE granted AND relation = to_regclass('sim_simprofile'))
    FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
        OR locktype IN ('transactionid', 'virtualxid')"""
DONE = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'sim_legacyprofile'"


class Sampler:
    """Looks every `EVERY_SECONDS` from a thread and a connection of its own, for the length of a `with`."""

    def __init__(self, copy: Copy, began: float) -> None:
        self.locks: list[Locks] = []
        self.rates: list[Rate] = []
        self._copy = copy
        self._began = began
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        with self._copy.connect() as watched:
            while not self._stop.wait(EVERY_SECONDS):
                at = time.time() - self._began
                row: Any = watched.execute(LOCKS).fetchone()
                waiting, longest, modes = row
                strongest = max(modes or ["none"], key=lambda mode: MODES.index(mode) if mode in MODES else -1)
                self.locks.append(Locks(at, waiting, longest, strongest))
                done: Any = watched.execute(DONE).fetchone()
                if done and (not self.rates or self.rates[-1].rows != done[0]):
                    self.rates.append(Rate(at, done[0]))
