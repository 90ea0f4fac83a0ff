"""A file of several events, such as the log that a server goes on writing: what came in is known event by event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simlane.results import storing
from simlane.results.importer import Importer
from simlane.results.models import ResultFile
from simlane.results.report import Report
from simlane.sim.models import Event, Session, SimProfile
from tests.results.server_files import (
    BEGAN,
    ams2_document,
    ams2_event,
    ams2_lap,
    ams2_result,
    ams2_stage,
    ams2_text,
)
from tests.results.test_import import everything

pytestmark = pytest.mark.django_db

PRACTICE = ams2_stage(ams2_result(FastestLapTime=91000), events=[ams2_lap()])
RACE = ams2_stage(begins=BEGAN + 1800)


def bring(folder: Path, *events: dict[str, Any], name: str = "sms_stats_data.json") -> Report:
    """Imports the log with these events."""
    path = folder / name
    path.write_text(ams2_text(ams2_document(*events)))
    return Importer().run([path])


def another(hours: int) -> dict[str, Any]:
    at = BEGAN + hours * 3600
    result = ams2_result(FastestLapTime=80_000 + hours)
    return ams2_event(start_time=at - 60, stages={"race1": ams2_stage(result, begins=at)})


def test_it_works(tmp_path: Path) -> None:
    report = bring(tmp_path, ams2_event(stages={"practice1": PRACTICE, "race1": RACE}), another(24))
    assert (report.files, report.imported, report.refused) == (1, 1, [])
    first, second = Event.objects.order_by("starts_at")
    assert [session.kind for session in first.sessions.all()] == ["practice", "race"]
    assert second.sessions.get().kind == "race"
    assert SimProfile.objects.get(profile_identifier="76561190000000100").starts == 2


def test_the_same_log_again_changes_nothing(tmp_path: Path) -> None:
    events = [ams2_event(stages={"practice1": PRACTICE, "race1": RACE}), another(24)]
    bring(tmp_path, *events)
    before = everything()
    report = bring(tmp_path, *events)
    assert (report.imported, report.unchanged, report.refused) == (0, 1, [])
    assert everything() == before


def test_a_log_that_went_on_brings_what_is_new(tmp_path: Path) -> None:
    running = ams2_event(stages={"practice1": PRACTICE, "race1": RACE | {"end_time": 0}})
    assert bring(tmp_path, another(-24), running).imported == 1
    assert Session.objects.count() == 2
    report = bring(tmp_path, ams2_event(stages={"practice1": PRACTICE, "race1": RACE}), another(24))
    assert (report.imported, report.unchanged, report.refused) == (1, 0, [])
    assert (Event.objects.count(), Session.objects.count()) == (3, 4)
    assert sorted(event.sessions.count() for event in Event.objects.all()) == [1, 1, 2]


def test_an_event_that_says_otherwise_is_refused_and_the_others_come_in(tmp_path: Path) -> None:
    bring(tmp_path, another(24))
    corrected = another(24)
    corrected["stages"]["race1"]["results"][0]["attributes"]["FastestLapTime"] = 70_000
    report = bring(tmp_path, corrected, another(48))
    assert (report.imported, report.unchanged, len(report.refused)) == (1, 0, 1)
    assert "This session is in already, with other results" in str(report.refused[0][1])
    assert Event.objects.count() == 2


def test_two_sessions_without_a_lap_are_two(tmp_path: Path) -> None:
    def idle(hours: int) -> dict[str, Any]:
        at = BEGAN + hours * 3600
        nothing = ams2_result(Lap=0, FastestLapTime=0)
        return ams2_event(start_time=at, stages={"practice1": ams2_stage(nothing, begins=at)})

    bring(tmp_path, idle(0), idle(5))
    assert Session.objects.count() == 2


def test_a_file_comes_in_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = storing.redeem

    def failing(seen: Any) -> Any:
        if SimProfile.objects.filter(profile_identifier="76561190000000777").exists():
            raise ValueError("this one not")
        return real(seen)

    broken = another(72)
    broken["members"]["100"]["steamid"] = "76561190000000777"
    (tmp_path / "a.json").write_text(ams2_text(ams2_document(another(24), broken)))
    (tmp_path / "b.json").write_text(ams2_text(ams2_document(another(5))))
    monkeypatch.setattr(storing, "redeem", failing)
    report = Importer().run([tmp_path])
    assert (report.imported, len(report.refused)) == (1, 1)
    assert ResultFile.objects.get().filename == "b.json"
