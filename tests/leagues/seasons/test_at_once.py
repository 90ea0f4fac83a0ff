"""Standings that are being made while something changes: nobody waits for them, and nothing is lost (PostgreSQL)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections

from simlane.leagues.models import Season, Standing
from simlane.leagues.seasons import due, renewing
from simlane.results import versions
from simlane.sim.models import Event
from tests.leagues.seasons.test_following import MARCH, A, B, plan
from tests.results.standing import bring
from tests.results.test_versions import race

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]
SECONDS = 60


@pytest.fixture
def with_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due is done by a worker, as with JOBS=database, and not by who noted it."""
    monkeypatch.setattr(due, "renew", SimpleNamespace(enqueue=lambda season: None))


def aside(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def shown(season: Season) -> list[str]:
    return [f"{row.place} {row.name} {row.points}" for row in Standing.objects.filter(season=season)]


@pytest.mark.usefixtures("with_a_worker")
@pytest.mark.parametrize("act", ["replace", "withdraw"])
def test_results_that_change_while_standings_are_made_wait_for_nothing_and_are_in_the_next(
    spring: Season, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    plan(spring, 1, 3, 1)
    bring(tmp_path, (MARCH, race(A, B)), league=spring.league)
    read = renewing.reading.read
    was_read, has_changed = threading.Event(), threading.Event()

    def slowly(season: Season) -> Any:
        said = read(season)
        was_read.set()
        assert has_changed.wait(SECONDS)
        return said

    monkeypatch.setattr(renewing.reading, "read", slowly)
    thread = aside(lambda: renewing.renew_due(spring.pk))
    assert was_read.wait(SECONDS)
    if act == "replace":
        assert bring(tmp_path, (MARCH, race(B, A, best=91_000)), league=spring.league, replace=True).replaced == 1
    else:
        versions.withdraw(Event.objects.get(), by=None, reason="wrong")
    has_changed.set()
    thread.join(SECONDS)
    # Of what was read; the profiles of who is gone meanwhile hold nothing up.
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]
    assert spring.due.exists()
    assert renewing.renew_due(spring.pk)
    assert shown(spring) == (["1 Bob Birch 25", "2 Alice Amber 18"] if act == "replace" else [])
    assert not spring.due.exists()


@pytest.mark.usefixtures("with_a_worker")
def test_two_that_make_one_seasons_standings_go_one_after_the_other(spring: Season, tmp_path: Path) -> None:
    plan(spring, 1, 3, 1)
    bring(tmp_path, (MARCH, race(A, B)), league=spring.league)
    failed: list[BaseException] = []

    def renew() -> None:
        try:
            renewing.renew(spring.pk)
        except BaseException as error:
            failed.append(error)

    for thread in [aside(renew) for _ in range(4)]:
        thread.join(SECONDS)
    assert failed == []
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]
