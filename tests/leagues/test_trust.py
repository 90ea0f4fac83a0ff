"""What counts of a league's results: nothing in anybody's career until staff have confirmed the league."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from simlane.leagues import trust
from simlane.leagues.trust import recount_league, set_trusted, take_out
from simlane.results import versions
from simlane.results.importer import Importer
from simlane.results.models import Way
from simlane.results.report import Report
from simlane.sim.career.statistics import COUNTED
from simlane.sim.identity.identifiers import IdentifierKind
from simlane.sim.integrity import findings
from simlane.sim.models import Event, HistoryEntry, League, PersonalBest, ProfileName, SimProfile
from simlane.sim.models.leagues import RESERVED_LEAGUES
from simlane.sim.ownership import codes
from simlane.sim.ownership.events import Kind
from simlane.sim.ownership.history import Action, How
from simlane.sim.ownership.linking import set_visibility
from simlane.sim.ownership.proof import confirm, prove, staff_unlink
from simlane.users.models import Notification, User
from tests.results.builders import acc_document, acc_driver, acc_line, iracing_document, iracing_result, iracing_session
from tests.results.standing import picture

pytestmark = pytest.mark.django_db
MARK = "<strong>Not counted:</strong> the league Sunday Cup is not confirmed"


@pytest.fixture
def league(db: None) -> League:
    return League.objects.create(name="Sunday Cup", slug="sunday-cup")


def bring(folder: Path, document: dict[str, Any], name: str = "260601_203000_R.json", **options: Any) -> Report:
    (folder / name).write_text(json.dumps(document))
    report = Importer(**options).run([folder / name])
    assert not report.refused, report.refused
    return report


def figures() -> list[tuple[Any, ...]]:
    """Every driver's career and bests, and that the check finds them right."""
    assert [finding.check for finding in findings() if finding.count] == []
    careers = SimProfile.objects.order_by("profile_identifier").values_list("profile_identifier", *COUNTED)
    bests = PersonalBest.objects.order_by("profile__profile_identifier", "track__name", "car__name")
    return [*careers, *bests.values_list("profile__profile_identifier", "best_lap_ms")]


@pytest.mark.usefixtures("season")
def test_only_a_confirmed_leagues_results_count_and_trust_counts_them_anew(league: League, tmp_path: Path) -> None:
    before = figures()
    alice = acc_line(1001, acc_driver("Alicia", "Amber"), bestLap=80_000)
    lines = [alice, acc_line(1002, acc_driver("Nina", "New", "S76561190000000077"))]
    races = acc_document(laps=[], serverName="Sunday Server", sessionResult={"leaderBoardLines": lines})
    bring(tmp_path, races, league=league)
    added = [row for row in figures() if row not in before]
    assert added == [("76561190000000077", 0, 0, 0, 0, 0)]
    set_trusted(league, trusted=True)
    assert [finding.check for finding in findings() if finding.count] == ["figures", "records"]
    assert recount_league(league.pk) == 2
    counted = dict(row[:2] for row in figures()[:-3])
    assert counted["76561190000000077"] == 1
    league.refresh_from_db()
    assert (league.trusted, league.recount_due) == (True, False)
    # As if it had been confirmed before the results came.
    trusted = figures()
    set_trusted(league, trusted=False)
    recount_league(league.pk)
    assert [row for row in figures() if row not in before] == added
    set_trusted(league, trusted=True)
    recount_league(league.pk)
    assert figures() == trusted


def test_a_league_that_cannot_be_counted_anew_stays_due_and_holds_up_no_other(
    league: League, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of whom there are drivers: counting them fails.
    bring(tmp_path, acc_document(), league=league)
    League.objects.create(name="Winter Cup", slug="winter-cup")
    League.objects.update(recount_due=True)

    def fails(*_: Any) -> None:
        raise OverflowError

    monkeypatch.setattr(trust, "count_anew", fails)
    trust.finish_recounts()
    assert list(League.objects.filter(recount_due=True)) == [league]


def test_results_of_a_confirmed_league_count_when_they_come(league: League, tmp_path: Path) -> None:
    set_trusted(league, trusted=True)
    bring(tmp_path, acc_document(), league=league)
    assert figures()[0] == ("76561190000000001", 1, 1, 1, 1, 1)


@pytest.mark.usefixtures("season")
def test_who_is_known_is_not_renamed_by_a_league_that_nobody_confirmed(
    alice: SimProfile, league: League, tmp_path: Path
) -> None:
    names = set(ProfileName.objects.filter(profile=alice).values_list("name", flat=True))
    line = acc_line(1001, acc_driver("Rude", "Word"))
    bring(tmp_path, acc_document(laps=[], sessionResult={"leaderBoardLines": [line]}), league=league)
    alice.refresh_from_db()
    assert alice.profile_name == "Alicia Amber"
    assert set(ProfileName.objects.filter(profile=alice).values_list("name", flat=True)) == names
    set_trusted(league, trusted=True)
    recount_league(league.pk)
    alice.refresh_from_db()
    assert alice.profile_name == "Rude Word"
    set_trusted(league, trusted=False)
    recount_league(league.pk)
    alice.refresh_from_db()
    assert alice.profile_name == "Alicia Amber"
    assert set(ProfileName.objects.filter(profile=alice).values_list("name", flat=True)) == names


@pytest.mark.parametrize("trusted", [False, True])
def test_a_code_in_a_name_proves_nothing_in_a_file_that_anybody_may_have_written(
    alice: SimProfile, owner: User, league: League, tmp_path: Path, trusted: bool
) -> None:
    alice.link_to_user(owner)
    code = codes.issue(alice, owner).code
    set_trusted(league, trusted=trusted)
    line = acc_line(1001, acc_driver("Alicia", f"Amber [{code}]"))
    bring(tmp_path, acc_document(laps=[], sessionResult={"leaderBoardLines": [line]}), league=league)
    alice.refresh_from_db()
    assert alice.is_verified is trusted


def test_a_code_proves_nothing_in_what_staff_took_out_of_a_league(
    alice: SimProfile, owner: User, league: League, tmp_path: Path
) -> None:
    alice.link_to_user(owner)
    code = codes.issue(alice, owner).code
    line = acc_line(1001, acc_driver("Alicia", f"Amber [{code}]"))
    forged = acc_document(laps=[], sessionResult={"leaderBoardLines": [line]})
    bring(tmp_path, forged, league=league, way=Way.UPLOAD)
    event = Event.objects.get(league=league)
    take_out(event)
    event.refresh_from_db()
    versions.withdraw(event, by=None, reason="to look")
    versions.bring_back(event, by=None, reason="looked")
    alice.refresh_from_db()
    assert (alice.starts > 0, alice.is_verified) == (True, False)


def test_files_of_one_server_are_one_event_within_a_league_only(league: League, tmp_path: Path) -> None:
    qualifying = acc_document(sessionType="Q", laps=[])
    bring(tmp_path, qualifying, "260601_200000_Q.json", league=league)
    bring(tmp_path, acc_document(), "260601_203000_R.json")
    events = set(Event.objects.values_list("league__slug", "sessions__kind"))
    assert events == {("sunday-cup", "qualifying"), (None, "race")}
    # Another league's session on a server of that name is another session, whatever it says.
    other = League.objects.create(name="Other", slug="other")
    line = acc_line(1002, acc_driver("Bob", "Birch", "S76561190000000002"))
    later = acc_document(laps=[], sessionResult={"leaderBoardLines": [line]})
    assert bring(tmp_path, later, "260601_203100_R.json", league=other).imported == 1


@pytest.mark.usefixtures("season")
def test_a_profile_lists_the_leagues_results_and_says_that_they_do_not_count(
    client: Client, alice: SimProfile, league: League, tmp_path: Path
) -> None:
    line = acc_line(1001, acc_driver("Alicia", "Amber"))
    second = acc_line(1002, acc_driver("Bob", "Birch", "S76561190000000002"))
    bring(tmp_path, acc_document(laps=[], sessionResult={"leaderBoardLines": [second, line]}), league=league)
    event = Event.objects.get(league=league)
    page = client.get(alice.get_absolute_url())
    assert MARK in page.content.decode()
    # Nor in what the page itself works out.
    assert event not in [drive.entry.session.event for drive in page.context["form"]]
    finishes = client.get(alice.get_absolute_url(), {"section": "finishes"}).context["finishes"]
    assert [finish["event_id"] for finish in finishes].count(event.pk) == 0
    every = client.get(alice.get_absolute_url(), {"results": "all"}).content.decode()
    assert every.count(MARK) == 1
    assert "count in nobody's career" in client.get(event.get_absolute_url()).content.decode().replace("&#x27;", "'")
    assert event not in client.get("/").context["latest_events"]
    set_trusted(league, trusted=True)
    assert MARK not in client.get(alice.get_absolute_url()).content.decode()
    assert event in client.get("/").context["latest_events"]


@pytest.mark.parametrize("replace", [False, True])
def test_another_leagues_withdrawn_number_is_nobodys_to_take(league: League, tmp_path: Path, replace: bool) -> None:
    set_trusted(league, trusted=True)
    bring(tmp_path, iracing_document(), "one.json", league=league)
    event = Event.objects.get()
    versions.withdraw(event, by=None, reason="to be put right")
    thief = League.objects.create(name="Thief", slug="thief", trusted=True)
    (tmp_path / "forged.json").write_text(json.dumps(iracing_document(iracing_session(0, iracing_result(5)))))
    report = Importer(league=thief, replace=replace).run([tmp_path / "forged.json"])
    assert f"withdrawn at /events/{event.pk}/" in str(report.refused[0][1])
    event.refresh_from_db()
    assert event.league == league


def test_a_name_that_does_not_count_gives_way_to_one_that_does(league: League, tmp_path: Path) -> None:
    line = acc_line(1001, acc_driver("Rude", "Word"))
    forged = acc_document(laps=[], sessionResult={"leaderBoardLines": [line]})
    bring(tmp_path, forged, league=league)
    bring(tmp_path, acc_document(), "260501_203000_R.json")
    alice = SimProfile.objects.get(profile_identifier="76561190000000001")
    assert alice.profile_name == "Alice Amber"
    assert list(alice.names.values_list("name", flat=True)) == ["Alice Amber"]
    # As if what counts had come alone, whichever came first, and as before when it is withdrawn.
    assert alice.last_active_at == datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
    both = picture()
    versions.withdraw(Event.objects.get(league=None), by=None, reason="to look")
    alice.refresh_from_db()
    assert (alice.profile_name, alice.last_active_at) == ("Rude Word", alice.created_at)
    versions.bring_back(Event.objects.get(league=None), by=None, reason="looked")
    assert picture() == both


def test_who_drove_in_nothing_that_counts_was_not_active(league: League, tmp_path: Path) -> None:
    bring(tmp_path, acc_document(), league=league)
    assert not SimProfile.objects.exclude(last_active_at=F("created_at")).exists()


@pytest.mark.parametrize("slug", [*RESERVED_LEAGUES, "", "Capital"])
def test_no_league_has_an_address_of_the_site_itself(slug: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        League.objects.create(name="League", slug=slug)


@pytest.mark.usefixtures("season")
def test_what_a_league_brought_in_is_taken_out_by_staff_and_counts(
    client: Client, alice: SimProfile, league: League, tmp_path: Path
) -> None:
    line = acc_line(1001, acc_driver("Alice", "Newer"))
    file = acc_document(laps=[], sessionResult={"leaderBoardLines": [line]})
    bring(tmp_path, file, league=league)
    starts = alice.starts
    client.force_login(User.objects.create_superuser("boss"), backend="django.contrib.auth.backends.ModelBackend")
    event = Event.objects.get(league=league)
    client.post("/admin/sim/event/", {"action": "take_out", "_selected_action": [event.pk]})
    event.refresh_from_db()
    alice.refresh_from_db()
    assert (event.league, alice.starts, alice.profile_name) == (None, starts + 1, "Alice Newer")
    figures()
    assert bring(tmp_path, file).unchanged == 1


@pytest.mark.parametrize("since", ["", "platform", "staff"])
def test_what_a_code_proved_ends_with_trust_unless_it_was_proved_since(
    alice: SimProfile, owner: User, league: League, tmp_path: Path, since: str
) -> None:
    set_trusted(league, trusted=True)
    alice.link_to_user(owner)
    line = acc_line(1001, acc_driver("Alicia", f"Amber [{codes.issue(alice, owner).code}]"))
    bring(tmp_path, acc_document(laps=[], sessionResult={"leaderBoardLines": [line]}), league=league)
    alice.refresh_from_db()
    set_visibility(alice, owner, public=False)
    if since == "platform":
        # It went to another account, and came back by a proof of the platform's.
        for user in (User.objects.create_user("rival"), owner):
            prove(user, [IdentifierKind.ACC], alice.profile_identifier, how=How.STEAM)
    if since == "staff":
        boss = User.objects.create_superuser("boss")
        staff_unlink(SimProfile.objects.filter(pk=alice.pk), by=boss)
        alice.refresh_from_db()
        alice.link_to_user(owner)
        confirm(SimProfile.objects.filter(pk=alice.pk), by=boss)
    # Which session the code was in is no matter: results are replaced and withdrawn.
    versions.withdraw(Event.objects.get(league=league), by=None, reason="to look")
    before = timezone.now()
    set_trusted(league, trusted=False)
    recount_league(league.pk)
    recount_league(league.pk)
    alice.refresh_from_db()
    assert alice.linked_user == owner
    told = Notification.objects.filter(user=owner, kind=Kind.UNVERIFIED)
    last = HistoryEntry.objects.of(alice)[0]
    if since:
        assert alice.is_verified
        assert not told.exists()
        return
    assert (alice.is_verified, alice.is_public, told.count()) == (False, True, 1)
    assert alice.linked_at is not None
    assert alice.linked_at >= before
    assert (last.action, last.how, last.evidence) == (Action.UNVERIFY, How.STAFF, {"league": league.pk})
    assert [finding.check for finding in findings() if finding.count] == []


def test_a_code_in_another_leagues_results_proves_as_before(
    alice: SimProfile, owner: User, league: League, tmp_path: Path
) -> None:
    other = League.objects.create(name="Winter Cup", slug="winter-cup", trusted=True)
    set_trusted(league, trusted=True)
    alice.link_to_user(owner)
    line = acc_line(1001, acc_driver("Alicia", f"Amber [{codes.issue(alice, owner).code}]"))
    bring(tmp_path, acc_document(laps=[], sessionResult={"leaderBoardLines": [line]}), league=other)
    set_trusted(league, trusted=False)
    recount_league(league.pk)
    alice.refresh_from_db()
    assert alice.is_verified
