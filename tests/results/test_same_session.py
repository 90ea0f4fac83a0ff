"""A session that is in comes in once: a corrected file is refused, says why and what to do, and changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from simlane.results.importer import Importer
from simlane.results.report import Report
from simlane.results.seen import Seen
from simlane.sim.legacy import event_names
from simlane.sim.models import Event, Session, SimProfile, Simulator
from simlane.sim.ownership import merging
from simlane.users.models import User
from tests.results import rfactor_files
from tests.results.builders import (
    BOB,
    acc_document,
    acc_driver,
    acc_line,
    iracing_document,
    iracing_result,
    iracing_session,
    parse,
)
from tests.results.readers.test_iracing_csv import table as iracing_table
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
    assert event.get_absolute_url() in said
    assert said.endswith("leave this one out, or bring it in as a correction (on the server: --replace)")
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


@pytest.mark.parametrize(
    ("server", "name", "weekend"),
    [
        ("Test League", "Test League", "Test League|brands_hatch"),
        ("League | pw: fish", "League | pw: fish", "League | pw: fish|brands_hatch"),
        ("League | pw: bear", "League | pw: fish", "League | pw: fish|brands_hatch"),
        ("pw: fish", "pw: fish", "pw: fish|brands_hatch"),
        ("", "Brands Hatch, Race", ""),
        ("", "Brands Hatch, Race", "|brands_hatch"),
    ],
)
def test_a_session_of_an_older_release_is_known_too(tmp_path: Path, server: str, name: str, weekend: str) -> None:
    run(write(tmp_path / "1", (NAME, acc_document(serverName=server))))
    # As that release stored it.
    Session.objects.update(clock=None)
    Event.objects.update(name=name, weekend=weekend)
    Simulator.objects.filter(slug="assetto-corsa-competizione").update(slug="acc")
    event_names.write_anew(apps, connection.schema_editor())
    said = refused(run(write(tmp_path / "2", (NAME, corrected(serverName=server)))))
    assert "fish" not in f"{said} {Event.objects.get().name} {Event.objects.get().weekend}"


def test_a_session_whose_drivers_were_merged_is_known_by_either_id(
    tmp_path: Path, django_user_model: type[User]
) -> None:
    run(write(tmp_path / "1", (NAME, acc_document(serverName=""))))
    kept, merged = SimProfile.objects.order_by("profile_identifier")
    merging.merge(kept.pk, merged.pk, by=django_user_model.objects.create_user("staff", is_staff=True))
    bob = acc_line(1002, acc_driver("Bob", "Birch", BOB), bestLap=90500)
    alone = acc_document(serverName="", sessionResult={"leaderBoardLines": [bob]}, laps=[])
    refused(run(write(tmp_path / "2", (NAME, alone))))
    refused(run(write(tmp_path / "3", ("undated.json", alone))))


@pytest.mark.parametrize("name", ["undated{}.json", "2603{:02}_203000_R.json"])
def test_statements_do_not_grow_with_the_sessions_that_are_compared(tmp_path: Path, name: str) -> None:
    def statements(number: int) -> int:
        for day in range(1, number + 1):
            line = acc_line(1001, acc_driver("A", "A", f"S765611900000000{day:02}"), bestLap=90_000 + day)
            document = acc_document(serverName="", sessionResult={"leaderBoardLines": [line]}, laps=[])
            run(write(tmp_path, (f"2603{day:02}_203000_R.json", document)))
        line["timing"]["totalTime"] += 1
        batch = [
            SimpleNamespace(
                label="", league_id=None, content_sha256=str(each), event=parse(document, name.format(each))
            )
            for each in range(1, number + 1)
        ]
        with CaptureQueriesContext(connection) as captured:
            found = Seen().sort(batch)
        assert found.conflicts
        return len(captured)

    assert statements(2) == statements(9)


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


@pytest.mark.parametrize("json_first", [True, False])
def test_a_subsession_comes_in_once_as_json_or_as_csv(tmp_path: Path, json_first: bool) -> None:
    (tmp_path / "as_json").mkdir()
    (tmp_path / "as_csv").mkdir()
    (tmp_path / "as_json" / "x.json").write_text(json.dumps(iracing_document()))
    (tmp_path / "as_csv" / "eventresult_70000001.csv").write_text(iracing_table())
    first, second = ("as_json", "as_csv") if json_first else ("as_csv", "as_json")
    assert run(tmp_path / first).imported == 1
    before = everything()
    assert "is in already" in refused(run(tmp_path / second))
    assert everything() == before


def lmu(folder: Path, name: str, start: int, best: str = "90.5000", **head: object) -> Path:
    """A race of Le Mans Ultimate as one player's computer saw it."""
    folder.mkdir(exist_ok=True)
    # Who joined late does not know the grid.
    grid = {"GridPos": 0} if name != "a.xml" else {}
    names = enumerate(("Alice", "Bob", "Eve"), 1)
    cars = [rfactor_files.driver(who, place, BestLapTime=best, **grid) for place, who in names]
    text = rfactor_files.document(rfactor_files.session(*cars, started=start), **{"GameVersion": "1.4200"} | head)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("server", ["Test League", ""])
def test_a_race_that_two_players_computers_wrote_comes_in_once(tmp_path: Path, server: str) -> None:
    at = rfactor_files.STARTED
    run(lmu(tmp_path / "1", "a.xml", at, ServerName=server))
    assert "is in already" in refused(run(lmu(tmp_path / "2", "b.xml", at + 3500, ServerName=server)))
    assert Event.objects.count() == Session.objects.count() == 1
    # Within one import too, and not for what other laps tell apart.
    both = lmu(lmu(tmp_path / "3", "a.xml", at + 90_000, "91.0"), "b.xml", at + 93_000, "91.0")
    assert "is in already" in refused(run(both))
    assert run(lmu(tmp_path / "4", "c.xml", at + 3500, "92.0", ServerName=server)).imported == 1
    assert run(lmu(tmp_path / "5", "d.xml", at + 3700, "92.0", ServerName=server, GameVersion="1.1")).imported == 1


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
