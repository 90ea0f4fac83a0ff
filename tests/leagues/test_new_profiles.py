"""A league that nobody has confirmed makes so many profiles a day, and no more."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from simlane.leagues.bringing import bring as bring_one
from simlane.leagues.bringing import importer_for
from simlane.leagues.models import UploadedFile
from simlane.leagues.trust import set_trusted
from simlane.results import bounds, versions
from simlane.results.bounds import TooManyNewError, count_new
from simlane.results.files import Candidate
from simlane.results.models import NewProfiles, Way
from simlane.results.report import Report
from simlane.sim.models import Event, League, SimProfile
from tests.results.builders import iracing_document, iracing_result, iracing_session
from tests.results.standing import bring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def four(settings: Any) -> None:
    settings.LEAGUE_NEW_PROFILES = 4


@pytest.fixture
def cup(db: None) -> League:
    return League.objects.create(name="Cup", slug="cup")


def race(number: int, *drivers: int) -> tuple[str, dict[str, Any]]:
    results = [iracing_result(driver, place) for place, driver in enumerate(drivers)]
    return f"{number}.json", iracing_document(iracing_session(0, *results), subsession_id=number)


def refusal(report: Report) -> str:
    assert not report.imported
    return str(report.refused[0][1])


def test_so_many_a_day_and_known_drivers_without_bound(
    cup: League, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bring(tmp_path, race(1, 1, 2, 3), race(2, 1, 2, 3), league=cup).imported == 2
    said = refusal(bring(tmp_path, race(3, 2, 4, 5), league=cup))
    assert said == (
        "It has 2 drivers who have no profile here yet. A league that is not confirmed may bring in 4 a day, and has "
        "brought in 3 today (UTC). Bring it in tomorrow, or ask the site's staff to confirm the league"
    )
    preview = bring(tmp_path, race(3, 2, 4, 5), league=cup, dry_run=True)
    assert str(preview.refused[0][1]) == said
    assert bring(tmp_path, race(3, 2, 4), league=cup, dry_run=True).imported == 1
    assert (SimProfile.objects.count(), Event.objects.count()) == (3, 2)
    # Of a batch what there is room for comes in.
    report = bring(tmp_path, race(4, 4), race(5, 5), race(6, 1), league=cup)
    assert (report.imported, len(report.refused)) == (2, 1)
    # What is taken back is made anew.
    versions.withdraw(Event.objects.get(platform_id="4"), by=None, reason="to look")
    with pytest.raises(TooManyNewError):
        versions.bring_back(Event.objects.get(platform_id="4"), by=None, reason="looked")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(bounds.timezone, "now", lambda: tomorrow)
    assert bring(tmp_path, race(5, 5), league=cup).imported == 1
    assert "Ask the site's staff" in refusal(bring(tmp_path, race(7, *range(10, 15)), league=cup))


def test_no_bound_for_the_site_and_for_who_is_confirmed(cup: League, tmp_path: Path) -> None:
    assert bring(tmp_path, race(1, *range(1, 6))).imported == 1
    set_trusted(cup, trusted=True)
    assert bring(tmp_path, race(2, *range(6, 11)), league=cup).imported == 1
    assert not NewProfiles.objects.exists()


def test_whoever_brings_it_is_told_that_it_may_come_in_later(cup: League) -> None:
    name, document = race(1, *range(1, 6))
    importer = importer_for(cup, way=Way.TOKEN, by=None, replace=False)
    brought = bring_one(importer, Candidate(name, lambda: json.dumps(document).encode()))
    assert brought.outcome == UploadedFile.Outcome.FAILED
    assert "may bring in 4 a day" in brought.detail


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_of_two_at_once_that_have_no_room_together_one_comes_in(cup: League) -> None:
    start = threading.Barrier(2)
    made = []

    def count() -> None:
        try:
            start.wait(timeout=30)
            count_new(cup.pk, 3)
            made.append(3)
        except TooManyNewError:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert made == [3]
    assert NewProfiles.objects.get().number == 3
