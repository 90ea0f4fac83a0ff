"""Which files are one event, when it starts, and what its page calls its sessions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from simlane.results.importer import Importer
from simlane.results.report import Report
from simlane.sim.models import EntryDriver, Event, Session
from tests.results.builders import acc_document, acc_driver, acc_lap, acc_line, iracing_document

pytestmark = pytest.mark.django_db
FILES = {
    "260301_193000_FP.json": acc_document(sessionType="FP", sessionIndex=0),
    "260301_200000_Q.json": acc_document(sessionType="Q", sessionIndex=1),
    "260301_203000_R.json": acc_document(),
}


def bring(folder: Path, name: str, document: dict[str, Any]) -> Report:
    path = folder / name
    path.write_text(json.dumps(document))
    report = Importer().run([path])
    assert not report.refused
    return report


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [2, 0, 1], [1, 2, 0]])
@pytest.mark.parametrize("server", ["Test League", ""])
def test_an_event_starts_with_its_first_session_whichever_came_in_first(
    tmp_path: Path, order: list[int], server: str
) -> None:
    names = list(FILES)
    for place in order:
        bring(tmp_path, names[place], FILES[names[place]] | {"serverName": server})
    event = Event.objects.get()
    assert event.starts_at == event.listed_at == datetime(2026, 3, 1, 19, 30, tzinfo=UTC)
    assert event.name == (server or "Brands Hatch")
    assert [session.kind for session in event.sessions.order_by("started_at")] == ["practice", "qualifying", "race"]


def others(number: int) -> dict[str, Any]:
    driver = acc_driver("Eve", f"Elm{number}", f"S7656119000000010{number}")
    line = acc_line(1001, driver, totalTime=180_000 + number)
    return {"serverName": "", "laps": [acc_lap()], "sessionResult": {"leaderBoardLines": [line]}}


def test_files_without_a_server_that_come_together_join_by_track_and_time(tmp_path: Path) -> None:
    for number, (name, document) in enumerate(FILES.items()):
        (tmp_path / name).write_text(json.dumps(document | others(number)))
    (tmp_path / "260301_203100_R.json").write_text(json.dumps(acc_document(trackName="spa", serverName="")))
    (tmp_path / "260302_203000_R.json").write_text(json.dumps(acc_document(**others(5))))
    assert not Importer().run([tmp_path]).refused
    assert sorted(event.sessions.count() for event in Event.objects.all()) == [1, 1, 3]


def test_files_without_a_server_join_an_event_that_is_in_only_by_a_driver(tmp_path: Path) -> None:
    bring(tmp_path, "260301_193000_FP.json", FILES["260301_193000_FP.json"] | {"serverName": ""})
    bring(tmp_path, "260301_203000_R.json", acc_document(**others(1)))
    assert Event.objects.count() == 2
    bring(tmp_path, "260301_200000_Q.json", FILES["260301_200000_Q.json"] | {"serverName": ""})
    assert Event.objects.count() == 2


def test_a_named_server_never_joins_one_without_a_name(tmp_path: Path) -> None:
    bring(tmp_path, "260301_193000_FP.json", FILES["260301_193000_FP.json"] | {"serverName": ""})
    bring(tmp_path, "260301_203000_R.json", FILES["260301_203000_R.json"])
    assert Event.objects.count() == 2


def test_practice_every_hour_says_its_time(tmp_path: Path, client: Client) -> None:
    for hour in (6, 8, 15):
        lines = {"leaderBoardLines": [acc_line(totalTime=180_000 + hour)]}
        bring(tmp_path, f"260301_{hour:02}4449_FP.json", acc_document(sessionType="FP", sessionResult=lines, laps=[]))
    event = Event.objects.get()
    page = client.get(event.get_absolute_url()).content.decode()
    assert [page.count(f">{hour}</time>") for hour in ("06:44", "08:44", "15:44")] == [1, 1, 1]


def test_a_result_is_never_later_than_when_it_came_in(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    ahead = before + timedelta(hours=8)
    report = bring(tmp_path, f"{ahead:%y%m%d_%H%M%S}_R.json", acc_document())
    event, session = Event.objects.get(), Session.objects.get()
    for time in (event.starts_at, event.listed_at, session.started_at, EntryDriver.objects.first().raced_at):
        assert before <= time <= datetime.now(UTC)
    assert session.clock == ahead.replace(microsecond=0)
    assert "--timezone" in report.notes[0][1]


def test_times_ahead_of_iracings_clock_are_not_either(tmp_path: Path) -> None:
    bring(tmp_path, "a.json", iracing_document(start_time=(datetime.now(UTC) + timedelta(minutes=3)).isoformat()))
    assert Event.objects.get().starts_at <= datetime.now(UTC)


def test_the_time_zone_of_the_command_goes_before_the_sites(tmp_path: Path, settings: Any) -> None:
    settings.RESULTS_TIMEZONE = "Asia/Tokyo"
    bring(tmp_path, "260301_203000_R.json", acc_document())
    assert Event.objects.get().starts_at == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    (tmp_path / "260401_203000_R.json").write_text(json.dumps(acc_document(laps=[])))
    call_command("import_results", str(tmp_path), "--timezone", "America/New_York", verbosity=0)
    assert Event.objects.latest("pk").starts_at == datetime(2026, 4, 2, 0, 30, tzinfo=UTC)
