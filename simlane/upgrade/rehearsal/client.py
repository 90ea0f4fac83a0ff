"""A client of either release: acts at random until it is told to stop, and writes down each statement's time.

It is a process of its own. Each line it writes is one JSON list: `["time", kind, at, milliseconds, error]` for each
statement (its kind is the act and SQL's word) and each end of a transaction, or, once
the database has acknowledged a write, `["done", profile id, {field: value}]` or `["event", event id, {field: value}]`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import connection

#: Places of the table that a client takes its rows from, up to eight at each.
SAMPLES = 200
#: How the names of accounts begin that a client makes.
REGISTERED = "rehearsal-"
Choice = TypeVar("Choice")
Action = Callable[[Any], None]


def action(weight: int) -> Callable[[Action], Action]:
    """Something this client does, so many times as often as others."""

    def mark(function: Action) -> Action:
        function.weight = weight  # type: ignore[attr-defined]
        return function

    return mark


class Client:
    """The base of both releases' clients: chooses actions, times statements, writes the journal."""

    release: ClassVar[str]

    def __init__(self, seed: int, pause: float) -> None:
        """`pause` is a person's between two statements, in seconds."""
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._pause = pause
        self._stopped = self._failed = False
        self._parent = os.getppid()
        self._act: Any = None

    @abstractmethod
    def prepare(self) -> None:
        """Reads what to act on."""

    def pick(self, among: Sequence[Choice]) -> Choice:
        return self._random.choice(among)

    def number(self, smallest: int, largest: int) -> int:
        return self._random.randint(smallest, largest)

    def name(self) -> str:
        return f"{self.pick(('Ada', 'Jürgen', 'ΝΙΚΟΣ', 'Søren'))} {self.number(1, 10**6)}"

    def journal(self, key: UUID, **fields: object) -> None:
        """The write of these fields has been acknowledged."""
        self._say(["done", str(key), fields])

    def journal_event(self, key: int, **fields: object) -> None:
        """The same of an event."""
        self._say(["event", key, fields])

    def _sample(self, profiles: Any, *, odd: bool) -> list[UUID]:
        """Rows from all over the table, of one half: the last bit of the key says of which."""
        found: set[UUID] = set()
        # A small table has fewer than the sample asks for.
        for _ in range(SAMPLES):
            start = UUID(int=self._random.getrandbits(128))
            near = profiles.filter(pk__gte=start).order_by("pk").values_list("pk", flat=True)[:8]
            found.update(key for key in near if key.int % 2 == odd)
        return sorted(found)

    def run(self) -> None:
        """Acts until a signal says stop, or the rehearsal that started it is gone."""
        actions = [each for each in (getattr(type(self), name) for name in dir(type(self))) if hasattr(each, "weight")]
        weights = [each.weight for each in actions]
        while not self._stopped and os.getppid() == self._parent:
            self._act = self._random.choices(actions, weights)[0]
            self._failed = False
            at, started = time.time(), time.perf_counter()
            try:
                with connection.execute_wrapper(self._timed), self._committing():
                    self._act(self)
            except Exception as problem:
                if not self._failed:
                    self._time("act", at, started, problem)
            time.sleep(self._pause)

    def _timed(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Django's way to stand around each statement."""
        word = sql.split(maxsplit=1)[0].upper()
        return self._measured(word, lambda: execute(sql, params, many, context))

    @contextmanager
    def _committing(self) -> Iterator[None]:
        """Times what ends a transaction too: deferred constraints are looked at then."""
        commit = connection.commit
        connection.commit = lambda: self._measured("COMMIT", commit)  # type: ignore[method-assign]
        try:
            yield
        finally:
            connection.commit = commit  # type: ignore[method-assign]

    def _measured(self, word: str, work: Callable[[], Any]) -> Any:
        at, started, problem = time.time(), time.perf_counter(), None
        try:
            return work()
        except Exception as error:
            problem, self._failed = error, True
            raise
        finally:
            self._time(word, at, started, problem)

    def _time(self, word: str, at: float, started: float, problem: Exception | None) -> None:
        error = f"{type(problem).__name__}: {problem}"[:300] if problem else ""
        self._say(["time", f"{self._act.__name__}: {word}", at, (time.perf_counter() - started) * 1000, error])

    def _say(self, line: list[object]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")

    def _stop(self, *_: object) -> None:
        self._stopped = True

    def main(self) -> None:
        """Acts from now on, after a line that says so."""
        self.prepare()
        signal.signal(signal.SIGTERM, self._stop)
        self._say(["ready"])
        sys.stdout.flush()
        self.run()
        sys.stdout.flush()
