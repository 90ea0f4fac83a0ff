"""A session that is in comes in once: a corrected file is refused, says why and what to do, and changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from simlane.results.importer import Importer
from simlane.results.report import Report
from simlane.sim.models import Event, Session, SimProfile, Simulator
from tests.results.builders import (
    BOB,
    acc_document,
    acc_driver,
    acc_line,
    iracing_document,
    iracing_result,
    iracing_session,
)
from tests.results.test_import import everything

pytestmark = pytest.mark.django_db
EAST = timezone(timedelta(hours=9))


def corrected(**changes: Any) -> dict[str, Any]:
    """The stewards' file of `acc_document`: Bob before Alice."""
    bob = acc_line(1002, acc_driver("Bob", "Birch", BOB), bestLap=90500, totalTime=183500)
    return acc_document(sessionResult={"leaderBoardLines": [bob, acc_line(totalTime=999_999)]}, **changes)


def write(folder: Path, *documents: tuple[str, dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, document in documents:
        (folder / name).write_text(json.dumps(document))
    return folder


def run(folder: Path, **options: Any) -> Report:
    return Importer(**options).run([folder])


NAME = "260301_203000_R.json"


def refused(report: Report) -> str:
    ((_, error),) = report.refused
    return str(error)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (NAME, {}),
        ("corrected.json", {"Date": "2026-03-01T20:30:00Z"}),
        ("corrected.json", {"SessionFile": "260301_203000_R"}),
        ("260301_203130_R.json", {}),
        ("260301_202830_R.json", {}),
        (NAME, {"sessionType": "R1"}),
        (NAME, {"serverName": "Test League | Round 1 | pw: other"}),
    ],
)
def test_a_corrected_acc_file_is_refused(tmp_path: Path, name: str, changes: dict[str, Any]) -> None:
    run(write(tmp_path / "1", (NAME, acc_document())))
    before = everything()
    report = run(write(tmp_path / "2", (name, corrected(**changes))))
    said = refused(report)
    event = Event.objects.get()
    assert said.startswith("This session is in already, with other results: “Test League | Round 1”")
    assert f"/events/{event.pk}/" in said
    assert said.endswith("leave this one out")
    assert (report.imported, report.unchanged) == (0, 0)
    assert everything() == before
    assert set(SimProfile.objects.values_list("starts", flat=True)) == {1}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("260301_203301_R.json", {}),
        (NAME, {"trackName": "spa"}),
        (NAME, {"sessionType": "Q"}),
        (NAME, {"serverName": "Test League 2"}),
    ],
)
def test_another_time_track_kind_or_server_is_another_session(
    tmp_path: Path, name: str, changes: dict[str, Any]
) -> None:
    run(write(tmp_path / "1", (NAME, acc_document())))
    assert run(write(tmp_path / "2", (name, corrected(**changes)))).imported == 1


def test_the_command_ends_with_status_1(tmp_path: Path) -> None:
    write(tmp_path, ("1_260301_203000_R.json", acc_document()), ("2_260301_203000_R.json", corrected()))
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("import_results", str(tmp_path), stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert "1 imported, 0 known already, 1 refused" in out.getvalue()
    assert "2_260301_203000_R.json: This session is in already" in err.getvalue()


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("batch", [1, 20_000])
def test_within_one_import_the_first_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, dry_run: bool, batch: int
) -> None:
    monkeypatch.setattr("simlane.results.importer.BATCH_ROWS", batch)
    changed = iracing_document(iracing_session(0, iracing_result(reason_out="Disqualified")))
    write(
        tmp_path,
        ("1_260301_203000_R.json", acc_document()),
        ("2_260301_203000_R.json", corrected()),
        ("3.json", iracing_document()),
        ("4.json", {"data": changed}),
    )
    report = run(tmp_path, dry_run=dry_run)
    assert (report.imported, [Path(label).name[0] for label, _ in report.refused]) == (2, ["2", "4"])


def test_a_corrected_iracing_export_is_refused(tmp_path: Path) -> None:
    run(write(tmp_path / "1", ("a.json", iracing_document())))
    before = everything()
    changed = iracing_document(iracing_session(0, iracing_result(100009)))
    assert "This session is in already, with other results: “Test Cup”" in refused(
        run(write(tmp_path / "2", ("b.json", changed)))
    )
    assert everything() == before


def test_the_same_results_again_are_known_and_no_fault(tmp_path: Path) -> None:
    run(write(tmp_path / "1", (NAME, acc_document()), ("a.json", iracing_document())))
    again = write(
        tmp_path / "2", (NAME, acc_document(Date="2026-03-01T20:30:00Z")), ("b.json", {"data": iracing_document()})
    )
    report = run(again)
    assert (report.unchanged, report.refused) == (2, [])


def test_a_time_zone_said_otherwise_does_not_make_a_session_another(tmp_path: Path) -> None:
    run(write(tmp_path / "1", (NAME, acc_document())))
    refused(run(write(tmp_path / "2", (NAME, corrected())), timezone=EAST))


def test_a_session_whose_time_was_still_to_come_is_known_later(tmp_path: Path) -> None:
    name = f"{datetime.now(UTC) + timedelta(hours=8):%y%m%d_%H%M%S}_R.json"
    run(write(tmp_path / "1", (name, acc_document())))
    refused(run(write(tmp_path / "2", (name, corrected()))))


def test_a_session_of_an_older_release_is_known_too(tmp_path: Path) -> None:
    run(write(tmp_path / "1", (NAME, acc_document())))
    Session.objects.update(clock=None)
    Simulator.objects.filter(slug="assetto-corsa-competizione").update(slug="acc")
    refused(run(write(tmp_path / "2", (NAME, corrected()))))


def test_servers_without_a_name_have_one_session_where_a_driver_is_in_both(tmp_path: Path) -> None:
    run(write(tmp_path / "1", (NAME, acc_document(serverName=""))))
    refused(run(write(tmp_path / "2", (NAME, corrected(serverName="")))))
    others = acc_document(
        serverName="",
        laps=[],
        sessionResult={"leaderBoardLines": [acc_line(1001, acc_driver("Eve", "Elm", "S76561190000000077"))]},
    )
    assert run(write(tmp_path / "3", (NAME, others))).imported == 1
    assert Event.objects.count() == 2


@pytest.mark.parametrize(
    ("first", "second"), [(NAME, "corrected.json"), ("raw.json", NAME), ("raw.json", "corrected.json")]
)
def test_a_correction_without_a_start_is_told_by_the_drivers_best_laps(tmp_path: Path, first: str, second: str) -> None:
    run(write(tmp_path / "1", (first, acc_document())))
    before = everything()
    refused(run(write(tmp_path / "2", (second, corrected()))))
    assert everything() == before


def test_another_race_without_a_start_is_another_session(tmp_path: Path) -> None:
    run(write(tmp_path / "1", (NAME, acc_document())))
    bob = acc_line(1002, acc_driver("Bob", "Birch", BOB), bestLap=90_501)
    another = acc_document(sessionResult={"leaderBoardLines": [acc_line(bestLap=90_001), bob]}, laps=[])
    assert run(write(tmp_path / "2", ("round 2.json", another))).imported == 1


def test_a_file_of_many_oddities_is_a_few_notes(tmp_path: Path) -> None:
    lines = [acc_line(1001, acc_driver("A", str(each), None)) for each in range(100)]
    report = run(write(tmp_path, (NAME, acc_document(sessionResult={"leaderBoardLines": lines}, laps=[]))))
    assert len(report.notes) == 21
    assert report.notes[-1][1] == "and 79 more notes"
