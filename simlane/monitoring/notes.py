"""Counts that a process has not stored yet; bounded however many requests there are."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

#: Upper bounds of the buckets in which searches are counted, in `/metrics` and in the database, in milliseconds.
SEARCH_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
#: How many different addresses a process keeps in memory between two storings; the others are counted as one.
ADDRESSES = 500
SLOWEST = 20
#: Milliseconds, length of the query, number of words, the simulator's slug.
Slow = tuple[int, int, int, str]


@dataclass
class Notes:
    """Counts since they were last stored; bounded."""

    missing: Counter[tuple[date, str]] = field(default_factory=Counter)
    searches: Counter[tuple[date, int]] = field(default_factory=Counter)
    slow: dict[date, list[Slow]] = field(default_factory=dict)

    def add_missing(self, day: date, path: str, count: int = 1) -> None:
        known = (day, path) in self.missing or len(self.missing) < ADDRESSES
        self.missing[day, path if known else ""] += count

    def add_slow(self, day: date, search: Slow) -> None:
        heap = self.slow.setdefault(day, [])
        if len(heap) < SLOWEST:
            heapq.heappush(heap, search)
        else:
            heapq.heappushpop(heap, search)

    def add(self, other: Notes) -> None:
        for (day, path), count in other.missing.items():
            self.add_missing(day, path, count)
        self.searches.update(other.searches)
        for day, slow in other.slow.items():
            for search in slow:
                self.add_slow(day, search)
