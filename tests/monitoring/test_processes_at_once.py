"""Processes that store at the same moment: no count is lost, and the day's cap holds for all of them together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from simlane.monitoring import storing
from simlane.monitoring.models import MissingAddress, SlowSearch
from simlane.monitoring.notes import SLOWEST, Notes

PROCESSES = 4


@pytest.mark.django_db(transaction=True)
def test_the_cap_and_every_count_hold_when_processes_store_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "ADDRESSES_A_DAY", 100)
    day = timezone.now().date()

    def process(number: int) -> None:
        notes = Notes()
        for address in range(80):
            notes.add_missing(day, f"/profiles/{number}/{address}/")
        notes.add_missing(day, "/profiles/shared/", 5)
        notes.searches[day, 10] += 1
        for milliseconds in range(15):
            notes.add_slow(day, (milliseconds, 1, 1, ""))
        try:
            storing.store(notes)
        finally:
            connection.close()

    with ThreadPoolExecutor(PROCESSES) as threads:
        list(threads.map(process, range(PROCESSES)))
    counts = dict(MissingAddress.objects.values_list("path", "count"))
    assert len(counts) == 101
    assert sum(counts.values()) == PROCESSES * 85
    assert counts["/profiles/shared/"] == PROCESSES * 5
    assert SlowSearch.objects.count() == SLOWEST
