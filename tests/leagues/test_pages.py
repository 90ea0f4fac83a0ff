"""A league's public pages, and making and changing one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from simlane.leagues.models import Membership, Role
from simlane.results.importer import Importer
from simlane.sim.career.statistics import COUNTED
from simlane.sim.models import Event, League, SimProfile
from simlane.users.models import User
from tests.leagues.conftest import account, signed_in
from tests.results.builders import acc_document

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
GIVEN = {
    "name": " Monday  Cup ",
    "slug": "",
    "time_zone": "Europe/Rome",
    "description": "",
    "website": "",
    "discord": "",
}


@pytest.fixture
def raced(league: League, tmp_path: Path) -> Event:
    (tmp_path / "260601_203000_R.json").write_text(json.dumps(acc_document()))
    assert Importer(league=league).run([tmp_path]).imported == 1
    return Event.objects.get(league=league)


@pytest.mark.parametrize(("address", "budget"), [("/leagues/", 2), ("/leagues/sunday-cup/", 6)])
def test_a_page_works_within_its_budget(
    client: Client,
    raced: Event,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    address: str,
    budget: int,
) -> None:
    client.get("/")
    with django_assert_max_num_queries(budget):
        page = client.get(address).content.decode()
    assert "Sunday Cup" in page
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="results"')


def test_a_league_shows_its_events_and_what_they_are_worth(client: Client, raced: Event, league: League) -> None:
    page = client.get(league.get_absolute_url()).content.decode()
    assert raced.get_absolute_url() in page
    assert "1 event, 1 race" in page
    assert "Not confirmed" in page
    assert "Edit" not in page
    event = client.get(raced.get_absolute_url()).content.decode()
    assert league.get_absolute_url() in event
    assert client.get("/leagues/nowhere/").status_code == 404


def test_leagues_are_gone_where_public_pages_are(client: Client, league: League, settings: object) -> None:
    settings.WAFFLE_FLAG_DEFAULT = False  # type: ignore[attr-defined]
    assert client.get("/leagues/").status_code == 404
    assert client.get(league.get_absolute_url()).status_code == 404


def test_a_member_makes_a_league_and_owns_it(sam: User) -> None:
    client = signed_in(sam)
    response = client.post("/leagues/new/", GIVEN)
    assert response["Location"] == "/leagues/monday-cup/"
    made = League.objects.get()
    assert (made.name, made.time_zone, made.trusted) == ("Monday Cup", "Europe/Rome", False)
    assert Membership.objects.get().role == Role.OWNER
    again = client.post("/leagues/new/", GIVEN)
    assert again.status_code == 422
    assert "Another league has this address" in again.content.decode()


def test_a_leagues_name_turns_no_page_around(sam: User) -> None:
    signed_in(sam).post("/leagues/new/", GIVEN | {"name": "Cup \u202eyadnoM\u2066", "slug": "cup"})
    assert League.objects.get().name == "Cup yadnoM"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("slug", "new", "one of the site itself"),
        ("slug", "a b", "small letters, digits and hyphens"),
        ("name", "!!!", "small letters, digits and hyphens"),
        ("name", "\u202e\u200b", "a name that can be read"),
        ("time_zone", "Mars/Olympus", "no time zone"),
        ("website", "http://example.org", "beginning with https://"),
        ("website", "javascript:alert(1)", "Enter a valid URL"),
        ("discord", "https://example.org/discord.gg", "no address of Discord"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(sam: User, field: str, value: str, why: str) -> None:
    response = signed_in(sam).post("/leagues/new/", GIVEN | {field: value})
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not League.objects.exists()


def test_without_a_confirmed_address_nobody_makes_a_league(db: None) -> None:
    client = signed_in(account("nora", confirmed=False))
    assert "Confirm my address" in client.get("/leagues/new/").content.decode()
    assert client.post("/leagues/new/", GIVEN).status_code == 422
    assert not League.objects.exists()


def test_an_owner_changes_it_and_only_what_is_theirs(league: League, olga: User) -> None:
    client = signed_in(olga)
    given = GIVEN | {"name": "Sunday Cup!", "slug": "elsewhere", "trusted": "on", "website": "https://example.org/"}
    assert client.post("/leagues/sunday-cup/edit/", given).status_code == 302
    league.refresh_from_db()
    assert (league.name, league.slug, league.trusted) == ("Sunday Cup!", "sunday-cup", False)
    client.post("/leagues/sunday-cup/edit/", {"archive": "on"})
    assert "Sunday Cup!" not in client.get("/leagues/#all").content.decode().split('id="all"')[1]
    assert client.get(league.get_absolute_url()).status_code == 200
    client.post("/leagues/sunday-cup/edit/", {"archive": "off"})
    league.refresh_from_db()
    assert league.archived_at is None


def test_staff_confirm_a_league_and_its_drivers_are_counted(
    raced: Event, league: League, sam: User, django_capture_on_commit_callbacks: Any
) -> None:
    assert set(SimProfile.objects.values_list(*COUNTED)) == {(0, 0, 0, 0, 0)}
    User.objects.filter(pk=sam.pk).update(is_staff=True, is_superuser=True)
    address = f"/admin/sim/league/{league.pk}/change/"
    form = {
        "name": league.name, "slug": league.slug, "description": "", "time_zone": "UTC", "website": "", "discord": "",
        "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in(sam).post(address, form | {"trusted": "on"}).status_code == 302
    assert set(SimProfile.objects.values_list("starts", "wins")) == {(1, 1), (1, 0)}
    league.refresh_from_db()
    assert (league.trusted, league.recount_due) == (True, False)
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(sam).post(address, form)
    assert set(SimProfile.objects.values_list(*COUNTED)) == {(0, 0, 0, 0, 0)}
