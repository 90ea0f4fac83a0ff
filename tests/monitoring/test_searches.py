"""Search times: right from a histogram, and nothing of what was searched for is kept anywhere."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from simlane.monitoring import metrics, recording, statistics
from simlane.monitoring.models import UNBOUNDED, SearchTimes, SlowSearch
from simlane.monitoring.notes import SLOWEST
from simlane.sim.models import SimProfile
from simlane.users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("histogram", "share", "expected"),
    [
        ({}, 0.5, None),
        ({10: 100}, 0.5, 7.5),
        ({10: 50, 100: 50}, 0.5, 10.0),
        ({10: 50, 100: 50}, 0.95, 95.0),
        ({1: 90, 1000: 10}, 0.95, 750.0),
        ({10: 1, UNBOUNDED: 99}, 0.95, 10000.0),
        ({1: 1}, 0.95, 0.95),
    ],
)
def test_quantiles_of_a_known_histogram(histogram: dict[int, int], share: float, expected: float | None) -> None:
    assert statistics.quantile(histogram, share) == (None if expected is None else pytest.approx(expected))


def note(milliseconds: float, length: int = 3) -> None:
    recording.search(seconds=milliseconds / 1000, length=length, words=1, simulator="iracing")


def test_a_search_is_counted_in_the_bucket_of_its_time() -> None:
    for milliseconds in (0.5, 1.5, 60, 60, 99_999):
        note(milliseconds)
    recording.store()
    note(60)
    recording.store()
    assert dict(SearchTimes.objects.values_list("up_to_ms", "count")) == {1: 1, 2: 1, 100: 3, UNBOUNDED: 1}
    today = statistics.searches_by_day(30)[-1]
    assert (today["searches"], today["beyond"]) == (6, 1)


def test_only_the_slowest_of_a_day_are_kept() -> None:
    for milliseconds in range(100):
        note(milliseconds)
        if milliseconds % 30 == 0:
            recording.store()
    recording.store()
    kept = sorted(SlowSearch.objects.values_list("milliseconds", flat=True))
    assert kept == list(range(100 - SLOWEST, 100))


def test_no_text_of_a_search_is_stored_or_given(
    client: Client, alice: SimProfile, staff: User, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Zebediah Quux"
    caplog.set_level("INFO")
    client.get("/profiles/search/", {"q": secret, "sim": "iracing"})
    recording.store()
    slow = SlowSearch.objects.get()
    assert (slow.length, slow.words, slow.simulator) == (13, 2, "iracing")
    for model in apps.get_app_config("watch").get_models():
        assert "zebediah" not in repr(list(model.objects.values())).lower()
    assert "zebediah" not in metrics.exposition().decode().lower()
    assert "zebediah" not in caplog.text.lower()
    client.force_login(staff)
    assert "zebediah" not in client.get("/staff/rollout/").content.decode().lower()


def test_a_search_goes_on_when_its_time_cannot_be_noted(
    client: Client, alice: SimProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(recording, "_see_to_storing", break_)
    assert client.get("/profiles/search/?q=alicia").status_code == 200
    assert timezone.now().date() in {day for day, _ in recording._notes.searches}
