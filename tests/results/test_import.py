"""Importing result files: what comes in, what is known already, and what a bad file leaves behind: nothing."""

from __future__ import annotations

import gc
import gzip
import json
import zipfile
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from simlane.results import files, importer, storing
from simlane.results.importer import Importer
from simlane.results.keeping import Packed
from simlane.results.models import ResultFile
from simlane.results.report import Report
from simlane.results.source import Source
from simlane.sim.models import Entry, EntryDriver, Event, Lap, PersonalBest, ProfileName, Session, SimProfile
from tests.results.builders import (
    acc_document,
    acc_driver,
    acc_lap,
    acc_line,
    iracing_document,
    iracing_result,
    iracing_session,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "results"
    path.mkdir()
    return path


def write(folder: Path, document: Any, name: str = "260301_203000_R.json", encoding: str = "utf-16-le") -> Path:
    path = folder / name
    path.write_bytes(json.dumps(document).encode(encoding))
    return path


def run(*paths: Path, dry_run: bool = False) -> Report:
    return Importer(dry_run=dry_run).run(paths)


def everything() -> list[list[Any]]:
    """Every row an import writes, by its content."""
    return [
        sorted(map(str, model.objects.values_list()))
        for model in (SimProfile, ProfileName, Event, Session, Entry, EntryDriver, Lap, PersonalBest, ResultFile)
    ]


def test_it_works(folder: Path) -> None:
    write(folder, acc_document())
    report = run(folder)
    assert (report.imported, report.refused) == (1, [])
    event = Event.objects.get()
    assert (event.name, event.track and event.track.name) == ("Test League | Round 1", "Brands Hatch")
    first, second = Entry.objects.order_by("row")
    assert (first.position, first.best_lap_ms, second.gap_ms) == (1, 90_000, 1_500)
    alice = SimProfile.objects.get(profile_identifier="76561190000000001")
    assert (alice.profile_name, alice.starts, alice.wins, alice.podiums) == ("Alice Amber", 1, 1, 1)
    assert alice.is_public
    assert alice.linked_user_id is None
    assert [lap.time_ms for lap in first.lap_times.all()] == [91_000, 90_000]
    assert PersonalBest.objects.get(profile=alice).best_lap_ms == 90_000


def test_the_same_file_again_changes_nothing(folder: Path) -> None:
    write(folder, acc_document())
    write(folder, iracing_document(), "league.json", "utf-8")
    run(folder)
    before = everything()
    report = run(folder)
    assert (report.imported, report.unchanged) == (0, 2)
    assert everything() == before


@pytest.mark.parametrize("name", ["copy.json", "260301_203000_R.json"])
def test_a_copy_in_another_encoding_or_under_another_name_changes_nothing(folder: Path, name: str) -> None:
    write(folder, acc_document(), encoding="utf-16-le")
    run(folder)
    other = folder / "other"
    other.mkdir()
    write(other, acc_document(), name, encoding="utf-8")
    before = everything()
    assert run(other).unchanged == 1
    assert everything() == before


def test_a_copy_within_one_import_changes_nothing(folder: Path) -> None:
    write(folder, acc_document(), "a.json")
    write(folder, acc_document(), "b.json")
    write(folder, {"data": iracing_document()}, "c.json", "utf-8")
    write(folder, iracing_document(), "d.json", "utf-8")
    report = run(folder)
    assert (report.imported, report.unchanged) == (2, 2)
    assert Event.objects.count() == 2


def test_a_dry_run_changes_nothing_and_says_what_would_come_in(folder: Path) -> None:
    write(folder, acc_document(), "a.json")
    write(folder, acc_document(), "b.json")
    before = everything()
    report = run(folder, dry_run=True)
    assert (report.imported, report.unchanged, report.counts["entries"]) == (1, 1, 2)
    assert everything() == before


def test_bad_files_are_refused_and_the_others_go_on(folder: Path) -> None:
    (folder / "0.json").write_text('{"broken": ')
    write(folder, acc_document(sessionResult={}), "1.json")
    write(folder, acc_document(), "2.json")
    (folder / "3.zip").write_bytes(b"PK\x03\x04 not an archive")
    (folder / "4.json").write_bytes(b"")
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("import_results", str(folder), stdout=out, stderr=err)
    assert stopped.value.code == 1
    lines = err.getvalue().splitlines()
    assert len(lines) == 4
    assert all(line.startswith("refused") for line in lines)
    assert "line 1" in err.getvalue()
    assert "leaderBoardLines" in err.getvalue()
    assert "1 imported" in out.getvalue()
    assert Event.objects.count() == 1


def test_a_path_that_does_not_exist_is_refused_before_anything_is_read(folder: Path) -> None:
    write(folder, acc_document())
    with pytest.raises(CommandError, match="No such file or folder"):
        call_command("import_results", str(folder), str(folder / "nowhere"))
    assert not Event.objects.exists()


def test_an_archive_is_read_as_a_folder_is(folder: Path) -> None:
    with zipfile.ZipFile(folder / "season.zip", "w") as archive:
        archive.writestr("round 1/260301_203000_R.json", json.dumps(acc_document()).encode("utf-16-le"))
        archive.writestr("round 2/league.json", json.dumps(iracing_document()))
        archive.writestr("readme.txt", "not a result")
    report = run(folder)
    assert (report.files, report.imported, report.refused) == (2, 2, [])
    assert Event.objects.get(name="Test League | Round 1").starts_at is not None


def test_a_file_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simlane.results.files.MAX_FILE_BYTES", 100)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.json", b" " * 10_000)
    write(folder, acc_document())
    report = run(folder)
    assert [error.what for _, error in report.refused] == ["The file is larger than 0 MiB"] * 2


def test_the_newest_name_wins_whatever_the_order_of_files(folder: Path) -> None:
    renamed = acc_document(
        sessionResult={"leaderBoardLines": [acc_line(1001, acc_driver("Alicia", "Amber-Bloom"))]}, laps=[]
    )
    run(write(folder, renamed, "260901_200000_R.json"))
    run(write(folder, acc_document(), "260301_200000_R.json"))
    alice = SimProfile.objects.get(profile_identifier="76561190000000001")
    assert alice.profile_name == "Alicia Amber-Bloom"
    assert set(alice.names.values_list("name", flat=True)) == {"Alice Amber", "Alicia Amber-Bloom"}
    assert alice.starts == 2
    back = acc_document(sessionResult={"leaderBoardLines": [acc_line(totalTime=1)]}, laps=[])
    run(write(folder, back, "261001_200000_R.json"))
    alice.refresh_from_db()
    assert (alice.profile_name, alice.name_key) == ("Alice Amber", "alice amber")


@pytest.mark.parametrize("player_id", ["123", "", None, "S1234567"])
def test_a_driver_without_a_real_platform_id_is_a_name_only(folder: Path, player_id: str | None) -> None:
    lines = [acc_line(1001, acc_driver("Nobody", "Special", player_id)), acc_line(1002)]
    report = run(write(folder, acc_document(sessionResult={"leaderBoardLines": lines}, laps=[])))
    driver = EntryDriver.objects.get(name="Nobody Special")
    assert driver.profile_id is None
    assert SimProfile.objects.count() == 1
    assert report.counts["name_only"] == 1
    assert "known by name only" in "\n".join(report.lines(dry_run=False))


def test_equal_names_with_different_ids_are_different_drivers(folder: Path) -> None:
    lines = [acc_line(1001, acc_driver()), acc_line(1002, acc_driver(player_id="S76561190000000009"))]
    run(write(folder, acc_document(sessionResult={"leaderBoardLines": lines}, laps=[])))
    assert SimProfile.objects.filter(profile_name="Alice Amber").count() == 2


def test_files_of_one_weekend_are_one_event(folder: Path) -> None:
    write(folder, acc_document(sessionType="Q", sessionIndex=1), "260301_193000_Q.json")
    write(folder, acc_document(), "260301_203000_R.json")
    write(folder, acc_document(laps=[]), "260308_203000_R.json")
    run(folder)
    first, second = Event.objects.order_by("starts_at")
    assert [session.kind for session in first.sessions.all()] == ["qualifying", "race"]
    assert [session.kind for session in second.sessions.all()] == ["race"]


def test_only_races_count_and_a_disqualified_winner_wins_nothing(folder: Path) -> None:
    qualifying = iracing_session(-1, simsession_type=4)
    race = iracing_session(0, iracing_result(100001, 0, reason_out="Disqualified"), iracing_result(100002, 1))
    run(write(folder, iracing_document(qualifying, race), encoding="utf-8"))
    first, second = SimProfile.objects.order_by("profile_identifier")
    assert (first.starts, first.wins, first.podiums) == (1, 0, 0)
    assert (second.starts, second.wins, second.podiums) == (1, 0, 1)


def test_statements_of_a_batch_do_not_grow_with_it(folder: Path) -> None:
    def statements(number: int) -> int:
        for each in range(number):
            results = [iracing_result(number * 100_000 + each * 100 + car, car) for car in range(5)]
            document = iracing_document(iracing_session(0, *results), subsession_id=number * 1000 + each)
            write(folder, document, f"{number}-{each}.json", "utf-8")
        with CaptureQueriesContext(connection) as captured:
            run(folder)
        is_known = 'FROM "results_resultfile" WHERE "results_resultfile"."sha256"'  # asked once a file
        return sum(is_known not in query["sql"] for query in captured)

    # Few enough that SQLite takes each bulk write in one statement.
    statements(1)  # the track and the car are there from here on
    assert statements(10) == statements(2)


def test_a_batch_writes_its_tracks_and_cars_once(folder: Path) -> None:
    write(folder, iracing_document(), "1.json", "utf-8")
    with CaptureQueriesContext(connection) as captured:
        run(folder)
    written = [query["sql"] for query in captured if " INTO " in query["sql"]]
    assert [sum(table in sql for sql in written) for table in ('"sim_track"', '"sim_car"')] == [1, 1]


def test_a_file_the_database_refuses_leaves_the_rest_of_its_batch(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DataError

    real = storing.store

    def refusing(incoming: Any, *rest: Any) -> Any:
        if any("bad" in item.filename for item in incoming):
            real(incoming, *rest)
            raise DataError("value out of range\nDETAIL: more")
        return real(incoming, *rest)

    monkeypatch.setattr(importer, "store", refusing)
    write(folder, acc_document(), "a.json")
    write(folder, iracing_document(), "bad.json", "utf-8")
    report = run(folder)
    assert report.imported == 1
    assert [(Path(label).name, error.what) for label, error in report.refused] == [
        ("bad.json", "The database refused it: value out of range")
    ]
    assert Event.objects.count() == 1


def races(folder: Path, *stamps: str) -> list[list[str]]:
    """Races of one server end at these times, each in a folder of its own, read in this order; events with their
    sessions' times."""
    for number, stamp in enumerate(stamps):
        below = folder / str(number)
        below.mkdir()
        write(below, acc_document(sessionIndex=number), f"{stamp}_R.json")
    assert not run(folder).refused
    return [
        [f"{session.started_at or event.starts_at:%d %H:%M:%S}" for session in event.sessions.order_by("number")]
        for event in Event.objects.order_by("starts_at")
    ]


def test_files_of_one_server_within_twelve_hours_are_one_weekend(folder: Path) -> None:
    stamps = ("260301_080000", "260301_200000", "260303_080000", "260303_200001")
    assert list(map(len, races(folder, *stamps))) == [2, 1, 1]


def test_a_weekend_begins_with_what_was_driven_first_whatever_the_files_are_called(folder: Path) -> None:
    assert list(map(len, races(folder, "260301_180000", "260301_080000", "260302_040000"))) == [2, 1]


def test_the_cars_best_lap_is_no_crew_members(folder: Path) -> None:
    crew = acc_line(1001, acc_driver(), acc_driver("Bob", "Birch", "S76561190000000002"), bestLap=89_000)
    alone = acc_line(1002, acc_driver("Cleo", "Cyan", "S76561190000000003"), bestLap=90_000)
    write(folder, acc_document(sessionResult={"leaderBoardLines": [crew, alone]}, laps=[]))
    assert not run(folder).refused
    assert dict(EntryDriver.objects.values_list("profile__profile_name", "best_lap_ms")) == {
        "Alice Amber": None, "Bob Birch": None, "Cleo Cyan": 90_000,
    }  # fmt: skip
    assert list(PersonalBest.objects.values_list("profile__profile_name", flat=True)) == ["Cleo Cyan"]


@pytest.mark.parametrize(
    ("limit", "most"), [("MAX_ARCHIVE_FILES", 2), ("MAX_ARCHIVE_BYTES", 40), ("MAX_DIRECTORY_BYTES", 120)]
)
def test_an_archive_of_too_much_is_refused_as_a_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(files, limit, most)
    for name, members in (("fits.zip", 2), ("over.zip", 3)):
        with zipfile.ZipFile(folder / name, "w") as archive:
            for number in range(members):
                archive.writestr(f"{number}.json", "{}" + " " * 18)
    refused = {Path(label).name: reason for label, reason in run(folder).refused}
    assert "split it" in str(refused.pop("over.zip"))
    assert set(refused) == {"0.json", "1.json"}


def test_files_that_are_in_already_are_asked_for_together(folder: Path) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert run(folder).unchanged == len(list(folder.iterdir()))
        return len(queries)

    write(folder, iracing_document(subsession_id=1), "1.json", "utf-8")
    run(folder)
    of_one = statements()
    for number in range(2, 12):
        write(folder, iracing_document(subsession_id=number), f"{number}.json", "utf-8")
    run(folder)
    assert statements() == of_one


def test_files_brought_in_by_a_thread_leave_the_whole_process_as_it_is() -> None:
    # Of two threads that set it at once, the second would put back what the first had set.
    seen = []
    Importer(progress=lambda report: seen.append(gc.get_threshold())).bring([files.Candidate("a.json", lambda: b"{}")])
    assert set(seen) == {gc.get_threshold()}


@pytest.mark.parametrize("laps", [124, 125, 300])
def test_however_many_rows_there_are_each_comes_in_once(folder: Path, laps: int) -> None:
    times = [90_000 + number for number in range(laps)]
    write(folder, acc_document(laps=[acc_lap(time=time) for time in times]))
    run(folder)
    assert list(Lap.objects.order_by("number").values_list("number", "time_ms")) == list(enumerate(times, 1))


def test_of_files_that_wait_to_be_stored_only_the_compressed_bytes_are_held(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Any] = []
    real = importer.store

    def storing_them(incoming: Any) -> Any:
        held.extend(getattr(item, each.name) for item in incoming for each in fields(item))
        return real(incoming)

    monkeypatch.setattr(importer, "store", storing_them)
    path = write(folder, acc_document())
    run(folder)
    assert [gzip.decompress(each.data) for each in held if isinstance(each, Packed)] == [path.read_bytes()]
    assert not any(isinstance(each, Source) for each in held)
