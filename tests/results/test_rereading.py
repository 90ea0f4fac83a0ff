"""Kept files are read again by a better reader: what differs is said, and only that changes."""

from __future__ import annotations

import json
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from simlane.results import keeping, rereading, versions
from simlane.results.importer import Importer
from simlane.results.models import Decision, ResultFile
from simlane.results.parsed import ParsedEvent
from simlane.results.readers.acc import AccReader
from simlane.results.readers.iracing import IracingReader
from simlane.results.readers.raceroom import RaceRoomReader
from simlane.results.readers.simlane_csv import SimlaneCsvReader
from simlane.results.source import ResultFileError, Source
from simlane.results.timezones import timezone_of
from simlane.sim.models import Entry, Event, Lap, Session, SimProfile
from tests.results.builders import ALICE, iracing_document, iracing_session
from tests.results.server_files import raceroom_document, raceroom_lap, raceroom_player, raceroom_session
from tests.results.standing import anew, bring, broken, picture
from tests.results.test_versions import EARLIER, FIRST, RACE, A, B, C, file, practice, race, withdraw

pytestmark = pytest.mark.django_db


def better(monkeypatch: pytest.MonkeyPatch, change: Any, reader: type = AccReader) -> None:
    """From now on the reader is a version later and reads what `change` makes of each event."""
    read = reader.read  # type: ignore[attr-defined]

    def read_better(self: Any, source: Source) -> list[ParsedEvent]:
        events: list[ParsedEvent] = read(self, source)
        for event in events:
            change(event)
        return events

    monkeypatch.setattr(reader, "read", read_better)
    monkeypatch.setattr(reader, "version", reader.version + 1)  # type: ignore[attr-defined]


def reread(*arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command("reread_results", *arguments, stdout=out, stderr=err)
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    return status, out.getvalue(), err.getvalue()


def disqualify(event: ParsedEvent) -> None:
    event.sessions[0].entries[0].status = "dsq"


def test_what_a_better_reader_finds_is_said_and_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, (EARLIER, race(A, B, C, best=95_000)), (RACE, FIRST), ("a.json", iracing_document()))
    entries = set(Entry.objects.filter(session__event__simulator__slug="iracing").values_list("pk", flat=True))
    better(monkeypatch, lambda event: event.started_at.month == 3 and disqualify(event))
    before = picture()
    status, said, _ = reread("--dry-run")
    assert status == 0
    assert f"differs  {RACE} (/events/{file(RACE).event_id}/)" in said
    assert "sessions[0].entries[0].status: 'finished' → 'dsq'" in said
    assert "2 files read again: 1 would change, 1 as before, 0 could not be" in said
    assert picture() == before
    session = Session.objects.get(started_at__month=3, event__simulator__slug="assetto-corsa-competizione")
    _, said, _ = reread()
    assert "2 files read again: 1 changed, 1 as before" in said
    assert picture() == anew(
        tmp_path, [(EARLIER, race(A, B, C, best=95_000)), (RACE, FIRST), ("a.json", iracing_document())]
    )
    assert SimProfile.objects.get(profile_identifier=ALICE[1:]).wins == 1
    assert broken() == []
    # Nothing else was touched, and the address of what was stays.
    assert entries == set(Entry.objects.filter(pk__in=entries).values_list("pk", flat=True))
    assert Session.objects.get(event=session.event_id).number == session.number
    assert list(Decision.objects.exclude(what="came_in").values_list("what", "file__filename")) == [
        ("read_again", RACE)
    ]
    # Now there is nothing left to read, unless all is asked for.
    assert "0 files read again" in reread()[1]
    assert "3 files read again: 0 changed, 3 as before" in reread("--all")[1]


def test_it_reads_with_the_time_zone_and_the_name_that_the_file_came_in_with(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST), timezone=timezone_of("Asia/Tokyo"))
    bring(tmp_path, (EARLIER, race(A, C)), timezone=timezone_of("-05:30"))
    assert set(ResultFile.objects.values_list("timezone", flat=True)) == {"Asia/Tokyo", "UTC-05:30"}
    assert "2 files read again: 0 changed, 2 as before" in reread("--all")[1]


def test_a_choice_of_files_is_read(tmp_path: Path) -> None:
    bring(tmp_path, (EARLIER, race(A, C)), (RACE, FIRST), ("a.json", iracing_document()))
    assert "1 files read again" in reread("--all", "--format", "iracing")[1]
    assert "1 files read again" in reread("--all", "--event", str(file(RACE).event_id))[1]
    with pytest.raises(CommandError, match="No file came in for an event"):
        call_command("reread_results", "--event", "999999")


def test_a_withdrawn_file_stays_withdrawn_and_comes_back_as_it_is_read_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, (RACE, FIRST))
    withdraw(RACE)
    better(monkeypatch, disqualify)
    assert "1 changed" in reread()[1]
    assert not Session.objects.exists()
    versions.bring_back(Event.objects.get(), by=None, reason="")
    assert Entry.objects.get(row=0).status == "dsq"


def test_sessions_that_a_reader_finds_or_leaves_out_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, ("a.json", iracing_document(practice(), iracing_session(0))))

    def change(event: ParsedEvent) -> None:
        found = event.sessions.pop(0)
        event.sessions.append(found)
        found.kind, found.number, found.name = "qualifying", 5, "Qualify"

    better(monkeypatch, change, IracingReader)
    _, said, _ = reread()
    assert "1 changed" in said
    assert set(Session.objects.values_list("kind", flat=True)) == {"qualifying", "race"}
    assert broken() == []


def test_a_file_that_cannot_be_read_any_more_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, (EARLIER, race(A, C)), (RACE, FIRST))
    before = picture()
    better(monkeypatch, lambda event: None)

    def gone(name: str) -> bytes:
        raise ResultFileError("What was kept of the file cannot be read: No such file or directory")

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "read", gone)
        status, said, errors = reread()
    assert (status, picture()) == (1, before)
    assert "2 files read again: 0 changed, 0 as before, 2 could not be" in said
    assert errors.count("refused  ") == 2
    assert "2 as before" in reread()[1]


def test_what_would_be_of_another_event_is_left_to_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, ("a.json", iracing_document()))

    def change(event: ParsedEvent) -> None:
        event.platform_id = "1"

    better(monkeypatch, change, IracingReader)
    status, _, errors = reread()
    assert status == 1
    assert "another event now" in errors


def test_stopped_it_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, (EARLIER, race(A, C)), (RACE, FIRST))
    better(monkeypatch, disqualify)
    accepted = []
    accept = rereading.accept

    def stopping(reading: rereading.Reading) -> None:
        if accepted:
            raise KeyboardInterrupt
        accepted.append(reading)
        accept(reading)

    with monkeypatch.context() as patched:
        patched.setattr("simlane.results.management.commands.reread_results.accept", stopping)
        status, _, errors = reread()
    assert status == 130
    assert "go on behind it" in errors
    assert "1 files read again: 1 changed" in reread()[1]
    assert broken() == []


def test_laps_through_the_pits_come_with_the_reader_that_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is known by the same digest: imported again it is in already, read again it fills them."""
    laps = [raceroom_lap(PitStopOccured=True), raceroom_lap(90_001)]
    document = raceroom_document(raceroom_session("Race", raceroom_player(RaceSessionLaps=laps)))
    with monkeypatch.context() as before:
        better(before, forget_pits, RaceRoomReader)
        before.setattr(RaceRoomReader, "version", 1)
        bring(tmp_path, ("a.json", document))
    pits = Lap.objects.order_by("number").values_list("pit", flat=True)
    assert list(pits) == [None, None]
    digest = ResultFile.objects.get().content_sha256
    (tmp_path / "a.json").write_text(f"{json.dumps(document)} ")
    assert Importer().run([tmp_path]).imported == 0
    status, said, _ = reread()
    assert (status, list(pits.all())) == (0, [True, False])
    assert "lap_times[0].pit: None → True" in said
    assert ResultFile.objects.get().content_sha256 == digest


def forget_pits(event: ParsedEvent) -> None:
    for lap in (lap for session in event.sessions for entry in session.entries for lap in entry.lap_times):
        lap.pit = None


def test_differences_are_few_and_name_their_place(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, race(*[("Driver", str(number), f"S765611900000001{number:02}") for number in range(30)])))
    before, after = (versions.said_by(ResultFile.objects.get()) for _ in range(2))
    assert rereading.differences(before, after) == []
    after.sessions[0].entries.pop()
    for entry in after.sessions[0].entries:
        entry.status = "dnf"
    found = rereading.differences(before, after)
    assert found[0] == "sessions[0].entries: 30 → 29"
    assert found[-1] == "and 10 more"


def test_a_terminal_without_such_letters_gets_escapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, (RACE, FIRST))

    def change(event: ParsedEvent) -> None:
        event.sessions[0].entries[0].team_name = "Équipe"

    better(monkeypatch, change)
    terminal = TextIOWrapper(out := BytesIO(), "ascii", write_through=True)
    call_command("reread_results", stdout=terminal)
    assert rb"team_name: '' \u2192 '\xc9quipe'" in out.getvalue()
    assert "0 files read again" in reread()[1]


def test_of_a_file_of_several_events_only_the_one_that_differs_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "event,simulator,track,session,date,position,driver\n"
    rounds = [f"Round {each},Gran Turismo 7,Suzuka,Race,2026-03-0{each} 20:30,1,Alice\n" for each in (1, 2, 3)]
    (tmp_path / "season.csv").write_text(head + "".join(rounds))
    assert not Importer().run([tmp_path / "season.csv"]).refused
    assert ResultFile.objects.values("kept").distinct().count() == 1
    assert ResultFile.objects.count() == Event.objects.count() == 3
    assert len({each.digest for each in ResultFile.objects.all()}) == 1
    assert "3 files read again: 0 changed, 3 as before" in reread("--all")[1]
    third = Entry.objects.get(session__event__name="Round 3")

    def change(event: ParsedEvent) -> None:
        if event.name == "Round 2":
            disqualify(event)

    better(monkeypatch, change, SimlaneCsvReader)
    assert "3 files read again: 1 changed, 2 as before" in reread()[1]
    assert dict(Entry.objects.values_list("session__event__name", "status")) == {
        "Round 1": "finished", "Round 2": "dsq", "Round 3": "finished",
    }  # fmt: skip
    assert Entry.objects.filter(pk=third.pk).exists()
    # One event of it is asked for.
    event = Event.objects.get(name="Round 1")
    assert "1 files read again" in reread("--all", "--event", str(event.pk))[1]
    assert broken() == []
