"""Organisers withdraw their league's results and bring them back; another's they do not."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pytest
from django.urls import reverse

from simlane.results import versions
from simlane.results.models import ResultFile
from simlane.sim.models import Event, League, Session
from simlane.users.models import User
from tests.leagues.conftest import signed_in
from tests.results.builders import iracing_document, iracing_result, iracing_session
from tests.results.standing import bring, broken
from tests.results.test_versions import CORRECTED, FIRST, RACE, A, C, race

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(tmp_path: Path, league: League) -> Event:
    bring(tmp_path, (RACE, FIRST), league=league)
    return Event.objects.get()


def test_an_organiser_withdraws_and_brings_back(event: Event, league: League, otto: User) -> None:
    client, address = signed_in(otto), reverse("profiles:decide", args=[event.pk])
    assert "Withdraw</button>" in client.get(event.get_absolute_url()).content.decode()
    client.post(address, {"act": "withdraw", "reason": "the wrong file"})
    assert not Session.objects.exists()
    # It is in none of the league's lists, and its organisers alone find it at its address.
    assert event.get_absolute_url() not in client.get(league.get_absolute_url()).content.decode()
    assert "Withdrawn: none of the results stands" in client.get(event.get_absolute_url()).content.decode()
    assert signed_in(None).get(event.get_absolute_url()).status_code == 404
    client.post(address, {"act": "bring_back", "reason": "it was right"})
    assert Session.objects.count() == 1
    assert event.decisions.filter(by=otto).count() == 2


def decide(user: User, event: Event, act: str, of: str = "") -> str:
    """The page after the decision."""
    form = {"act": act, "of": of, "reason": "because"}
    return signed_in(user).post(reverse("profiles:decide", args=[event.pk]), form, follow=True).content.decode()


@pytest.mark.parametrize("withdrawn_before", [False, True])
def test_an_organiser_brings_nothing_back_that_staff_withdrew(
    tmp_path: Path, event: Event, league: League, otto: User, withdrawn_before: bool
) -> None:
    boss = User.objects.create_superuser("boss")
    file = event.result_files.get()
    if withdrawn_before:
        decide(otto, event, "withdraw")
    decide(boss, event, "withdraw")
    for of in ("", f"{file.pk}", f"{file.pk}.0"):
        assert "only they bring them back" in unescape(decide(otto, event, "bring_back", of))
    # Nor does the same session in another file, nor in the one that it had replaced.
    for replace in (False, True):
        report = bring(tmp_path, (RACE, CORRECTED), league=league, replace=replace)
        assert f"only they bring them back: {event.get_absolute_url()} says why" in str(report.refused[0][1])
        assert bring(tmp_path, (RACE, FIRST), league=league, replace=replace).unchanged == 1
    assert not Session.objects.exists()
    # Staff do, and it is the organisers' again.
    decide(boss, event, "bring_back")
    assert Session.objects.count() == 1
    assert bring(tmp_path, (RACE, CORRECTED), league=league, replace=True).replaced == 1
    decide(otto, event, "withdraw")
    decide(otto, event, "bring_back")
    assert Session.objects.count() == 1
    assert broken() == []


def test_an_older_version_is_not_brought_back_either(tmp_path: Path, event: Event, league: League, otto: User) -> None:
    older = event.result_files.get()
    assert bring(tmp_path, (RACE, CORRECTED), league=league, replace=True).replaced == 1
    decide(boss := User.objects.create_superuser("boss"), event, "withdraw")
    assert "only they bring them back" in unescape(decide(otto, event, "bring_back", f"{older.pk}"))
    assert not Session.objects.exists()
    # Staff chose the older one: organisers may correct that, but not by what staff withdrew.
    decide(boss, event, "bring_back", f"{older.pk}")
    newer = event.result_files.exclude(pk=older.pk).get()
    assert "only they bring them back" in unescape(decide(otto, event, "bring_back", f"{newer.pk}"))
    assert bring(tmp_path, (RACE, race(A, C)), league=league, replace=True).replaced == 1
    assert [session.of_file.file.pk for session in Session.objects.all()] == [ResultFile.objects.latest("pk").pk]


def test_a_platforms_number_that_staff_withdrew_is_not_taken_anew(tmp_path: Path, league: League) -> None:
    documents = [iracing_document(), iracing_document(iracing_session(0, iracing_result(5)))]
    assert bring(tmp_path, ("one.json", documents[0]), league=league).imported == 1
    event = Event.objects.get()
    versions.withdraw(event, by=None, reason="made up", by_staff=True)
    for replace in (False, True):
        report = bring(tmp_path, ("two.json", documents[1]), league=league, replace=replace)
        assert f"{event.get_absolute_url()} says why" in str(report.refused[0][1])
    # Of other sessions nothing was said.
    practice = iracing_document(iracing_session(0, simsession_type=3))
    assert bring(tmp_path, ("three.json", practice), league=league).imported == 1
    assert broken() == []


@pytest.mark.parametrize("name", ["sam", None])
def test_nobody_else_does(event: Event, sam: User, name: str | None) -> None:
    client = signed_in(sam if name else None)
    assert "Withdraw</button>" not in client.get(event.get_absolute_url()).content.decode()
    response = client.post(reverse("profiles:decide", args=[event.pk]), {"act": "withdraw", "reason": "mine"})
    assert response.status_code == 404
    assert Session.objects.exists()


def test_an_organiser_decides_nothing_of_the_site_or_of_another_league(
    tmp_path: Path, event: Event, league: League, otto: User
) -> None:
    Event.objects.update(league=None, scope=0)
    address = reverse("profiles:decide", args=[event.pk])
    assert signed_in(otto).post(address, {"act": "withdraw", "reason": "mine"}).status_code == 404
    other = League.objects.create(name="Another", slug="another")
    Event.objects.update(league=other, scope=other.pk)
    assert signed_in(otto).post(address, {"act": "withdraw", "reason": "mine"}).status_code == 404
    assert Session.objects.exists()
