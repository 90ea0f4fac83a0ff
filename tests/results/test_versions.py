"""Versions of a session's results: one takes another's place, is withdrawn and brought back; every figure follows."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from simlane.results import following, importer, putting, rereading, storing, versions
from simlane.results.models import Decision, ResultFile, SessionFile, Way
from simlane.results.timezones import timezone_of
from simlane.sim.errors import Refused
from simlane.sim.models import Entry, Event, League, LegacyProfile, Merge, ProfileName, Session, SimProfile
from simlane.sim.ownership import merging
from simlane.users.models import User
from tests.results.builders import (
    ALICE,
    BOB,
    acc_document,
    acc_driver,
    acc_lap,
    acc_line,
    iracing_document,
    iracing_result,
    iracing_session,
)
from tests.results.standing import anew, bring, broken, picture, said_by, what_stands
from tests.waiting import SECONDS

pytestmark = pytest.mark.django_db
CARA = "S76561190000000003"
RACE = "260301_203000_R.json"
QUALIFYING = "260301_200000_Q.json"
EARLIER = "260201_203000_R.json"


def race(*drivers: tuple[str, str, str], best: int = 90_000, **changes: Any) -> dict[str, Any]:
    """A race in this order: first name, last name, platform id."""
    lines = [
        acc_line(1001 + place, acc_driver(*driver), bestLap=best + place * 111, totalTime=182_000 + place)
        for place, driver in enumerate(drivers)
    ]
    return acc_document(sessionResult={"leaderBoardLines": lines}, laps=[acc_lap(time=best)], **changes)


A, B, C = ("Alice", "Amber", ALICE), ("Bob", "Birch", BOB), ("Cara", "Cyan", CARA)
FIRST = race(A, B)
CORRECTED = race(B, ("Alicia", "Amber", ALICE), best=91_000)
WITH_CARA = race(C, A, best=89_000)


def file(name: str) -> ResultFile:
    return ResultFile.objects.select_related("event").get(filename=name)


def decided() -> list[tuple[str, str]]:
    return [(each.what, each.file.filename) for each in Decision.objects.order_by("pk").select_related("file")]


def withdraw(name: str) -> None:
    found = file(name)
    versions.withdraw(found.event, file=found, by=None, reason="a mistake")


def bring_back(name: str) -> None:
    found = file(name)
    versions.bring_back(found.event, file=found, by=None, reason="none after all")


def test_a_file_that_came_in_keeps_what_it_says(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST), way=Way.UPLOAD, by=None)
    (found,) = ResultFile.objects.all()
    assert (found.way, found.reader_version, found.format) == ("upload", 1, "acc")
    assert found.size == len(json.dumps(FIRST))
    said = said_by(found)
    assert said.sessions[0].entries[0].drivers[0].name == "Alice Amber"
    assert said.sessions[0].clock == datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    assert decided() == [("came_in", RACE)]
    assert what_stands() == {RACE: {0}}


def test_a_later_file_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    bring(tmp_path, (EARLIER, race(A, B, C)), (RACE, FIRST))
    event, session = Event.objects.get(starts_at__month=3), Session.objects.get(started_at__month=3)
    report = bring(tmp_path, ("260301_203030_R.json", WITH_CARA), replace=True)
    assert (report.imported, report.replaced, report.refused) == (1, 1, [])
    assert picture() == anew(tmp_path, [(EARLIER, race(A, B, C)), ("260301_203030_R.json", WITH_CARA)])
    assert broken() == []
    # The addresses stay.
    now = Session.objects.get(started_at__month=3)
    assert (now.event_id, now.number) == (event.pk, session.number)
    assert decided()[-2:] == [("came_in", "260301_203030_R.json"), ("replaced", RACE)]
    assert Decision.objects.get(what="replaced").other == file("260301_203030_R.json")
    assert SimProfile.objects.get(profile_identifier=BOB[1:]).starts == 1


def test_who_drove_only_in_what_was_replaced_is_no_profile_any_more(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    bring(tmp_path, (RACE, WITH_CARA), replace=True)
    assert not SimProfile.objects.filter(profile_identifier=BOB[1:]).exists()
    assert picture() == anew(tmp_path, [(RACE, WITH_CARA)])


def test_a_name_that_only_the_replaced_file_gave_goes(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, CORRECTED))
    bring(tmp_path, (RACE, FIRST), replace=True)
    alice = SimProfile.objects.get(profile_identifier=ALICE[1:])
    assert (alice.profile_name, list(alice.names.values_list("name", flat=True))) == ("Alice Amber", ["Alice Amber"])


def test_without_replace_it_is_refused_and_with_it_the_same_again_is_nothing(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    assert bring(tmp_path, (RACE, CORRECTED)).imported == 0
    bring(tmp_path, (RACE, CORRECTED), replace=True)
    before, history = picture(), decided()
    report = bring(
        tmp_path, (RACE, CORRECTED), ("copy.json", CORRECTED | {"Date": "2026-03-01T20:30:00Z"}), replace=True
    )
    assert (report.imported, report.unchanged, report.notes) == (0, 2, [])
    assert (picture(), decided()) == (before, history)


def test_what_was_replaced_or_withdrawn_comes_in_by_a_decision_only(tmp_path: Path) -> None:
    bring(tmp_path, ("a.json", iracing_document()))
    withdraw("a.json")
    report = bring(tmp_path, ("a.json", iracing_document()), ("b.json", {"data": iracing_document()}))
    assert (report.imported, report.unchanged) == (0, 2)
    assert len([note for _, note in report.notes if "does not stand" in note]) == 2
    assert not Session.objects.exists()


def test_of_several_in_one_import_the_last_one_stands(tmp_path: Path) -> None:
    report = bring(tmp_path, (RACE, FIRST), (RACE, CORRECTED), (RACE, WITH_CARA), replace=True)
    assert (report.imported, report.replaced, report.refused) == (3, 2, [])
    assert picture() == anew(tmp_path, [(RACE, WITH_CARA)])


@pytest.mark.parametrize("batch", [1, 20_000])
def test_a_dry_run_replaces_nothing_and_says_what_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("simlane.results.importer.BATCH_ROWS", batch)
    bring(tmp_path, (RACE, FIRST))
    before = picture()
    report = bring(tmp_path, (RACE, CORRECTED), (RACE, WITH_CARA), replace=True, dry_run=True)
    assert (report.imported, report.replaced, report.refused) == (2, 2, [])
    assert "2 would be imported (2 in the place of another)" in report.lines(dry_run=True)[0]
    assert (picture(), ResultFile.objects.count()) == (before, 1)


def test_the_command_replaces(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    (tmp_path / RACE).write_text(json.dumps(CORRECTED))
    out = StringIO()
    call_command("import_results", str(tmp_path / RACE), "--replace", stdout=out)
    assert "1 imported (1 in the place of another)" in out.getvalue()
    assert ResultFile.objects.latest("pk").way == "command"


def practice(*results: dict[str, Any]) -> dict[str, Any]:
    return iracing_session(-2, *results, simsession_type=3, simsession_name="PRACTICE")


def test_sessions_that_the_new_file_lacks_stay_and_new_ones_are_added(tmp_path: Path) -> None:
    qualifying = iracing_session(-1, simsession_type=4, simsession_name="QUALIFY")
    bring(tmp_path, ("a.json", iracing_document(practice(), iracing_session(0))))
    changed = iracing_session(0, iracing_result(100002), iracing_result(100003, 1))
    bring(tmp_path, ("b.json", iracing_document(qualifying, changed)), replace=True)
    assert what_stands() == {"a.json": {0}, "b.json": {0, 1}}
    assert picture() == anew(tmp_path, [("c.json", iracing_document(practice(), qualifying, changed))])
    bring_back("a.json")
    assert what_stands() == {"a.json": {0, 1}, "b.json": {0}}
    assert picture() == anew(tmp_path, [("c.json", iracing_document(practice(), qualifying, iracing_session(0)))])
    assert broken() == []


def test_a_file_of_one_session_replaces_that_one_wherever_it_stands_in_the_other(tmp_path: Path) -> None:
    bring(tmp_path, ("a.json", iracing_document(practice(), iracing_session(0))))
    changed = iracing_session(0, iracing_result(100002), iracing_result(100001, 1))
    assert bring(tmp_path, ("b.json", iracing_document(changed)), replace=True).replaced == 1
    assert what_stands() == {"a.json": {0}, "b.json": {0}}
    assert set(SimProfile.objects.values_list("starts", "podiums")) == {(1, 1)}
    # A session of a kind that is not there comes beside.
    qualifying = iracing_session(-1, simsession_type=4, simsession_name="QUALIFY")
    assert bring(tmp_path, ("c.json", iracing_document(qualifying)), replace=True).replaced == 1
    assert Session.objects.count() == 3
    assert Event.objects.count() == 1
    assert broken() == []


def heat(number: int, best: int, *order: int) -> dict[str, Any]:
    results = [iracing_result(100_000 + each, place, best_lap_time=best + each) for place, each in enumerate(order)]
    return iracing_session(-number, *results, simsession_name=f"HEAT {number}")


def test_heats_are_told_by_their_names_or_their_best_laps(tmp_path: Path) -> None:
    bring(tmp_path, ("a.json", iracing_document(heat(1, 910_000, 1, 2), heat(2, 920_000, 3, 4))))
    bring(tmp_path, ("b.json", iracing_document(heat(2, 930_000, 4, 3))), replace=True)
    assert what_stands() == {"a.json": {1}, "b.json": {0}}
    # In another format a session may have another name.
    nameless = heat(1, 910_000, 2, 1) | {"simsession_name": "Sunday"}
    bring(tmp_path, ("c.json", iracing_document(nameless)), replace=True)
    assert what_stands() == {"b.json": {0}, "c.json": {0}}
    before = picture()
    unclear = heat(3, 950_000, 1, 4) | {"simsession_name": "Monday"}
    report = bring(tmp_path, ("d.json", iracing_document(unclear)), replace=True)
    assert str(report.refused[0][1]) == versions.UNCLEAR
    assert picture() == before
    assert broken() == []


def test_a_file_without_a_time_has_that_of_what_it_replaces(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    corrected = race(A, B)
    corrected["sessionResult"]["leaderBoardLines"].reverse()
    report = bring(tmp_path, ("corrected.json", corrected), replace=True)
    assert (report.replaced, Session.objects.get().started_at) == (1, datetime(2026, 3, 1, 20, 30, tzinfo=UTC))
    assert [note for _, note in report.notes if note == versions.NO_TIME]
    withdraw("corrected.json")
    bring_back("corrected.json")
    assert Event.objects.get().starts_at == datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    assert broken() == []


def test_a_withdrawn_file_is_as_if_it_had_never_come_in(tmp_path: Path) -> None:
    bring(tmp_path, (EARLIER, race(A, C)), (QUALIFYING, race(A, B, sessionType="Q", sessionIndex=1)), (RACE, FIRST))
    whole = picture()
    withdraw(RACE)
    rest = [(EARLIER, race(A, C)), (QUALIFYING, race(A, B, sessionType="Q", sessionIndex=1))]
    assert picture() == anew(tmp_path, rest)
    assert broken() == []
    with pytest.raises(Refused, match="withdrawn already"):
        withdraw(RACE)
    bring_back(RACE)
    assert picture() == whole
    assert decided()[-2:] == [("withdrawn", RACE), ("brought_back", RACE)]
    with pytest.raises(Refused, match="stand already"):
        bring_back(RACE)
    assert broken() == []


def test_a_withdrawn_event_keeps_its_address_and_is_in_no_list(tmp_path: Path, client: Any) -> None:
    bring(tmp_path, (QUALIFYING, race(A, B, sessionType="Q", sessionIndex=1)), (RACE, FIRST))
    event, whole = Event.objects.get(), picture()
    versions.withdraw(event, by=None, reason="the wrong league")
    assert not any(picture().values())
    address = event.get_absolute_url()
    assert client.get(address).status_code == 404
    assert address not in client.get("/").content.decode() + client.get("/events/").content.decode()
    client.force_login(User.objects.create_superuser("boss"))
    assert client.get(address).status_code == 200
    assert broken() == []
    versions.bring_back(event, by=None, reason="")
    assert picture() == whole
    client.logout()
    assert client.get(address).status_code == 200
    assert broken() == []


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [(RACE, FIRST, CORRECTED), ("a.json", iracing_document(), iracing_document(iracing_session(0, iracing_result())))],
)
def test_other_results_come_in_where_all_were_withdrawn(
    tmp_path: Path, name: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    bring(tmp_path, (name, first))
    versions.withdraw(Event.objects.get(), by=None, reason="")
    assert bring(tmp_path, (name, second)).imported == 1
    assert picture() == anew(tmp_path, [(name, second)])
    assert broken() == []
    # The first one may still take its place.
    old = ResultFile.objects.earliest("pk")
    versions.bring_back(old.event, file=old, by=None, reason="")
    assert picture() == anew(tmp_path, [(name, first)])
    # What was withdrawn of the event comes back only where nothing stands.
    with pytest.raises(Refused, match="stand already"):
        versions.bring_back(old.event, by=None, reason="")


def test_one_session_of_a_file_is_withdrawn_and_comes_back(tmp_path: Path) -> None:
    bring(tmp_path, ("a.json", iracing_document(practice(), iracing_session(0))))
    whole, found = picture(), file("a.json")
    versions.withdraw(found.event, file=found, number=1, by=None, reason="")
    assert picture() == anew(tmp_path, [("b.json", iracing_document(practice()))])
    versions.bring_back(found.event, file=found, number=1, by=None, reason="")
    assert picture() == whole


def test_a_linked_profile_keeps_its_link_and_name(tmp_path: Path, owner: User) -> None:
    bring(tmp_path, (RACE, FIRST))
    alice = SimProfile.objects.get(profile_identifier=ALICE[1:])
    alice.link_to_user(owner)
    withdraw(RACE)
    alice.refresh_from_db()
    assert (alice.linked_user_id, alice.profile_name, alice.starts) == (owner.pk, "Alice Amber", 0)
    assert list(alice.names.values_list("name", flat=True)) == ["Alice Amber"]
    assert alice.last_active_at == alice.created_at
    assert not SimProfile.objects.filter(profile_identifier=BOB[1:]).exists()
    assert broken() == []
    bring_back(RACE)
    alice.refresh_from_db()
    assert (alice.linked_user_id, alice.starts) == (owner.pk, 1)


def test_what_a_profile_had_before_results_stays(tmp_path: Path) -> None:
    bring(tmp_path, (EARLIER, race(A)))
    alice = SimProfile.objects.get(profile_identifier=ALICE[1:])
    # As the upgrade leaves a driver of the old model.
    ProfileName.objects.filter(profile=alice).update(from_results=False, last_used_at=alice.created_at)
    LegacyProfile.objects.create(profile_id=alice.pk, is_verified=False, upgraded_is_verified=False)
    withdraw(EARLIER)
    assert list(alice.names.values_list("name", "last_used_at")) == [("Alice Amber", alice.created_at)]
    bring(tmp_path, ("270101_203000_R.json", race(A, serverName="another")))
    assert broken() == []


def test_drives_of_a_merged_profile_go_and_come_with_their_file(tmp_path: Path) -> None:
    staff = User.objects.create_superuser("boss")
    bring(tmp_path, (EARLIER, race(B)), (RACE, FIRST))
    alice, bob = (SimProfile.objects.get(profile_identifier=each[1:]) for each in (ALICE, BOB))
    done = merging.merge(alice.pk, bob.pk, by=staff)
    whole = picture()
    withdraw(RACE)
    alice.refresh_from_db()
    assert (alice.starts, alice.wins, Merge.objects.get().drives.count()) == (1, 1, 1)
    assert broken() == []
    bring_back(RACE)
    assert picture() == whole
    merging.undo(done, by=staff)
    assert set(SimProfile.objects.values_list("profile_name", "starts")) == {("Alice Amber", 1), ("Bob Birch", 2)}
    assert broken() == []


def test_a_correction_on_another_track_moves_the_bests_of_the_whole_event(tmp_path: Path) -> None:
    document = iracing_document(practice(), iracing_session(0))
    bring(tmp_path, ("a.json", document))
    moved, slow = {"track": {"track_name": "Monza", "config_name": ""}}, iracing_result(best_lap_time=999_999)
    bring(tmp_path, ("b.json", iracing_document(practice(slow), **moved)), replace=True)
    rest = practice(slow), iracing_session(0)
    assert picture() == anew(tmp_path, [("c.json", iracing_document(*rest, **moved))])
    withdraw("b.json")
    assert picture() == anew(tmp_path, [("c.json", iracing_document(iracing_session(0)))])


def test_what_breaks_off_in_the_middle_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, (EARLIER, race(A, B, best=95_000)), (RACE, FIRST))
    before, history = picture(), decided()

    def stop(*_: Any) -> None:
        raise DatabaseError("the lights went out")

    for module, place in ((putting, "follow"), (putting, "take_away"), (versions, "follow"), (versions, "take_away")):
        with monkeypatch.context() as patched:
            patched.setattr(module, place, stop)
            if module is putting:
                report = bring(tmp_path, (RACE, CORRECTED), replace=True)
                assert "the lights went out" in str(report.refused), (place, report)
            else:
                with pytest.raises(DatabaseError), transaction.atomic():
                    withdraw(RACE)
        assert (picture(), decided()) == (before, history)
    with monkeypatch.context() as patched:
        patched.setattr(following, "recount", stop)
        assert bring(tmp_path, (RACE, CORRECTED), replace=True).refused
    assert (picture(), decided()) == (before, history)
    assert broken() == []


def test_the_database_lets_no_decision_be_changed(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    for change in (
        lambda: Decision.objects.update(reason="another"),
        lambda: Decision.objects.all().delete(),
    ):
        with pytest.raises((DatabaseError, IntegrityError), match="only added"), transaction.atomic():
            change()
    assert decided() == [("came_in", RACE)]


def test_the_integrity_checks_find_what_stands_astray(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST), ("a.json", iracing_document()))
    assert broken() == []
    Event.objects.filter(platform_id="").update(withdrawn_at=datetime.now(UTC))
    assert broken() == ["versions"]
    Event.objects.update(withdrawn_at=None)
    SessionFile.objects.filter(file=file(RACE)).update(file=file("a.json"), number=7)
    assert broken() == ["versions"]
    SessionFile.objects.filter(number=7).update(file=file(RACE), number=0)
    Session.objects.filter(of_file__file=file("a.json")).delete()
    assert "versions" in broken()


def forget_content() -> None:
    """As a release left it that did not keep what files say."""
    ResultFile.objects.update(content=None, reader_version=0, kept="", size=None)
    SessionFile.objects.all().delete()


def test_what_came_in_before_files_were_kept_is_not_lost_by_a_decision(tmp_path: Path) -> None:
    bring(tmp_path, (QUALIFYING, race(A, B, sessionType="Q", sessionIndex=1)), (RACE, FIRST))
    forget_content()
    before = picture()
    with pytest.raises(Refused, match=r"import “260301_200000_Q\.json” once more"):
        versions.withdraw(Event.objects.get(), by=None, reason="")
    report = bring(tmp_path, (RACE, CORRECTED), replace=True)
    assert "once more, then try again" in str(report.refused[0][1])
    assert picture() == before
    # A league's clock is not that of the server whose files the site brought in.
    league = League.objects.create(name="Elsewhere", slug="elsewhere", trusted=True)
    report = bring(tmp_path, (RACE, FIRST), league=league, timezone=timezone_of("Asia/Tokyo"))
    assert (report.unchanged, report.notes, picture()) == (1, [], before)
    # The same bytes once more fill in what is missing.
    report = bring(tmp_path, (QUALIFYING, race(A, B, sessionType="Q", sessionIndex=1)), (RACE, FIRST))
    assert (report.unchanged, [note for _, note in report.notes]) == (2, [rereading.FILLED] * 2)
    assert what_stands() == {QUALIFYING: {0}, RACE: {0}}
    assert picture() == before
    assert bring(tmp_path, (RACE, CORRECTED), replace=True).replaced == 1
    assert broken() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_of_two_that_replace_the_same_session_at_once_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, (RACE, FIRST))
    both = threading.Barrier(2)
    looked = versions.stands_of
    first_looks: set[int] = set()

    def look(item: Any) -> set[tuple[int, int]]:
        found = looked(item)
        if threading.get_ident() not in first_looks:
            first_looks.add(threading.get_ident())
            both.wait(timeout=30)
        return found

    monkeypatch.setattr(versions, "stands_of", look)
    reports = []

    def replace(number: int, document: dict[str, Any]) -> None:
        (folder := tmp_path / f"of-{number}").mkdir()
        try:
            reports.append(bring(folder, (RACE, document), replace=True))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=replace, args=each) for each in enumerate((CORRECTED, WITH_CARA))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(report.replaced for report in reports) == [0, 1]
    ((_, error),) = [refused for report in reports for refused in report.refused]
    assert str(error) == versions.OVERTAKEN
    assert Entry.objects.count() == 2
    assert broken() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_a_decision_waits_for_a_long_import_no_longer_than_a_person_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "PATIENCE", 0.05)
    bring(tmp_path, (RACE, FIRST))
    before = picture()
    held, done = threading.Event(), threading.Event()

    def imports() -> None:
        try:
            with transaction.atomic():
                storing.lock()
                held.set()
                done.wait(SECONDS)
        finally:
            held.set()
            connections.close_all()

    thread = threading.Thread(target=imports)
    thread.start()
    try:
        assert held.wait(SECONDS)
        for decision in (versions.withdraw, versions.bring_back):
            with pytest.raises(Refused, match="The site is bringing in results just now"):
                decision(Event.objects.get(), by=None, reason="a mistake")
    finally:
        done.set()
        thread.join()
    assert (picture(), decided()) == (before, [("came_in", RACE)])
    with transaction.atomic():
        withdraw(RACE)
        # What waits for something else waits as before.
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)
    assert decided()[-1] == ("withdrawn", RACE)


def test_storing_and_replacing_are_one_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = storing.stand

    def watched(placed: Any) -> Any:
        seen.append(len(placed))
        return real(placed)

    monkeypatch.setattr(storing, "stand", watched)
    bring(tmp_path, (RACE, FIRST))
    bring(tmp_path, (RACE, CORRECTED), replace=True)
    assert seen == [1, 1]
    assert importer.store is storing.store
