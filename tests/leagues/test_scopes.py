"""Whose results keep whose out: nobody's those of a league that nobody has confirmed, and a race counts once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from simlane.leagues.trust import recount_league, set_trusted, take_out
from simlane.results import rereading, versions
from simlane.results.importer import Importer
from simlane.results.models import ResultFile
from simlane.results.report import Report
from simlane.sim.errors import Refused
from simlane.sim.integrity import findings
from simlane.sim.models import Event, League, SimProfile
from simlane.users.models import User
from tests.results.builders import acc_document, acc_driver, acc_line, iracing_document, iracing_result, iracing_session

pytestmark = pytest.mark.django_db
ALICE = "76561190000000001"
OTHERWISE = iracing_document(iracing_session(0, iracing_result(100001), iracing_result(5, 1)))


@pytest.fixture
def league(db: None) -> League:
    return League.objects.create(name="Sunday Cup", slug="sunday-cup")


@pytest.fixture
def confirmed(db: None) -> League:
    return League.objects.create(name="Winter Cup", slug="winter-cup", trusted=True)


def bring(folder: Path, document: dict[str, Any], name: str = "260601_203000_R.json", **options: Any) -> Report:
    (folder / name).write_text(json.dumps(document))
    return Importer(**options).run([folder / name])


def one_race(*lines: dict[str, Any], server: str = "Sunday Server") -> dict[str, Any]:
    return acc_document(laps=[], serverName=server, sessionResult={"leaderBoardLines": list(lines)})


def trust(league: League, *, trusted: bool = True) -> dict[int, int]:
    found = set_trusted(league, trusted=trusted)
    recount_league(league.pk)
    assert [finding.check for finding in findings() if finding.count] == []
    return found


def starts(identifier: str = "100001") -> int:
    return SimProfile.objects.get(profile_identifier=identifier).starts


@pytest.mark.parametrize("first", [iracing_document(), OTHERWISE], ids=["same", "otherwise"])
def test_what_an_unconfirmed_league_brings_first_keeps_nobody_out(
    league: League, confirmed: League, tmp_path: Path, first: dict[str, Any]
) -> None:
    other = League.objects.create(name="Other", slug="other")
    for each in (league, other, confirmed):
        assert bring(tmp_path, first if each == league else iracing_document(), league=each).imported == 1
    assert list(Event.objects.order_by("pk").values_list("league", "scope")) == [
        (league.pk, league.pk),
        (other.pk, other.pk),
        (confirmed.pk, 0),
    ]
    assert starts() == 1
    # It is in now, for the site as well, and for each of them.
    assert bring(tmp_path, iracing_document(), "again.json").unchanged == 1
    assert bring(tmp_path, first, "again.json", league=league).unchanged == 1
    assert [finding.check for finding in findings() if finding.count] == []


def test_a_number_is_once_among_what_counts(confirmed: League, tmp_path: Path) -> None:
    bring(tmp_path, iracing_document(), "one.json")
    refused = bring(tmp_path, OTHERWISE, "two.json", league=confirmed).refused
    assert "is in already" in str(refused[0][1])
    # A correction is for those who brought it.
    refused = bring(tmp_path, OTHERWISE, "two.json", league=confirmed, replace=True).refused
    assert "not of this league" in str(refused[0][1])


def test_a_session_is_once_among_what_counts_where_one_driver_was_in_both(confirmed: League, tmp_path: Path) -> None:
    alice, bob = acc_line(1001, acc_driver()), acc_line(1002, acc_driver("Bob", "Birch", "S76561190000000002"))
    bring(tmp_path, one_race(alice))
    options = {"name": "260601_203100_R.json", "league": confirmed}
    for replace, reason in ((False, "is in already"), (True, "not of this league")):
        refused = bring(tmp_path, one_race(bob, alice), replace=replace, **options).refused
        assert reason in str(refused[0][1])
    # Nobody drives on two servers at once: this is another race on one of the same name.
    assert bring(tmp_path, one_race(bob), **options).imported == 1
    assert starts(ALICE) == 1


def test_what_counts_elsewhere_stays_alone_when_its_league_is_confirmed(league: League, tmp_path: Path) -> None:
    alice, bob = acc_line(1001, acc_driver()), acc_line(1002, acc_driver("Bob", "Birch", "S76561190000000002"))
    pairs = [
        ("by number", iracing_document(), OTHERWISE),
        ("by content", one_race(alice, bob, server="Monday"), one_race(alice, bob, server="Monday")),
        ("by session", one_race(alice, server="Sunday"), one_race(bob, alice, server="Sunday")),
    ]
    for _, theirs, ours in pairs:
        assert bring(tmp_path, theirs, league=league).imported == bring(tmp_path, ours).imported == 1
    slower = acc_line(1001, acc_driver(), bestLap=95_000)
    assert bring(tmp_path, one_race(slower), "260608_203000_R.json", league=league).imported == 1
    alone = Event.objects.latest("pk")
    of_league = list(Event.objects.filter(league=league).exclude(pk=alone.pk).order_by("pk"))
    of_site = list(Event.objects.filter(league=None).order_by("pk"))
    before = starts(ALICE)
    found = trust(league)
    assert found == {one.pk: other.pk for one, other in zip(of_league, of_site, strict=True)}
    alone.refresh_from_db()
    assert (alone.scope, starts(ALICE), starts()) == (0, before + 1, 1)
    # They are known to be in; what is new of the league counts.
    for _, theirs, _ in pairs:
        assert bring(tmp_path, theirs, league=league).unchanged == 1
    # Back and forth again, also with the one withdrawn.
    versions.withdraw(of_site[0], by=None, reason="to look")
    trust(league, trusted=False)
    assert not Event.objects.filter(league=league).exclude(scope=league.pk).exists()
    assert not ResultFile.objects.filter(event__league=league).exclude(scope=league.pk).exists()
    assert trust(league) == found


def test_pages_say_where_such_results_count(client: Client, league: League, tmp_path: Path) -> None:
    bring(tmp_path, iracing_document(), league=league)
    bring(tmp_path, iracing_document())
    ours, theirs = (Event.objects.get(league=each) for each in (league, None))
    client.force_login(User.objects.create_superuser("boss"), backend="django.contrib.auth.backends.ModelBackend")
    form = {"name": league.name, "slug": league.slug, "time_zone": "UTC", "trusted": "on"}
    form |= {f"memberships-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    said = client.post(f"/admin/sim/league/{league.pk}/change/", form, follow=True).content.decode()
    assert f"{ours.get_absolute_url()} (see {theirs.get_absolute_url()})" in said
    page = client.get(ours.get_absolute_url()).content.decode()
    assert f'href="{theirs.get_absolute_url()}">where they came in first</a>' in page
    assert "where they came in first" not in client.get(theirs.get_absolute_url()).content.decode()
    profile = client.get(SimProfile.objects.get(profile_identifier="100001").get_absolute_url()).content.decode()
    assert profile.count("<strong>Not counted:</strong> these results of Sunday Cup were in already") == 1
    with pytest.raises(Refused, match=f"/events/{theirs.pk}-[a-z0-9-]+/ and count there"):
        take_out(ours)


def test_a_withdrawn_copy_comes_back_where_it_was(league: League, tmp_path: Path) -> None:
    bring(tmp_path, iracing_document(), league=league)
    bring(tmp_path, iracing_document())
    copy = Event.objects.get(league=league)
    trust(league)
    versions.withdraw(copy, by=None, reason="to look")
    versions.bring_back(copy, by=None, reason="looked")
    assert starts() == 1
    assert set(Event.objects.values_list("scope", flat=True)) == {0, league.pk}
    assert [finding.check for finding in findings() if finding.count] == []


def test_a_file_that_is_in_twice_is_read_again_in_each_scope(league: League, tmp_path: Path) -> None:
    for each in (league, None):
        bring(tmp_path, iracing_document(), league=each)
    ResultFile.objects.update(reader_version=1, content_sha256="0" * 64)
    readings = list(rereading.readings(rereading.outdated(every=True)))
    assert [(reading.error, reading.differences) for reading in readings] == [(None, [])] * 2
    for reading in readings:
        rereading.accept(reading)
    assert ResultFile.objects.values("content_sha256").distinct().count() == 1


def test_the_database_knows_a_file_and_a_number_once_in_each_scope(league: League, tmp_path: Path) -> None:
    for each in (league, None):
        bring(tmp_path, iracing_document(), league=each)
    for rows in (ResultFile.objects, Event.objects):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(scope=0)


def test_the_database_knows_no_scope_of_another_league(league: League, confirmed: League, tmp_path: Path) -> None:
    bring(tmp_path, iracing_document(), league=league)
    for change in ({"league": None}, {"league": confirmed}, {"scope": confirmed.pk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Event.objects.update(**change)


@pytest.mark.parametrize("rows", [Event, ResultFile])
def test_the_check_finds_what_counts_and_should_not(league: League, tmp_path: Path, rows: Any) -> None:
    bring(tmp_path, iracing_document(iracing_session(0, simsession_type=3)), league=league)
    rows.objects.update(scope=0)
    # An event that counts without being counted is missing in the records, too.
    found = {finding.check for finding in findings() if finding.count}
    assert found - {"records"} == {"scopes"}
