"""Which files are one event, when it starts, and what its page calls its sessions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from simlane.results.importer import Importer
from simlane.results.report import Report
from simlane.sim.models import EntryDriver, Event, League, Session, SimProfile
from simlane.sim.ownership import merging
from simlane.users.models import User
from tests.results.builders import acc_document, acc_driver, acc_lap, acc_line, iracing_document
from tests.results.server_files import raceroom_document, raceroom_session

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
    assert [page.count(f">{hour} UTC</time>") for hour in ("06:44", "08:44", "15:44")] == [1, 1, 1]


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
    ahead = (datetime.now(UTC) + timedelta(minutes=3)).isoformat()
    report = bring(tmp_path, "a.json", iracing_document(start_time=ahead))
    assert Event.objects.get().starts_at <= datetime.now(UTC)
    # The file says itself which zone its time is in.
    assert "counts as driven now" in report.notes[0][1]
    assert "--timezone" not in report.notes[0][1]


def race(number: int, **changes: Any) -> dict[str, Any]:
    lines = {"leaderBoardLines": [acc_line(totalTime=180_000 + number)]}
    return acc_document(sessionResult=lines, laps=[], **changes)


def test_what_a_format_does_not_say_is_no_empty_column_and_no_time_that_is_not_a_sessions(
    tmp_path: Path, client: Client
) -> None:
    bring(tmp_path, "server.json", raceroom_document(raceroom_session("Qualify"), raceroom_session("Race")))
    bring(tmp_path, "260301_200000_Q.json", acc_document(sessionType="Q", laps=[]))
    bring(tmp_path, "260301_203000_R.json", acc_document())
    of_raceroom, of_acc = (
        client.get(Event.objects.get(simulator__slug=slug).get_absolute_url()).content.decode()
        for slug in ("raceroom", "assetto-corsa-competizione")
    )
    assert [page.count(">No.<") for page in (of_raceroom, of_acc)] == [0, 1]
    assert "20:30 UTC</time></a>" in of_acc
    assert "</time></a>" not in of_raceroom


@pytest.mark.parametrize("order", [[0, 10, 20], [20, 10, 0], [10, 20, 0], [10, 0, 20]])
@pytest.mark.parametrize("server", ["Test League", ""])
def test_an_event_never_spans_more_than_twelve_hours(tmp_path: Path, order: list[int], server: str) -> None:
    for hour in order:
        bring(tmp_path, f"260301_{hour:02}0000_R.json", race(hour, serverName=server))
    assert sorted(event.sessions.count() for event in Event.objects.all()) == [1, 2]


def test_a_file_joins_the_nearest_event(tmp_path: Path) -> None:
    for hour in (0, 13, 12):
        bring(tmp_path, f"260301_{hour:02}0000_R.json", race(hour))
    first, second = Event.objects.order_by("starts_at")
    assert (first.sessions.count(), second.sessions.count()) == (1, 2)
    assert second.starts_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_drivers_without_a_name_join_no_event(tmp_path: Path) -> None:
    nameless = acc_line(1001, {"firstName": "", "lastName": "", "shortName": ""})
    for hour, kind in ((19, "Q"), (20, "R")):
        document = acc_document(
            serverName="", sessionType=kind, laps=[], sessionResult={"leaderBoardLines": [nameless]}
        )
        bring(tmp_path, f"260301_{hour}0000_{kind}.json", document)
    assert Event.objects.count() == 2


def test_a_merged_driver_joins_the_event_that_their_drives_are_in(
    tmp_path: Path, django_user_model: type[User]
) -> None:
    bring(tmp_path, "260201_200000_R.json", acc_document(**others(5)))
    bring(tmp_path, "260301_200000_R.json", acc_document(**others(1)))
    kept, merged = (SimProfile.objects.get(profile_identifier__endswith=f"10{number}") for number in (5, 1))
    merging.merge(kept.pk, merged.pk, by=django_user_model.objects.create_user("staff", is_staff=True))
    later = acc_document(**others(1))
    later["sessionResult"]["leaderBoardLines"][0]["timing"]["totalTime"] += 1
    bring(tmp_path, "260301_210000_R.json", later)
    assert sorted(event.sessions.count() for event in Event.objects.all()) == [1, 2]


def test_the_time_zone_of_the_command_goes_before_the_sites(tmp_path: Path, settings: Any) -> None:
    settings.RESULTS_TIMEZONE = "Asia/Tokyo"
    bring(tmp_path, "260301_203000_R.json", acc_document())
    assert Event.objects.get().starts_at == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    (tmp_path / "260401_203000_R.json").write_text(json.dumps(acc_document(laps=[])))
    call_command("import_results", str(tmp_path), "--timezone", "America/New_York", verbosity=0)
    assert Event.objects.latest("pk").starts_at == datetime(2026, 4, 2, 0, 30, tzinfo=UTC)


def test_results_that_the_command_brings_in_for_a_league_are_its_by_its_clock(tmp_path: Path) -> None:
    league = League.objects.create(name="Night", slug="night", time_zone="Asia/Tokyo")
    (tmp_path / "260301_203000_R.json").write_text(json.dumps(acc_document()))
    call_command("import_results", str(tmp_path), "--league", "night", verbosity=0)
    event = Event.objects.get()
    assert (event.league, event.starts_at) == (league, datetime(2026, 3, 1, 11, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"slug": "day"}, "No league has the address night"),
        ({"archived_at": "2026-01-01T00:00Z"}, "Night is archived"),
        ({"time_zone": "Rome"}, "The time zone of Night: 'Rome' is no time zone"),
    ],
)
def test_the_command_brings_nothing_in_for_a_league_that_takes_nothing(
    tmp_path: Path, change: dict[str, str], says: str
) -> None:
    League.objects.create(**{"name": "Night", "slug": "night", **change})
    (tmp_path / "260301_203000_R.json").write_text(json.dumps(acc_document()))
    with pytest.raises(CommandError, match=says):
        call_command("import_results", str(tmp_path), "--league", "night", verbosity=0)
    assert not Event.objects.exists()


@pytest.mark.parametrize("zone", [["--timezone", "-05:00"], ["--timezone=-05:00"], ["--timezone", "-5"]])
def test_a_time_zone_west_of_utc_is_no_option(tmp_path: Path, zone: list[str]) -> None:
    (tmp_path / "260301_203000_R.json").write_text(json.dumps(acc_document()))
    call_command("import_results", *zone, str(tmp_path), "--dry-run", verbosity=0)
    assert not Event.objects.exists()
    call_command("import_results", *zone, str(tmp_path), verbosity=0)
    assert Event.objects.get().starts_at == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
