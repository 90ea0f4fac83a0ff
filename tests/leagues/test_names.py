"""A name without an id in a league: tied, set apart by a car number, undone; as a fresh import does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from simlane.leagues.trust import take_out
from simlane.results import storing, tying, versions
from simlane.results.models import NameDecision
from simlane.sim.errors import Refused
from simlane.sim.models import EntryDriver, Event, League, LeagueDriver, SimProfile
from simlane.sim.ownership import merging
from simlane.users.models import User
from tests.results.builders import BOB, acc_document, acc_driver, acc_line
from tests.results.standing import bring, broken, picture

pytestmark = pytest.mark.django_db
ID = "76561190000000077"
NAMES = ("260601_203000_R.json", "260608_203000_R.json", "260615_203000_R.json")


def race(
    number: int, identifier: str | None = None, *, max_number: int = 7, name: str = "Max"
) -> tuple[str, dict[str, Any]]:
    """Max wins, without an id or with one; Bob has one."""
    max_ = acc_line(1001, acc_driver(name, "Müller", f"S{identifier}" if identifier else ""), bestLap=80_000 + number)
    max_["car"]["raceNumber"] = max_number
    bob = acc_line(1002, acc_driver("Bob", "Birch", BOB), bestLap=90_000 + number)
    return NAMES[number], acc_document(laps=[], sessionResult={"leaderBoardLines": [max_, bob]})


def of(name: str = "max muller", **fields: Any) -> LeagueDriver:
    return LeagueDriver.objects.select_related("simulator", "league").get(folded=name, **fields)


@pytest.fixture(params=[True, False], ids=["confirmed", "not confirmed"])
def cup(request: pytest.FixtureRequest, league: League) -> League:
    league.trusted = request.param
    league.save()
    return league


def shown() -> dict[str, list[Any]]:
    """What stands; who drove in nothing that counts was active when the profile was made, whenever that was."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    SimProfile.objects.filter(last_active_at=F("created_at")).update(created_at=made, last_active_at=made)
    return picture()


def the_third_comes(folder: Path, cup: League, identifier: str | None = None) -> None:
    """Misspelled, withdrawn, brought back, corrected."""
    assert not bring(folder, race(2, identifier, name="MAX"), league=cup).refused
    last = Event.objects.get(starts_at__day=15)
    versions.withdraw(last, by=None, reason="another spelling")
    versions.bring_back(last, by=None, reason="to be put right")
    assert bring(folder, race(2, identifier), league=cup, replace=True).replaced == 1


def test_a_tie_gives_all_results_of_the_name_as_if_the_files_gave_the_id(
    tmp_path: Path, cup: League, otto: User
) -> None:
    with transaction.atomic():
        bring(tmp_path, race(0, ID), race(1, ID), league=cup)
        both = shown()
        the_third_comes(tmp_path, cup, ID)
        all_three = shown()
        transaction.set_rollback(True)
    bring(tmp_path, race(0), race(1), league=cup)
    before = shown()
    tying.tie_to_identifier(of(), f"S{ID}", by=otto.pk)
    assert shown() == both
    # What comes later follows, and what came in goes on being known by what its file says.
    the_third_comes(tmp_path, cup)
    assert shown() == all_three
    assert broken() == []
    versions.withdraw(Event.objects.get(starts_at__day=15), by=None, reason="a test race")
    tying.untie(of(), by=otto.pk)
    assert shown() == before
    assert broken() == []
    decided = list(NameDecision.objects.order_by("pk").values_list("what", "identifier", "by"))
    assert decided == [("tied", ID, otto.pk), ("untied", ID, otto.pk)]


def test_a_files_own_id_goes_before_a_tie(tmp_path: Path, league: League, otto: User) -> None:
    bring(tmp_path, race(0), league=league)
    tying.tie_to_identifier(of(), ID, by=otto.pk)
    other = "76561190000000088"
    bring(tmp_path, race(1, other), league=league)
    drives = EntryDriver.objects.filter(name="Max Müller").order_by("pk")
    ids = list(drives.values_list("profile__profile_identifier", "league_driver"))
    assert ids == [(ID, of().pk), (other, None)]


def test_a_name_is_tied_in_its_league_only(tmp_path: Path, league: League, otto: User) -> None:
    other = League.objects.create(name="Other", slug="other")
    for number, whose in enumerate((league, other, None)):
        bring(tmp_path, race(number), league=whose)
    tying.tie_to_identifier(of(league=league), ID, by=otto.pk)
    named = EntryDriver.objects.filter(name="Max Müller").order_by("raced_at")
    found = list(named.values_list("profile__profile_identifier", "league_driver__league"))
    assert found == [(ID, league.pk), (None, other.pk), (None, None)]
    # Of no league any more, it is nobody's, and who was made for it alone goes with the tie.
    take_out(Event.objects.get(league=league))
    assert not named.exclude(profile=None, league_driver=None).filter(entry__session__event__league=None).exists()
    assert SimProfile.objects.get(profile_identifier=ID).starts == 0
    tying.untie(of(league=league), by=otto.pk)
    assert not SimProfile.objects.filter(profile_identifier=ID).exists()


def test_two_of_one_name_are_set_apart_by_the_car_number_and_taken_together(
    tmp_path: Path, cup: League, otto: User
) -> None:
    bring(tmp_path, race(0), race(1, max_number=77), league=cup)
    tying.tie_to_identifier(of(), ID, by=otto.pk)
    tied = shown()
    second = tying.part(of(), "77", by=otto.pk)
    tying.tie_to_identifier(second, "76561190000000088", by=otto.pk)
    bring(tmp_path, race(2, max_number=77), league=cup)
    drives = EntryDriver.objects.filter(league_driver__folded="max muller").order_by("raced_at")
    ids = list(drives.values_list("profile__profile_identifier", flat=True))
    assert ids == [ID, "76561190000000088", "76561190000000088"]
    assert broken() == []
    with pytest.raises(Refused, match="drove no car with the number 5"):
        tying.part(of(car_number=""), "5", by=otto.pk)
    versions.withdraw(Event.objects.get(starts_at__day=15), by=None, reason="a test race")
    tying.join(second, by=otto.pk)
    assert shown() == tied
    assert [each.car_number for each in LeagueDriver.objects.filter(folded="max muller")] == [""]


def test_a_merge_and_a_tie_are_undone_in_any_order(tmp_path: Path, league: League, otto: User) -> None:
    League.objects.update(trusted=True)
    bring(tmp_path, race(0), league=league)
    tied = tying.tie_to_identifier(of(), ID, by=otto.pk)
    bob = SimProfile.objects.get(profile_identifier=BOB.removeprefix("S"))
    merged = merging.merge(bob.pk, tied.pk, by=otto)
    bring(tmp_path, race(1), league=league)
    of_name = EntryDriver.objects.filter(name="Max Müller")
    assert set(of_name.values_list("profile", flat=True)) == {bob.pk}
    merging.undo(merged, by=otto)
    assert set(of_name.values_list("profile", flat=True)) == {tied.pk}
    assert broken() == []
    again = merging.merge(bob.pk, tied.pk, by=otto)
    tying.untie(of(), by=otto.pk)
    merging.undo(again, by=otto)
    assert set(of_name.values_list("profile", flat=True)) == {None}
    assert broken() == []
    assert SimProfile.objects.get(pk=bob.pk).starts == 2


def together(*acts: Callable[[], Any]) -> list[str]:
    """What each said, done at the same moment."""
    barrier, said = threading.Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            act()
            said.append("done")
        except Refused as refusal:
            said.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, none of them is asked to come again: each waits for the others."""
    monkeypatch.setattr(storing, "PATIENCE", 300.0)


@pytest.mark.usefixtures("patient")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_tie_a_name_at_once_one_is_told(tmp_path: Path, league: League, otto: User, olga: User) -> None:
    bring(tmp_path, race(0), league=league)
    driver = of()
    said = together(
        lambda: tying.tie_to_identifier(driver, ID, by=otto.pk),
        lambda: tying.tie_to_identifier(driver, "76561190000000088", by=olga.pk),
    )
    refused = "“Max Müller” has just been tied by somebody else, or was tied already: undo that first."
    assert said == ["done", refused]
    assert NameDecision.objects.count() == 1
    # Whom nobody drove as was not made.
    assert SimProfile.objects.filter(profile_identifier__in=[ID, "76561190000000088"]).count() == 1
    assert broken() == []


@pytest.mark.usefixtures("patient")
@pytest.mark.django_db(transaction=True)
def test_what_comes_in_while_a_name_is_tied_follows(tmp_path: Path, league: League, otto: User) -> None:
    bring(tmp_path, race(0), league=league)
    driver = of()
    reports: list[Any] = []
    together(
        lambda: tying.tie_to_identifier(driver, ID, by=otto.pk),
        lambda: reports.append(bring(tmp_path, race(1), race(2), league=league)),
    )
    assert not reports[0].refused
    assert EntryDriver.objects.filter(profile__profile_identifier=ID).count() == 3
    assert broken() == []


def test_a_drive_that_is_another_s_than_its_name_is_found(tmp_path: Path, league: League, otto: User) -> None:
    bring(tmp_path, race(0), league=league)
    bob = SimProfile.objects.get(profile_identifier=BOB.removeprefix("S"))
    named = EntryDriver.objects.filter(league_driver=of())
    named.update(profile=bob)
    assert "tied-names" in broken()
    named.update(profile=None)
    assert broken() == []
    LeagueDriver.objects.update(profile=bob, tied_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert broken() == ["tied-names"]
