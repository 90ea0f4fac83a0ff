"""The pages of drivers by name: who sees which profile, what an organiser and a member who is asked do there."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.leagues import names, people
from simlane.leagues.models import NameRequest
from simlane.sim.models import EntryDriver, League, LeagueDriver, SimProfile
from simlane.sim.ownership.events import Kind
from simlane.users.models import Notification, User
from simlane.web.listing import PAGE_SIZE
from tests.leagues.conftest import signed_in
from tests.leagues.test_names import ID, of, race
from tests.results.standing import bring

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
AT = "/leagues/sunday-cup/drivers/"
BOBS = "76561190000000002"


@pytest.fixture
def driver(tmp_path: Path, league: League) -> LeagueDriver:
    """Max, who drove twice, with two numbers."""
    assert not bring(tmp_path, race(0), race(1, max_number=77), league=league).refused
    return of()


@pytest.fixture
def sams(sam: User, driver: LeagueDriver) -> SimProfile:
    """A verified profile of Sam's."""
    return SimProfile.objects.create(
        simulator=driver.simulator, profile_identifier="76561190000000099", profile_name="Sam",
        linked_user=sam, linked_at=timezone.now(), is_verified=True,
    )  # fmt: skip


def said(user: User | None, address: str, **given: str) -> str:
    """What the page says after the form was sent."""
    return html.unescape(signed_in(user).post(address, given, follow=True).content.decode())


def told(kind: Kind) -> set[str]:
    return set(Notification.objects.filter(kind=kind).values_list("user__username", flat=True))


def test_a_page_has_so_many_and_finds_names_as_they_are_folded(
    driver: LeagueDriver, league: League, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    LeagueDriver.objects.bulk_create(
        LeagueDriver(league=league, simulator=driver.simulator, folded=f"driver {n:03}", name=f"Driver {n:03}",
                     profile=SimProfile.objects.first(), tied_at=timezone.now())
        for n in range(PAGE_SIZE)
    )  # fmt: skip
    client = signed_in(None)
    client.get("/")
    with django_assert_max_num_queries(4):
        page = client.get(AT).content.decode()
    assert page.count("Driver 0") == PAGE_SIZE
    assert "Max" not in page
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])  # type: ignore[index]
    part = client.get(following, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="results"')
    assert "Max Müller" in part
    found = client.get(AT, {"q": " MÜLLER"}).content.decode()
    assert "<b>2</b> results" in found
    assert "Driver 0" not in found
    assert "Nobody found" in client.get(AT, {"q": "\0nobody"}).content.decode()
    assert client.get("/leagues/nowhere/drivers/").status_code == 404


def test_an_organiser_ties_a_name_by_the_entry_list_and_undoes_it(
    driver: LeagueDriver, otto: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address = f"{AT}{driver.pk}/"
    client = signed_in(otto)
    client.get(address)
    with django_assert_max_num_queries(12):
        client.get(address)
    response = client.post(address, {"act": "tie", "identifier": "Max"})
    assert (response.status_code, "is not a SteamID64" in response.content.decode()) == (422, True)
    assert "All results of “Max Müller” are that profile's" in said(otto, address, act="tie", identifier=f"S{ID}")
    assert f"/{ID}/" in signed_in(None).get(AT).content.decode()
    assert "undo that first" in said(otto, address, act="tie", identifier=BOBS)
    assert EntryDriver.objects.filter(profile__profile_identifier=ID).count() == 2
    page = said(otto, address, act="untie")
    assert "nobody's profile's again" in page
    assert "Tied by an id of the entry list" in page
    assert not SimProfile.objects.filter(profile_identifier=ID).exists()
    assert "is tied to no profile any more" in said(otto, address, act="untie")


def test_an_unconfirmed_league_makes_no_more_profiles_by_ties_than_by_files(
    driver: LeagueDriver, otto: User, settings: Any
) -> None:
    settings.LEAGUE_NEW_PROFILES = 0
    assert "who have no profile here yet" in said(otto, f"{AT}{driver.pk}/", act="tie", identifier=ID)
    assert not SimProfile.objects.filter(profile_identifier=ID).exists()


def test_a_name_is_set_apart_and_taken_together(driver: LeagueDriver, otto: User) -> None:
    assert "is somebody else than" in said(otto, f"{AT}{driver.pk}/", act="part", car_number="77")
    second = of(car_number="77")
    assert EntryDriver.objects.get(league_driver=second).entry.car_number == "77"
    assert "drove no car with the number 77" in said(otto, f"{AT}{driver.pk}/", act="part", car_number="77")
    assert "again" in said(otto, f"{AT}{second.pk}/", act="join")
    assert EntryDriver.objects.filter(league_driver=driver).count() == 2
    assert signed_in(otto).post(f"{AT}{driver.pk}/", {"act": "rename"}).status_code == 400


def test_a_member_accepts_with_a_profile_and_is_told_of(
    driver: LeagueDriver, sams: SimProfile, sam: User, otto: User
) -> None:
    address, answer = f"{AT}{driver.pk}/", f"{AT}{driver.pk}/answer/"
    assert "No member has the username “nobody”" in said(otto, address, act="ask", username="nobody")
    assert "They are asked" in said(otto, address, act="ask", username="sam")
    assert "Somebody is asked already" in said(otto, address, act="ask", username="olga")
    assert told(Kind.NAME_ASKED) == {"sam"}
    assert signed_in(otto).get(answer).status_code == 404
    assert signed_in(sam).get(answer).context["profiles"] == [sams]
    assert EntryDriver.objects.filter(profile=sams).count() == 0, "looking at it accepted it"
    others = SimProfile.objects.get(profile_identifier=BOBS)
    assert "verified as yours" in said(sam, answer, act="accept", profile=str(others.pk))
    assert "stand on your profile now" in said(sam, answer, act="accept", profile=str(sams.pk))
    assert EntryDriver.objects.filter(profile=sams).count() == 2
    assert told(Kind.NAME_ANSWERED) == {"olga", "otto"}
    assert signed_in(sam).get(answer).status_code == 404
    said(otto, address, act="untie")
    assert told(Kind.NAME_TIED) == {"sam"}
    assert EntryDriver.objects.filter(profile=sams).count() == 0


def test_who_declined_is_not_asked_again_and_a_question_is_taken_back(
    driver: LeagueDriver, sam: User, otto: User
) -> None:
    address, answer = f"{AT}{driver.pk}/", f"{AT}{driver.pk}/answer/"
    said(otto, address, act="ask", username="sam")
    assert "no verified profile" in signed_in(sam).get(answer).content.decode()
    said(sam, answer, act="decline")
    assert told(Kind.NAME_ANSWERED) == {"olga", "otto"}
    assert "this name is not theirs" in said(otto, address, act="ask", username="sam")
    said(otto, address, act="ask", username="olga")
    assert "taken back" in said(otto, address, act="take_back")
    assert "Nobody is asked any more" in said(otto, address, act="take_back")
    assert set(NameRequest.objects.values_list("user__username", "state")) == {("sam", "declined"), ("olga", "ended")}


def test_a_tie_by_the_entry_list_ends_the_question(driver: LeagueDriver, sams: SimProfile, otto: User) -> None:
    request = names.ask(driver, "sam", otto)
    names.tie(driver, ID, otto)
    request.refresh_from_db()
    assert request.state == NameRequest.State.ENDED
    with pytest.raises(names.Refused, match="over"):
        names.accept(request, sams)


def test_a_hidden_profile_is_shown_to_nobody_else(
    driver: LeagueDriver, sams: SimProfile, sam: User, otto: User
) -> None:
    names.accept(names.ask(driver, "sam", otto), sams)
    sams.set_visibility(sam, public=False)
    for user in (None, otto):
        for address in (AT, f"{AT}{driver.pk}/"):
            page = signed_in(user).get(address).content.decode()
            assert sams.profile_identifier not in page
            assert "profile of Sam" not in page
    assert sams.profile_identifier in signed_in(sam).get(AT).content.decode()


def test_in_an_archived_league_names_stay_as_they_are(
    driver: LeagueDriver, league: League, sams: SimProfile, otto: User
) -> None:
    request = names.ask(driver, "sam", otto)
    people.archive(league)
    acts = {"tie": {"identifier": ID}, "ask": {"username": "sam"}, "part": {"car_number": "77"}}
    for act, given in acts.items():
        assert "is archived" in said(otto, f"{AT}{driver.pk}/", act=act, **given)
    with pytest.raises(names.Refused, match="archived"):
        names.accept(request, sams)
    assert not EntryDriver.objects.filter(league_driver=driver, profile__isnull=False).exists()
