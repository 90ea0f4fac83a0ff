"""Clients of a running cluster: they write, read and send files all the time, and note what was answered.

A number in the journal is tried once: it was acknowledged, or nobody knows. A file is sent until it is acknowledged, as
a game server's program does. Afterwards each acknowledged one is there, and none is there twice.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import Any

import psycopg

from bench.cluster.postgresql import Session

WRITERS, READERS = 4, 3
#: Seconds between two acts of a client.
PAUSE = 0.1
#: Files wait for their import within the request, so these are few.
FILE_PAUSE = 2.0
PATIENCE = 15.0
PAGES = ("/", "/profiles/", "/events/", "/leagues/")
SENT = (200, 201, 202)


@dataclass
class Seen:
    """What clients of one kind were answered, and when."""

    moments: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def longest_without(self, began: float, ended: float) -> float:
        """Seconds of the longest time in which nothing went well for any of them."""
        all_of_them = [began, *sorted(self.moments), ended]
        return max(later - earlier for earlier, later in itertools.pairwise(all_of_them))


@dataclass
class Journal:
    """What a run's clients have asked to be kept, over all its failures."""

    tokens: list[str]
    acknowledged: set[int] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    _days: dict[str, int] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> int:
        with self._lock:
            return next(self._numbers)

    def day_of(self, name: str) -> int:
        """Of a file: its own, at each try the same."""
        with self._lock:
            return self._days.setdefault(name, len(self._days))

    def broken(self, numbers: Counter[int], found: Counter[str]) -> list[str]:
        """What is wrong, in words, with what the database has: how often each number, and each file's event."""
        said = {
            "acknowledged numbers are lost": self.acknowledged - numbers.keys(),
            "numbers are in twice": twice(numbers),
            "acknowledged files are lost": self.files - found.keys(),
            "files are in twice": twice(found),
        }
        return [f"{words}: {sorted(those)[:10]}" for words, those in said.items() if those]


def twice(counted: Counter[Any]) -> set[Any]:
    """What is there more than once."""
    return {each for each, count in counted.items() if count > 1}


def make_journal(session: Session) -> None:
    """Its table has no key: a number that is in twice is seen."""
    session.execute("CREATE TABLE cluster_journal (number bigint NOT NULL)")
    session.execute("GRANT SELECT, INSERT ON cluster_journal TO simlane")


def written(session: Session) -> Counter[int]:
    """How often each number of the journal is in."""
    rows = session.execute("SELECT number, count(*) FROM cluster_journal GROUP BY number").fetchall()
    return Counter(dict(rows))


def events(session: Session) -> Counter[str]:
    """How often the event of each file is there."""
    rows = session.execute("SELECT name, count(*) FROM sim_event WHERE name LIKE 'File %' GROUP BY name").fetchall()
    return Counter(dict(rows))


class Clients:
    """Of one failure, for the length of a `with`."""

    def __init__(self, site: str, pooled: str, journal: Journal, case: str) -> None:
        self.site, self.pooled, self.journal, self.case = site, pooled, journal, case
        self.writes, self.reads, self.sent = Seen(), Seen(), Seen()
        self._numbers = itertools.count(1)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Clients:
        for _ in range(WRITERS):
            self.write_to(self.pooled)
        for number in range(READERS):
            self._begin(partial(self._read, number))
        self._begin(self._send_files)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def write_to(self, url: str, seen: Seen | None = None) -> None:
        """A writer more; one that tells what it saw elsewhere counts for no time without writes."""
        self._begin(partial(self._write, url, seen or self.writes))

    def _begin(self, work: Callable[[], None]) -> None:
        # A daemon: a frozen PostgreSQL that nothing wakes again keeps no run from ending.
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _write(self, url: str, seen: Seen) -> None:
        session: Session | None = None
        while not self._stop.wait(PAUSE):
            number = self.journal.next()
            try:
                if session is None:
                    session = psycopg.connect(url, autocommit=True, connect_timeout=5, prepare_threshold=None)
                session.execute("INSERT INTO cluster_journal VALUES (%s)", [number])
            except psycopg.Error as error:
                seen.errors[type(error).__name__] += 1
                if session is not None:
                    session.close()
                    session = None
            else:
                self.journal.acknowledged.add(number)
                seen.moments.append(time.monotonic())
        if session is not None:
            session.close()

    def _read(self, start: int) -> None:
        for number in itertools.count(start):
            if self._stop.wait(PAUSE):
                return
            # Each is another page: none is answered by a page that was kept.
            status = self._ask("GET", f"{PAGES[number % len(PAGES)]}?read={self.case}-{start}-{number}")
            self._note(self.reads, status, status == 200)

    def _send_files(self) -> None:
        while not self._stop.wait(FILE_PAUSE):
            name = f"File {self.case} {next(self._numbers)}"
            while not self.send(name) and not self._stop.wait(1):
                pass

    def send(self, name: str) -> bool:
        """Sends a result file; whether it was acknowledged."""
        # Each try for the same league: another's event of the same name is another event.
        token = self.journal.tokens[self.journal.day_of(name) % len(self.journal.tokens)]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
        status = self._ask(
            "POST",
            f"/api/v1/results?file={name.replace(' ', '-')}.csv",
            result_file(name, self.journal.day_of(name)),
            headers,
        )
        is_kept = status in SENT
        self._note(self.sent, status, is_kept)
        if is_kept:
            self.journal.files.add(name)
        return is_kept

    def _note(self, seen: Seen, status: int, is_well: bool) -> None:
        if is_well:
            seen.moments.append(time.monotonic())
        else:
            seen.errors[str(status) if status else "no answer"] += 1

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
        """The status of the answer; 0 without one."""
        connection = HTTPConnection(self.site.removeprefix("http://"), timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, HTTPException):
            return 0
        finally:
            with contextlib.suppress(OSError):
                connection.close()


def result_file(name: str, day: int) -> bytes:
    """A race of a day and of lap times of its own, or the site would know it already, or take it for a correction."""
    date = datetime(1995, 1, 1) + timedelta(days=day)  # noqa: DTZ001
    columns = "event,series,simulator,track,session,date,position,driver,laps,total_time,best_lap"
    race = f"{name},Cluster,Gran Turismo 7,Suzuka Circuit,Race,{date:%Y-%m-%d} 20:00"
    first = f"1,Alice Amber,12,24:10.553,1:58.{day % 1000:03}"
    second = f"2,Bob Birch,12,24:12.008,1:59.{day // 1000:03}"
    return f"{columns}\n{race},{first}\n,,,,,,{second}\n".encode()
