"""The one search: drivers in any script, and leagues, events, tracks, cars and teams that a visitor may see."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from simlane.leagues.models import Season, Standing, Team
from simlane.leagues.seasons import making
from simlane.leagues.seasons.of_driver import seasons_of
from simlane.results.profiles import note_words
from simlane.sim.identity.names import fold, name_key
from simlane.sim.models import Event, League, ProfileName, SimProfile, Simulator
from simlane.sim.search.query import search
from simlane.sim.search.spelling import latin
from simlane.users.models import User

pytestmark = pytest.mark.django_db


def driver(name: str, number: int) -> SimProfile:
    profile = SimProfile.objects.create(
        simulator=Simulator.objects.get(slug="iracing"),
        profile_identifier=str(number),
        profile_name=name,
        name_key=name_key(name),
    )
    ProfileName.objects.get_or_create(
        profile=profile, name=name, defaults={"folded": fold(name), "last_used_at": profile.created_at}
    )
    note_words([fold(name)])
    return profile


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("Иван Петров", ["ivan petrov", "petrov", "Петров", "petr"]),
        ("Юрий Щербаков", ["shcherbakov", "yuri shcherbakov"]),
        ("Γιώργος Παπαδόπουλος", ["giorgos papadopoulos", "papadopoulos"]),
        ("Ivan Petrov", ["Иван Петров", "петров"]),
        ("Ivan Петров", ["ivan petrov", "Иван Petrov"]),
        ("Giorgos Dimou", ["Γιώργος"]),
    ],
)
def test_a_name_is_found_by_its_spelling_in_another_script(name: str, queries: list[str]) -> None:
    wanted = driver(name, 700_001)
    driver("Somebody Else", 700_002)
    for query in queries:
        found = search(SimProfile.objects.public(), query)
        assert [hit.profile for hit in found.hits] == [wanted], query
        assert not found.similar_only


def test_a_private_profile_is_found_in_no_script(client: Client, owner: User) -> None:
    hidden = driver("Иван Петров", 700_003)
    assert "Иван" in found(client, "ivan petrov")
    SimProfile.objects.filter(pk=hidden.pk).update(
        linked_user=owner, linked_at=timezone.now(), is_verified=True, is_public=False
    )
    assert "Иван" not in found(client, "ivan petrov")


def test_latin_spelling_is_as_names_are_written() -> None:
    assert latin(fold("Παπαδόπουλος")) == "papadopoulos"
    assert latin("smith") == "smith"


def found(client: Client, query: str, **more: str) -> str:
    response = client.get("/profiles/search/", {"q": query, **more})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.usefixtures("season")
def test_a_search_finds_events_tracks_and_cars_beside_drivers(client: Client) -> None:
    assert "/tracks/assetto-corsa-competizione/brands-hatch/" in found(client, "brands")
    assert "/tracks/assetto-corsa-competizione/brands-hatch/" in found(client, "Брандс")
    event = Event.objects.filter(name__startswith="Test League").first()
    assert event is not None
    assert event.get_absolute_url() in found(client, "test league")
    assert event.get_absolute_url() not in found(client, "test league", sim="iracing")


@pytest.mark.usefixtures("season")
def test_leagues_and_teams_are_found_but_never_what_nobody_may_see(client: Client) -> None:
    league = League.objects.create(name="Moscow Night Cup", slug="night")
    season = Season(league=league, simulator=Simulator.objects.get(slug="iracing"), name="Secret", slug="secret")
    making.make(season)
    Team.objects.create(season=season, name="Night Owls", folded="night owls")
    page = found(client, "night")
    assert "/leagues/night/" in page
    assert "Night Owls" not in page
    Season.objects.filter(pk=season.pk).update(state=Season.State.RUNNING)
    assert "Night Owls" in found(client, "owls")
    there = Event.objects.filter(name__startswith="Test League")
    there.update(league=league, scope=league.pk)
    assert "/tracks/assetto-corsa-competizione/brands-hatch/" not in found(client, "brands")
    assert "/events/" not in found(client, "test league").split('id="results"')[1].split("</main>")[0]


@pytest.mark.usefixtures("season")
def test_with_a_few_wrong_letters_more_than_drivers_is_offered(client: Client) -> None:
    page = found(client, "brnads hatsh")
    assert "Did you mean" in page
    assert "/tracks/assetto-corsa-competizione/brands-hatch/" in page
    event = Event.objects.filter(name__startswith="Test League").first()
    assert event is not None
    assert event.get_absolute_url() in found(client, "tset laegue")
    # Each word must be like one of the same kind, and what is found exactly needs no guess.
    assert "Did you mean" not in found(client, "brnads zzzzzz")
    assert "Did you mean" not in found(client, "brands")


@pytest.mark.usefixtures("season")
def test_no_guess_tells_of_what_nobody_may_see(client: Client) -> None:
    league = League.objects.create(name="Moscow Night Cup", slug="night")
    season = Season(league=league, simulator=Simulator.objects.get(slug="iracing"), name="Secret", slug="secret")
    making.make(season)
    Team.objects.create(season=season, name="Velvet Owls", folded="velvet owls")
    assert "/leagues/night/" in found(client, "mosocw nihgt")
    assert "Velvet" not in found(client, "velvte owsl")
    Season.objects.filter(pk=season.pk).update(state=Season.State.RUNNING)
    assert "Velvet Owls" in found(client, "velvte owsl")
    League.objects.filter(pk=league.pk).update(archived_at=timezone.now())
    assert "/leagues/night/" not in found(client, "mosocw nihgt")
    Event.objects.update(league=league, scope=league.pk)
    assert "brands-hatch" not in found(client, "brnads hatsh")


@pytest.mark.usefixtures("season")
def test_what_is_of_the_newest_season_comes_first(client: Client, alice: SimProfile) -> None:
    league = League.objects.create(name="Night Cup", slug="night")
    for name in ("Spring", "Autumn"):
        season = Season(league=league, simulator=alice.simulator, name=name, slug=name.lower())
        making.make(season)
        Season.objects.filter(pk=season.pk).update(state=Season.State.RUNNING)
        Team.objects.create(season=season, name="Velvet Owls", folded="velvet owls")
        Standing.objects.create(
            season=season, kind="driver", row=1, place=1, key="a", name="A", profile=alice, points=1, points_driven=1
        )
    page = found(client, "owls")
    assert page.index("Night Cup, Autumn") < page.index("Night Cup, Spring")
    assert [line.season.name for line in seasons_of(alice, AnonymousUser())] == ["Autumn", "Spring"]
