"""A preview says of each file what the import that follows does, whatever came before, and waits for nobody."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from simlane.results import decisions, files, storing, versions
from simlane.results.importer import Importer
from simlane.results.models import ResultFile
from simlane.results.report import Report
from simlane.sim.models import Event, League
from tests.results.builders import acc_document, acc_line, iracing_document, iracing_session
from tests.results.readers.test_iracing_csv import NAMED, line, table
from tests.results.server_files import BEGAN, ams2_document, ams2_event, ams2_result, ams2_stage, ams2_text
from tests.results.test_any_decisions import DOCUMENTS, IRACING
from tests.results.test_import import everything
from tests.soak import times
from tests.waiting import SECONDS

RACE, CORRECTED, OTHER_RACE = "260301_203000_R.json", "260301_203010_R.json", "260201_203000_R.json"
QUALIFYING = "260301_200000_Q.json"


def _log(*best: int) -> str:
    """A log of an event for each best lap, one a day."""
    at = [BEGAN + day * 86_400 for day in range(len(best))]
    stages = [ams2_stage(ams2_result(FastestLapTime=lap), begins=begins) for lap, begins in zip(best, at, strict=True)]
    return ams2_text(
        ams2_document(
            *(
                ams2_event(start_time=begins - 60, stages={"race1": stage})
                for begins, stage in zip(at, stages, strict=True)
            )
        )
    )


#: By what it is of, which is unlike a name: a name is what two versions of a file may have in common.
FILES: dict[str, tuple[str, str]] = {name: (name, json.dumps(document)) for name, document in DOCUMENTS.items()} | {
    "copy": (RACE, json.dumps(DOCUMENTS[RACE])),
    "written otherwise": (RACE, json.dumps(DOCUMENTS[RACE], indent=2)),
    # By most drivers' best laps a correction, and it has no time.
    "without a time": ("race.json", json.dumps(DOCUMENTS["260301_203020_R.json"]).replace("182000", "183000")),
    # One of two races of a kind, and nothing says which.
    "unclear": (NAMED, table(line(100_001, 1), line(100_002, 2))),
    "two races": (
        "i4.json",
        json.dumps(iracing_document(*(iracing_session(n, simsession_name=f"HEAT {n}") for n in (0, -1)))),
    ),
    "log": ("sms_stats_data.json", _log(91_000, 92_000)),
    "log that goes on": ("sms_stats_data.json", _log(91_000, 92_000, 93_000)),
    "log with a correction": ("sms_stats_data.json", _log(90_000, 92_000, 93_000)),
    "no server": ("260301_220000_R.json", json.dumps(acc_document(serverName="", laps=[]))),
    "no ids": (
        "260301_230000_R.json",
        json.dumps(acc_document(laps=[], sessionResult={"leaderBoardLines": [acc_line(1001, {"lastName": "X"})]})),
    ),
    "broken": (RACE, '{"laps": ['),
    "entry list": ("entrylist.json", '{"entries": [], "forceEntryList": 1}'),
}
WHOSE = ("site", "ours", "other", "unconfirmed")


def _paths(folder: Path, names: list[str]) -> list[Path]:
    paths = []
    for name in names:
        filename, text = FILES[name]
        (below := folder / str(len(list(folder.iterdir())))).mkdir()
        (below / filename).write_text(text)
        paths.append(below / filename)
    return paths


def _said(importer: Importer, path: Path, *, replace: bool) -> tuple[Any, ...]:
    """What the report says of one file.

    No preview knows the address of an event that is to be made, or that what is in already will stand no more.
    """
    report = importer.report = Report()
    importer.bring(files.find([path], report.refuse))
    refused = [re.sub(r"results: .*\. What", "results: ?. What", str(error)) for _, error in report.refused]
    later = {"events", "renamed", "proved"} | ({"profiles"} if replace else set())
    counts = {what: count for what, count in report.counts.items() if count and what not in later}
    skipped = [str(error) for _, error in report.skipped]
    notes = [note for _, note in report.notes if not note.startswith(decisions.NOT_STANDING[:40])]
    return report.imported, report.replaced, report.unchanged, refused, skipped, notes, counts


def _before(folder: Path, leagues: dict[str, League | None], acts: list[tuple[str, str]]) -> None:
    for whose, name in acts:
        if whose == "withdrawn":
            for event in Event.objects.standing().filter(result_files__filename=FILES[name][0]).distinct():
                versions.withdraw(event, by=None, reason="")
        else:
            Importer(league=leagues[whose]).run(_paths(folder, [name]))


@pytest.mark.soak
@pytest.mark.django_db
@settings(max_examples=times(12, soak=600), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    whose=st.sampled_from(WHOSE),
    replace=st.booleans(),
    acts=st.lists(st.tuples(st.sampled_from([*WHOSE, "withdrawn"]), st.sampled_from(sorted(FILES))), max_size=4),
    names=st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=5),
)
@example("ours", False, [], [RACE, CORRECTED, "copy", "written otherwise", "broken", "entry list", CORRECTED])
@example("ours", True, [("ours", RACE)], [CORRECTED, "260301_203020_R.json", RACE, QUALIFYING, "without a time"])
@example("ours", True, [], ["two races", "unclear", "i1.json", "i2.json", "i3.json"])
@example("ours", True, [("ours", "two races")], ["unclear", "i3.json", "unclear"])
@example("ours", False, [("other", "i1.json"), ("withdrawn", "i1.json")], ["i1.json", "i2.json", "i2.json"])
@example("ours", True, [("other", "i1.json"), ("unconfirmed", "two races")], ["i2.json", "two races"])
@example("site", True, [("unconfirmed", "i1.json")], ["i2.json", "i2.json"])
@example(
    "site", False, [("site", "log")], ["log", "log that goes on", "log with a correction", "log with a correction"]
)
@example("site", True, [], ["log", "log with a correction", "no server", "no ids", "no ids"])
def test_a_preview_says_what_the_import_does(
    tmp_path: Path, whose: str, replace: bool, acts: list[tuple[str, str]], names: list[str]
) -> None:
    with transaction.atomic():
        leagues: dict[str, League | None] = {
            each: League.objects.create(name=each, slug=each, trusted=each != "unconfirmed") for each in WHOSE[1:]
        }
        leagues["site"] = None
        _before(tmp_path, leagues, acts)
        paths = _paths(tmp_path, names)
        known = ResultFile.objects.count()
        preview = Importer(dry_run=True, league=leagues[whose], replace=replace)
        previewed = [_said(preview, path, replace=replace) for path in paths]
        assert ResultFile.objects.count() == known
        imported = [_said(Importer(league=leagues[whose], replace=replace), path, replace=replace) for path in paths]
        assert previewed == imported
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_preview_writes_nothing(tmp_path: Path) -> None:
    Importer().run(_paths(tmp_path, [RACE, "two races"]))
    before = everything()
    preview = Importer(dry_run=True, replace=True)
    with connection.execute_wrapper(_only_reads):
        report = preview.run(_paths(tmp_path, [CORRECTED, QUALIFYING, "unclear", "log", *IRACING, "no ids"]))
    assert (report.imported, report.replaced) == (5, 2)
    assert everything() == before


def _only_reads(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    assert sql.startswith("SELECT"), sql
    assert "FOR UPDATE" not in sql
    assert "FOR NO KEY UPDATE" not in sql
    assert "advisory" not in sql
    return execute(sql, params, many, context)


@pytest.mark.django_db(transaction=True)
def test_a_preview_goes_on_while_an_import_holds_the_lock(tmp_path: Path) -> None:
    Importer().run(_paths(tmp_path, [RACE]))
    held, done = threading.Event(), threading.Event()

    def imports() -> None:
        try:
            with transaction.atomic():
                storing.lock()
                League.objects.create(name="Written", slug="written")
                held.set()
                assert done.wait(SECONDS)
        finally:
            held.set()
            connection.close()

    thread = threading.Thread(target=imports)
    thread.start()
    try:
        assert held.wait(SECONDS)
        # An import would wait for the other, and SQLite's and PostgreSQL's patience ends before that one does.
        if connection.vendor == "postgresql":
            connection.cursor().execute("SET lock_timeout = '1s'")
        report = Importer(dry_run=True, replace=True).run(_paths(tmp_path, [CORRECTED, OTHER_RACE]))
    finally:
        done.set()
        thread.join()
        if connection.vendor == "postgresql":
            connection.cursor().execute("RESET lock_timeout")
    assert (report.imported, report.replaced, report.refused) == (2, 1, [])
