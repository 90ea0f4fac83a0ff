"""Stewards decide about results that stand: every figure follows, the record only grows, and versions keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from simlane.results import deciding, versions
from simlane.results.deciding import make_final, rule, undo
from simlane.results.models import ResultFile, Ruling, RulingOutcome, SessionFile
from simlane.results.rulings.applying import NO_LAP, Kind
from simlane.results.rulings.fitting import GONE
from simlane.results.rulings.points import points_ruled
from simlane.results.rulings.standing import Place
from simlane.sim.career.changes import results_changed
from simlane.sim.errors import Refused
from simlane.sim.models import Entry, EntryDriver, Event, PersonalBest, Session, SimProfile
from simlane.users.models import Notification, User
from tests.results.builders import ALICE, BOB, acc_lap, iracing_document, iracing_result, iracing_session
from tests.results.standing import anew, bring, broken, picture
from tests.results.test_versions import CARA, CORRECTED, FIRST, RACE, WITH_CARA, A, B, C, file, race

pytestmark = pytest.mark.django_db
THREE = race(A, B, C)


def place(name: str = RACE) -> Place:
    return Place(file(name).pk, 0)


def decided(row: int, kind: Kind, value: int | None = None, *, name: str = RACE, **more: Any) -> Ruling:
    return rule(place(name), row, kind, **{"value": value, "reason": "a reason", "by": None} | more)


def results() -> list[tuple[str, int | None, str]]:
    """Names, positions and states of the entries that stand."""
    return list(EntryDriver.objects.order_by("entry__row").values_list("name", "entry__position", "entry__status"))


def career(identifier: str) -> tuple[int, int, int]:
    found = SimProfile.objects.get(profile_identifier=identifier[1:])
    return found.starts, found.wins, found.podiums


def test_the_winner_is_disqualified_and_every_figure_follows_and_comes_back(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, THREE))
    before, session = picture(), SessionFile.objects.get().session
    made = decided(0, Kind.DISQUALIFIED)
    assert results() == [
        ("Bob Birch", 1, "finished"), ("Cara Cyan", 2, "finished"), ("Alice Amber", None, "dsq")
    ]  # fmt: skip
    assert [career(each) for each in (ALICE, BOB, CARA)] == [(1, 0, 0), (1, 1, 1), (1, 0, 1)]
    # The address of the results stays, and what the file said.
    now = SessionFile.objects.get().session
    assert (now.event_id, now.number) == (session.event_id, session.number)
    assert broken() == []
    undo(made.pk, reason="they were right", by=None)
    assert picture() == before == anew(tmp_path, [(RACE, THREE)])
    assert broken() == []
    assert [(each.kind, each.about_id) for each in Ruling.objects.order_by("pk")] == [
        ("disqualified", None), ("undone", made.pk)
    ]  # fmt: skip


def test_a_removed_entry_was_never_driven_and_another_driver_has_what_was(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, THREE))
    decided(1, Kind.REMOVED)
    assert results() == [("Alice Amber", 1, "finished"), ("Cara Cyan", 2, "finished")]
    # Nobody but these results knew Bob.
    assert not SimProfile.objects.filter(profile_identifier=BOB[1:]).exists()
    cara = SimProfile.objects.get(profile_identifier=CARA[1:])
    decided(0, Kind.DRIVER, 0, driver_name=cara.profile_name, driver_identifier=cara.profile_identifier)
    assert results()[0] == ("Cara Cyan", 1, "finished")
    assert career(CARA) == (1, 1, 1)
    assert broken() == []


def test_a_deleted_lap_is_nobodys_best(tmp_path: Path) -> None:
    document = race(A, B, best=90_000)
    document["laps"] = [acc_lap(time=90_000), acc_lap(time=90_700), acc_lap(1002, time=90_111)]
    bring(tmp_path, (RACE, document))
    alice = SimProfile.objects.get(profile_identifier=ALICE[1:])
    decided(0, Kind.LAP, 1)
    assert PersonalBest.objects.get(profile=alice).best_lap_ms == 90_700
    with pytest.raises(Refused, match="no such lap"):
        decided(0, Kind.LAP, 3)
    assert Ruling.objects.count() == 1


def test_points_leave_the_results_and_are_read_by_entry(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, THREE))
    before, entries = picture(), list(Entry.objects.order_by("row").values_list("pk", flat=True))
    told: list[set[int]] = []

    def hear(events: set[int], **_: Any) -> None:
        told.append(events)

    results_changed.connect(hear)
    first = decided(0, Kind.POINTS, -5)
    decided(0, Kind.POINTS, 2)
    decided(2, Kind.POINTS, 3)
    assert picture() == before
    sessions = Session.objects.all()
    assert points_ruled(sessions) == {entries[0]: -3, entries[2]: 3}
    assert told == [{Event.objects.get().pk}] * 3
    undo(first.pk, reason="no", by=None)
    assert points_ruled([sessions.get().pk]) == {entries[0]: 2, entries[2]: 3}
    # They stay with their driver where the order is another.
    decided(0, Kind.DISQUALIFIED)
    given = {entry.drivers.get().name: points_ruled(sessions).get(entry.pk) for entry in Entry.objects.all()}
    assert given == {"Alice Amber": 2, "Bob Birch": None, "Cara Cyan": 3}


def test_a_new_version_keeps_what_fits_and_says_what_does_not(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    alices, bobs = decided(0, Kind.DISQUALIFIED), decided(1, Kind.POINTS, -1)
    bring(tmp_path, (RACE, WITH_CARA), replace=True)
    assert results() == [("Cara Cyan", 1, "finished"), ("Alice Amber", None, "dsq")]
    fits, problem = RulingOutcome.objects.get(ruling=alices), RulingOutcome.objects.get(ruling=bobs)
    assert (fits.entry.drivers.get().name, fits.problem) == ("Alice Amber", "")  # type: ignore[union-attr]
    assert (problem.entry, problem.problem) == (None, GONE)
    # The older version again: both.
    old = ResultFile.objects.earliest("pk")
    versions.bring_back(old.event, file=old, by=None, reason="")
    assert results()[-1] == ("Alice Amber", None, "dsq")
    assert RulingOutcome.objects.filter(problem="").count() == 2
    # What is ruled of one version is undone where another stands.
    bring_new = ResultFile.objects.latest("pk")
    versions.bring_back(bring_new.event, file=bring_new, by=None, reason="")
    undo(alices.pk, reason="no", by=None)
    assert picture() == anew(tmp_path, [(RACE, WITH_CARA)])
    assert broken() == []


def test_withdrawing_and_bringing_back_keeps_them(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    decided(0, Kind.DISQUALIFIED)
    removed = decided(1, Kind.REMOVED)
    whole, event = picture(), Event.objects.get()
    versions.withdraw(event, by=None, reason="a mistake")
    assert not any(picture().values())
    with pytest.raises(Refused, match="do not stand"):
        decided(0, Kind.POINTS, 1)
    versions.bring_back(event, by=None, reason="none after all")
    assert picture() == whole
    # Undone while nothing stands.
    versions.withdraw(event, file=file(RACE), by=None, reason="again")
    undo(removed.pk, reason="no", by=None)
    versions.bring_back(event, file=file(RACE), by=None, reason="")
    assert results() == [("Bob Birch", 1, "finished"), ("Alice Amber", None, "dsq")]
    assert broken() == []


def test_a_version_that_was_ruled_about_passes_it_on_to_the_one_before(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    bring(tmp_path, ("260301_203010_R.json", CORRECTED), replace=True)
    decided(0, Kind.DISQUALIFIED, name="260301_203010_R.json")
    versions.withdraw(Event.objects.get(), by=None, reason="the first was right")
    first = file(RACE)
    versions.bring_back(first.event, file=first, by=None, reason="")
    assert results() == [("Alice Amber", 1, "finished"), ("Bob Birch", None, "dsq")]


def test_a_ruling_is_about_the_entry_that_its_steward_saw(tmp_path: Path) -> None:
    """The page was asked for before another version took the place of what it showed."""
    bring(tmp_path, (RACE, FIRST))
    seen = place()
    bring(tmp_path, ("260301_203010_R.json", CORRECTED), replace=True)
    rule(seen, 0, Kind.DISQUALIFIED, reason="contact", by=None)
    assert results() == [("Bob Birch", 1, "finished"), ("Alicia Amber", None, "dsq")]


def test_each_session_of_a_file_has_its_own(tmp_path: Path) -> None:
    qualifying = iracing_session(-1, simsession_type=4, simsession_name="QUALIFY")
    document = iracing_document(qualifying, iracing_session(0))
    bring(tmp_path, ("a.json", document))
    rule(Place(file("a.json").pk, 1), 0, Kind.DISQUALIFIED, reason="contact", by=None)
    status = dict(Entry.objects.filter(drivers__name="Driver 100001").values_list("session__kind", "status"))
    assert status == {"qualifying": "finished", "race": "dsq"}
    changed = iracing_session(0, iracing_result(100002), iracing_result(100001, 1))
    bring(tmp_path, ("b.json", iracing_document(changed)), replace=True)
    status = dict(Entry.objects.filter(drivers__name="Driver 100001").values_list("session__kind", "status"))
    assert status == {"qualifying": "finished", "race": "dsq"}
    assert broken() == []


@pytest.mark.parametrize(
    ("kind", "value", "row", "reason", "says"),
    [
        (Kind.TIME, 0, 0, "x", "say how much"),
        (Kind.TIME, None, 0, "x", "say how much"),
        (Kind.TIME, 86_400_001, 0, "x", "say how much"),
        (Kind.POINTS, 0, 0, "x", "say how much"),
        (Kind.PLACES, -1, 0, "x", "say how much"),
        (Kind.LAP, 9, 0, "x", NO_LAP),
        (Kind.DRIVER, 0, 0, "x", "Say who drove"),
        (Kind.DRIVER, 1, 0, "x", "Nobody drove"),
        (Kind.DISQUALIFIED, None, 9, "x", "no such entry"),
        (Kind.DISQUALIFIED, None, 0, "  ", "Say why"),
        (Kind.DISQUALIFIED, None, 0, "x" * 501, "at most 500"),
    ],
)
def test_what_cannot_be_ruled_changes_nothing(
    tmp_path: Path, kind: Kind, value: int | None, row: int, reason: str, says: str
) -> None:
    bring(tmp_path, (RACE, FIRST))
    before = picture()
    name = "Zoë" if says == "Nobody drove" else ""
    with pytest.raises(Refused, match=says):
        decided(row, kind, value, reason=reason, driver_name=name)
    assert (picture(), Ruling.objects.count()) == (before, 0)


def test_it_is_undone_once_and_final_once(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    made, other = decided(0, Kind.PLACES, 1), decided(0, Kind.POINTS, -1, final=True)
    make_final(made.pk, reason="nobody protested", by=None)
    for again in (made, other):
        with pytest.raises(Refused, match="final already"):
            make_final(again.pk, reason="again", by=None)
    undone = undo(made.pk, reason="an appeal", by=None)
    for act, says in ((undo, "undone already"), (make_final, "undone already")):
        with pytest.raises(Refused, match=says):
            act(made.pk, reason="again", by=None)
    for key in (undone.pk, 0):
        with pytest.raises(Refused, match="about an entry"):
            undo(key, reason="again", by=None)
    assert Ruling.objects.count() == 4


def test_the_database_lets_no_ruling_be_changed_or_undone_twice(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    made = decided(0, Kind.TIME, 5_000)
    undo(made.pk, reason="no", by=None)
    row = {"session": made.session, "reason": "x", "target": made.target}
    for refused in (
        lambda: Ruling.objects.update(reason="another"),
        lambda: Ruling.objects.filter(kind="undone").delete(),
        lambda: Ruling.objects.create(session=made.session, kind=Kind.UNDONE, about=made, reason="x"),
        lambda: Ruling.objects.create(**row, kind=Kind.UNDONE),
        lambda: Ruling.objects.create(**row, kind=Kind.TIME),
        lambda: Ruling.objects.create(**row, kind=Kind.TIME, value=-1),
        lambda: Ruling.objects.create(**row, kind=Kind.POINTS, value=0),
        lambda: Ruling.objects.create(**row, kind=Kind.REMOVED, value=1),
        lambda: Ruling.objects.create(**row | {"target": None}, kind=Kind.REMOVED),
        lambda: Ruling.objects.create(**row | {"reason": ""}, kind=Kind.REMOVED),
    ):
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
            refused()
    assert Ruling.objects.count() == 2


def test_everybody_whose_result_changes_is_told(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, THREE))
    accounts = {}
    for identifier in (ALICE, BOB, CARA):
        accounts[identifier] = User.objects.create_user(identifier)
        SimProfile.objects.filter(profile_identifier=identifier[1:]).update(
            linked_user=accounts[identifier], linked_at=timezone.now()
        )
    made = decided(1, Kind.PLACES, 1, reason="contact in turn 1")
    told = {each.user_id: each.detail for each in Notification.objects.filter(kind="ruled")}
    assert told.keys() == {accounts[BOB].pk, accounts[CARA].pk}
    bob = told[accounts[BOB].pk]
    assert (bob["was"], bob["now"], bob["final"], bob["act"]) == ("P2", "P3", 0, "ruled")
    assert (bob["about"], bob["what"], bob["reason"]) == ("#2 Bob Birch", "1 position lost", "contact in turn 1")
    Notification.objects.all().delete()
    make_final(made.pk, reason="nobody protested", by=None)
    (final,) = Notification.objects.all()
    assert (final.user_id, final.detail["act"], final.detail["final"]) == (accounts[BOB].pk, "final", 1)
    Notification.objects.all().delete()
    undo(made.pk, reason="it was another", by=None)
    assert set(Notification.objects.values_list("user", flat=True)) == {accounts[BOB].pk, accounts[CARA].pk}
    Notification.objects.all().delete()
    decided(0, Kind.REMOVED)
    assert Notification.objects.get(user=accounts[ALICE]).detail["now"] == "not in the results"


def test_the_integrity_check_finds_a_ruling_of_which_nothing_came(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST))
    decided(0, Kind.DISQUALIFIED)
    undo(decided(0, Kind.POINTS, 1).pk, reason="no", by=None)
    assert broken() == []
    RulingOutcome.objects.all().delete()
    assert broken() == ["rulings"]
    versions.withdraw(Event.objects.get(), by=None, reason="x")
    assert broken() == []


def test_what_breaks_off_in_the_middle_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, (RACE, FIRST))
    before = picture()

    def stop(*_: Any) -> None:
        raise DatabaseError("the lights went out")

    monkeypatch.setattr(deciding, "tell", stop)
    with pytest.raises(DatabaseError), transaction.atomic():
        decided(0, Kind.DISQUALIFIED)
    assert (picture(), Ruling.objects.count()) == (before, 0)
