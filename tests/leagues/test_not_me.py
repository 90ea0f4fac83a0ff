""" "That is not me" by who owns the profile: agreed, undone, after a reread and with a new version of the file."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from django.utils import timezone

from simlane.leagues import detachments, people
from simlane.leagues.models import Report
from simlane.results import detaching, rereading, tying, versions
from simlane.results.models import Decision, Detachment, ResultFile
from simlane.sim.errors import Refused
from simlane.sim.models import EntryDriver, Event, League, LeagueDriver, SimProfile
from simlane.sim.ownership.events import Kind
from simlane.users.models import User
from tests.leagues.conftest import account, signed_in
from tests.leagues.test_name_pages import told
from tests.leagues.test_names import ID, race
from tests.results.standing import bring, broken, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(tmp_path: Path, league: League) -> Event:
    League.objects.update(trusted=True)
    assert not bring(tmp_path, race(0, ID), race(1, ID), league=league).refused
    return Event.objects.get(starts_at__day=1)


@pytest.fixture
def sams(event: Event, sam: User) -> SimProfile:
    """The profile that drove as Max is Sam's."""
    found = SimProfile.objects.get(profile_identifier=ID)
    SimProfile.objects.filter(pk=found.pk).update(linked_user=sam, linked_at=timezone.now(), is_verified=True)
    found.refresh_from_db()
    return found


def said_by(sam: User, event: Event, sams: SimProfile) -> Report:
    client = signed_in(sam)
    address = f"/leagues/reports/{event.pk}/"
    assert str(sams.pk) in client.get(address, {"kind": "not_me"}).content.decode()
    given = {"kind": "not_me", "message": "I was asleep.", "drive": str(sams.pk)}
    assert client.post(address, given).status_code == 302
    return Report.objects.select_related("event__league", "profile").get(user=sam, state="open")


def starts(profile: SimProfile) -> tuple[int, int]:
    profile.refresh_from_db()
    return profile.starts, profile.wins


def test_an_organiser_agrees_and_undoes_it_and_both_are_told(
    event: Event, sams: SimProfile, sam: User, otto: User
) -> None:
    before = picture()
    report = said_by(sam, event, sams)
    assert starts(sams) == (2, 2)
    page = signed_in(otto).get("/leagues/sunday-cup/reports/").content.decode()
    assert "Agree: it was not them" in page
    address = f"/leagues/sunday-cup/reports/{report.pk}/answer/"
    signed_in(otto).post(address, {"agree": "1", "answer": ""})
    assert starts(sams) == (1, 1)
    drive = EntryDriver.objects.get(entry__session__event=event, name="Max Müller")
    assert (drive.profile, drive.league_driver and drive.league_driver.folded) == (None, "max muller")
    assert broken() == []
    assert told(Kind.REPORT_ANSWERED) == {"sam"}
    assert told(Kind.DETACHED) == {"olga"}
    public = html.unescape(signed_in(None).get(event.get_absolute_url()).content.decode())
    assert "Not the driver's" in public
    assert ID not in public
    signed_in(otto).post(address, {"undo": "1"})
    assert picture() == before
    assert told(Kind.DETACHED) == {"olga", "sam"}
    assert list(Decision.objects.exclude(what="came_in").order_by("pk").values_list("what", "by")) == [
        ("not_theirs", otto.pk), ("theirs", otto.pk),
    ]  # fmt: skip
    page = html.unescape(signed_in(otto).post(address, {"undo": "1"}, follow=True).content.decode())
    assert "undone already" in page


def test_the_decision_outlives_a_reread_and_a_new_version_of_the_file(
    tmp_path: Path, event: Event, sams: SimProfile, sam: User, otto: User, league: League
) -> None:
    detachments.agree(said_by(sam, event, sams), otto)
    other = (race(0, ID)[0], race(0, ID, name="Maxi")[1])
    assert bring(tmp_path, other, league=league, replace=True).replaced == 1
    assert starts(sams) == (1, 1)
    file = ResultFile.objects.get(filename=race(0)[0], standing__isnull=False)
    (reading,) = rereading.readings(ResultFile.objects.filter(pk=file.pk))
    assert reading.event
    reading.event.sessions[0].entries[0].laps = 3
    reading.differences.append("laps")
    rereading.accept(reading)
    assert EntryDriver.objects.get(entry__session__event=event, name="Maxi Müller").entry.laps == 3
    assert starts(sams) == (1, 1)
    versions.withdraw(event, by=None, reason="to look")
    versions.bring_back(event, by=None, reason="looked")
    assert starts(sams) == (1, 1)
    detaching.undo(Detachment.objects.get(), by=otto.pk, reason="it was")
    assert starts(sams) == (2, 2)
    assert broken() == []


def test_a_tie_gives_no_drive_to_who_did_not_drive_it(tmp_path: Path, league: League, sam: User, otto: User) -> None:
    League.objects.update(trusted=True)
    bring(tmp_path, race(0), race(1), league=league)
    driver = LeagueDriver.objects.get()
    profile = tying.tie_to_identifier(driver, ID, by=otto.pk)
    SimProfile.objects.filter(pk=profile.pk).update(linked_user=sam, linked_at=timezone.now(), is_verified=True)
    event = Event.objects.get(starts_at__day=1)
    detachments.agree(said_by(sam, event, profile), otto)
    assert starts(profile) == (1, 1)
    tying.untie(driver, by=otto.pk)
    assert starts(profile) == (0, 0)
    tying.tie_to_identifier(driver, ID, by=otto.pk)
    assert starts(profile) == (1, 1)
    assert broken() == []


def test_staff_agree_in_the_admin_for_an_event_of_no_league_too(
    event: Event, sams: SimProfile, sam: User, league: League
) -> None:
    boss = account("boss")
    User.objects.filter(pk=boss.pk).update(is_staff=True, is_superuser=True)
    Event.objects.update(league=None)
    EntryDriver.objects.update(league_driver=None)
    report = said_by(sam, event, sams)
    client = signed_in(boss)
    for action, figures in (("agree", (1, 1)), ("undo", (2, 2))):
        client.post("/admin/leagues/report/", {"action": action, "_selected_action": [report.pk]})
        assert starts(sams) == figures
    assert told(Kind.DETACHED) == {"sam"}


def test_only_who_owns_a_verified_profile_says_it_of_its_drives(
    event: Event, sams: SimProfile, sam: User, otto: User, league: League
) -> None:
    stranger = account("tim")
    page = signed_in(stranger).get(f"/leagues/reports/{event.pk}/", {"kind": "not_me"}).content.decode()
    assert str(sams.pk) not in page
    signed_in(stranger).post(
        f"/leagues/reports/{event.pk}/", {"kind": "not_me", "message": "Not me.", "drive": str(sams.pk)}
    )
    assert Report.objects.get(user=stranger).profile is None
    with pytest.raises(Refused, match="do not own"):
        detachments.agree(Report.objects.get(user=stranger), otto)
    report = said_by(sam, event, sams)
    SimProfile.objects.filter(pk=sams.pk).update(is_verified=False)
    with pytest.raises(Refused, match="do not own"):
        detachments.agree(Report.objects.get(pk=report.pk), otto)
    SimProfile.objects.filter(pk=sams.pk).update(is_verified=True)
    people.archive(league)
    with pytest.raises(Refused, match="archived"):
        detachments.agree(Report.objects.get(pk=report.pk), otto)
    assert not Detachment.objects.exists()


def test_a_drive_is_detached_once(event: Event, sams: SimProfile, otto: User) -> None:
    detaching.detach(event, sams, None, by=otto.pk, reason="“Max”")
    with pytest.raises(Refused, match="decided already"):
        detaching.detach(event, sams, 1, by=otto.pk, reason="“Max”")
    detaching.undo(Detachment.objects.get(), by=otto.pk, reason="it was")
    with pytest.raises(Refused, match="do not say any more"):
        detaching.detach(event, sams, 40, by=otto.pk, reason="“Max”")
