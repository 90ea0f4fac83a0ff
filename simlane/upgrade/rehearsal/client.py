"""A client of either release: acts at random until it is told to stop, and writes down each statement's time.

It is a process of its own. Each line it writes is one JSON list: `["time", kind, at, milliseconds, error]`, or, once
the database has acknowledged a write, `["done", profile id, {field: value}]` or `["event", event id, {field: value}]`.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar
from uuid import UUID

#: Places of the table that a client takes its rows from, up to eight at each.
SAMPLES = 200
#: How the names of accounts begin that a client makes.
REGISTERED = "rehearsal-"
#: A person's pause between two statements, in seconds.
PAUSE = 0.008
Choice = TypeVar("Choice")
Action = Callable[[Any], None]


def action(weight: int) -> Callable[[Action], Action]:
    """Something this client does, so many times as often as others."""

    def mark(function: Action) -> Action:
        function.weight = weight  # type: ignore[attr-defined]
        return function

    return mark


class Client:
    """What both releases' clients share: choosing, timing, writing down."""

    release: ClassVar[str]

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._stopped = False

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
        """Acts until a signal says stop."""
        actions = [each for each in (getattr(type(self), name) for name in dir(type(self))) if hasattr(each, "weight")]
        weights = [each.weight for each in actions]
        while not self._stopped:
            act = self._random.choices(actions, weights)[0]
            at, started, error = time.time(), time.perf_counter(), ""
            try:
                act(self)
            except Exception as problem:
                error = f"{type(problem).__name__}: {problem}"[:300]
            self._say(["time", act.__name__, at, (time.perf_counter() - started) * 1000, error])
            time.sleep(PAUSE)

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
