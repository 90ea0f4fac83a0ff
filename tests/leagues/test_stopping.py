"""Staff stop a league for good, and open it again."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from simlane.leagues import people, stopping, tokens
from simlane.leagues.models import Upload
from simlane.results import versions
from simlane.results.models import Decision
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League, Session
from simlane.sim.ownership.events import Kind
from simlane.users.models import Notification, User
from tests.leagues.conftest import signed_in
from tests.results.builders import iracing_document
from tests.results.standing import bring, broken, picture
from tests.results.test_versions import FIRST, QUALIFYING, RACE, A, B, race

pytestmark = pytest.mark.django_db
QUALIFIED = (QUALIFYING, race(A, B, sessionType="Q", sessionIndex=1))


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


def decide(boss: User, league: League, act: str, reason: str = "made up") -> str:
    """The admin's page after it."""
    form = {"name": league.name, "slug": league.slug, "time_zone": "UTC", "act": act, "reason": reason}
    form |= {f"memberships-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    page = signed_in(boss).post(f"/admin/sim/league/{league.pk}/change/", form, follow=True)
    league.refresh_from_db()
    return unescape(page.content.decode())


def test_every_way_in_is_closed_and_only_staff_open_it(
    league: League, olga: User, otto: User, boss: User, tmp_path: Path
) -> None:
    _, secret = tokens.make(league, otto, "server")
    _, invited = people.invite(league, olga)
    upload = Upload.objects.create(league=league, user=otto, state="previewed")
    bring(tmp_path, (RACE, FIRST), league=league)
    event = Event.objects.get()
    before = picture()
    decide(boss, league, "stop")
    assert league.stopped_at is not None
    assert picture() == before
    # A file, by whatever way, also for who began before.
    assert "have stopped Sunday Cup" in str(bring(tmp_path, QUALIFIED, league=league).refused[0][1])
    owner, address = signed_in(olga), league.get_absolute_url()
    bearer = {"Authorization": f"Bearer {secret}"}
    sent = owner.post("/api/v1/results?file=a.json", iracing_document(), "application/json", headers=bearer)
    assert (sent.status_code, "have stopped" in sent.json()["error"]) == (403, True)
    assert "have stopped" in unescape(signed_in(otto).get(f"{address}upload/").content.decode())
    signed_in(otto).post(reverse("leagues:upload_import", args=[league.slug, upload.pk]))
    upload.refresh_from_db()
    assert upload.state == "previewed"
    assert people.invitation_for(invited) is None
    with pytest.raises(Refused, match="have stopped"):
        tokens.make(league, olga, "another")
    # Nor do those who run it open it again, or decide about its results.
    assert "have stopped" in unescape(owner.post(f"{address}edit/", {"archive": "off"}, follow=True).content.decode())
    signed_in(otto).post(reverse("profiles:decide", args=[event.pk]), {"act": "withdraw", "reason": "mine"})
    assert picture() == before
    # Its page is there for everybody, and says so; why is told to those who run it.
    seen = unescape(signed_in(None).get(address).content.decode())
    assert "The site's staff stopped this league" in seen
    assert event.get_absolute_url() in seen
    assert "made up" not in seen
    assert "Why: made up" in owner.get(address).content.decode()
    told = Notification.objects.filter(kind=Kind.LEAGUE_DECIDED)
    assert set(told.values_list("user__username", flat=True)) == {"olga", "otto"}
    assert LogEntry.objects.filter(user=boss, change_message__contains="made up").exists()
    # And back.
    decide(boss, league, "resume", "it was real")
    assert (league.stopped_at, league.archived_at) == (None, None)
    assert people.invitation_for(invited) is not None
    assert bring(tmp_path, QUALIFIED, league=league).imported == 1
    assert told.count() == 4


def results() -> list[list[Any]]:
    """What stands, but for the profiles, which came anew with it."""
    found = picture()
    return [found[each] for each in ("events", "sessions", "entries", "drivers", "laps")]


def test_its_results_go_and_come_back_with_it(league: League, otto: User, boss: User, tmp_path: Path) -> None:
    bring(tmp_path, (RACE, FIRST), QUALIFIED, ("one.json", iracing_document()), league=league)
    number = Event.objects.get(platform_id="70000001")
    # What organisers had withdrawn before stays as it was.
    versions.withdraw(number, by=otto.pk, reason="a test")
    before = results()
    decide(boss, league, "withdraw")
    assert League.objects.get().results_due
    assert stopping.follow_league(league.pk, boss.pk) == 1
    assert stopping.follow_league(league.pk, boss.pk) == 0
    assert not Session.objects.exists()
    withheld = Decision.objects.filter(what="withheld")
    assert set(withheld.values_list("by", "reason")) == {(boss.pk, stopping.WITH_LEAGUE)}
    assert not broken()
    decide(boss, league, "bring_back", "it was real")
    stopping.finish()
    assert results() == before
    assert not League.objects.get().results_due
    assert not broken()
    versions.bring_back(number, by=otto.pk, reason="no test")
    assert Session.objects.filter(event=number).exists()


def test_what_a_stop_withdrew_stays_away_where_staff_only_open_the_league(
    league: League, otto: User, boss: User, tmp_path: Path
) -> None:
    bring(tmp_path, (RACE, FIRST), league=league)
    decide(boss, league, "withdraw")
    stopping.finish()
    decide(boss, league, "resume", "let them try")
    stopping.finish()
    assert not Session.objects.exists()
    with pytest.raises(Refused, match="only they bring them back"):
        versions.bring_back(Event.objects.get(), by=otto.pk, reason="ours")


def test_nothing_happens_without_a_reason_or_twice(league: League, boss: User) -> None:
    assert stopping.NO_REASON in decide(boss, league, "stop", "")
    assert league.stopped_at is None
    stopping.stop(league, by=boss, reason="made up", results=False)
    with pytest.raises(Refused, match="stopped already"):
        stopping.stop(league, by=boss, reason="again", results=True)
    stopping.resume(league, by=boss, reason="real", results=False)
    with pytest.raises(Refused, match="not stopped"):
        stopping.resume(league, by=boss, reason="again", results=False)
    assert Notification.objects.filter(kind=Kind.LEAGUE_DECIDED).count() == 4


def test_a_stopped_league_counts_among_its_owners(league: League, olga: User, boss: User, settings: Any) -> None:
    settings.LEAGUES_PER_ACCOUNT = 1
    stopping.stop(league, by=boss, reason="made up", results=False)
    with pytest.raises(Refused, match="You own 1 leagues"):
        people.make(olga, League(name="Monday Cup", slug="monday-cup"))


def test_the_database_knows_no_stopped_league_that_is_open(league: League) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        League.objects.filter(pk=league.pk).update(stopped_at=timezone.now())
