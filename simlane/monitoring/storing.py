"""Storing counts: one statement a table, however many there are. Rows older than 30 days are deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from simlane.monitoring.models import MissingAddress, SearchTimes, SlowSearch
from simlane.monitoring.notes import SLOWEST, Notes

KEPT_DAYS = 30
#: How many different addresses are kept of one day, by all processes together; the others are counted as one.
ADDRESSES_A_DAY = 500
_LOCK = 0x57A7C4
_purged: date | None = None


def store(notes: Notes) -> None:
    """Add the notes to the stored counts; raises DatabaseError and then has changed nothing."""
    today = timezone.now().date()
    if not (notes.missing or notes.searches):
        return
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # One process at a time, as on SQLite: else two could pass the cap together, or wait for each other.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _upsert(MissingAddress._meta.db_table, "path", _capped(notes.missing))
        _upsert(SearchTimes._meta.db_table, "up_to_ms", notes.searches)
        for day, slow in notes.slow.items():
            _keep_slowest(day, [SlowSearch(day=day, milliseconds=ms, length=length, words=words, simulator=simulator)
                                for ms, length, words, simulator in slow])  # fmt: skip
        _purge_once(today)


def _capped(missing: Counter[tuple[date, str]]) -> Counter[tuple[date, str]]:
    """The same counts, those of addresses beyond the day's cap under the empty path."""
    capped: Counter[tuple[date, str]] = Counter()
    for day in {day for day, _ in missing}:
        stored = set(MissingAddress.objects.filter(day=day).exclude(path="").values_list("path", flat=True))
        # The most frequent first: they are the ones to keep.
        for (its_day, path), count in missing.most_common():
            if its_day != day:
                continue
            if path and path not in stored and len(stored) < ADDRESSES_A_DAY:
                stored.add(path)
            capped[day, path if path in stored else ""] += count
    return capped


def _upsert(table: str, column: str, counts: Counter[tuple[date, str]] | Counter[tuple[date, int]]) -> None:
    if not counts:
        return
    rows = sorted((day, key, count) for (day, key), count in counts.items())
    values = ", ".join(["(%s, %s, %s)"] * len(rows))
    sql = (
        f"INSERT INTO {table} (day, {column}, count) VALUES {values} "  # noqa: S608 - names of our own
        f"ON CONFLICT (day, {column}) DO UPDATE SET count = {table}.count + excluded.count"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [part for row in rows for part in row])


def _keep_slowest(day: date, new: Sequence[SlowSearch]) -> None:
    SlowSearch.objects.bulk_create(new)
    kept = SlowSearch.objects.filter(day=day).order_by("-milliseconds", "id")[:SLOWEST]
    SlowSearch.objects.filter(day=day).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def _purge_once(today: date) -> None:
    """Once a day in each process."""
    global _purged
    if _purged != today:
        purge(today)
        _purged = today


def purge(today: date) -> None:
    """Delete rows older than 30 days."""
    oldest = today - timedelta(days=KEPT_DAYS - 1)
    for model in (MissingAddress, SearchTimes, SlowSearch):
        model._default_manager.filter(day__lt=oldest).delete()
