"""Drivers beside each other: who was ahead where, on which tracks who is faster, and who may be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from simlane.results.importer import Importer
from simlane.sim.models import Event, League, SimProfile
from tests.results.builders import iracing_document, iracing_result, iracing_session

pytestmark = pytest.mark.django_db
BOTH = "/profiles/compare/?a=iracing/1&b=iracing/2"


def bring(folder: Path, number: int, *results: dict[str, Any], **changes: Any) -> None:
    path = folder / f"{number}.json"
    document = iracing_document(iracing_session(0, *results), subsession_id=number, **changes)
    document["car_classes"].append({"car_class_id": 8, "name": "GT cars", "cars_in_class": [{"car_id": 99}]})
    path.write_text(json.dumps(document))
    assert not Importer().run([path]).refused


@pytest.fixture
def rivals(tmp_path: Path) -> None:
    """Three races of 1 and 2: each was ahead once, then 1 before a disqualified 2 of another class; 3 is in none."""
    bring(tmp_path, 11, iracing_result(1, 0, best_lap_time=900_000), iracing_result(2, 1, best_lap_time=890_000))
    bring(tmp_path, 12, iracing_result(2, 0), iracing_result(1, 1), start_time="2026-03-02T19:00:00Z")
    other_class = {"car_class_id": 8, "car_id": 99, "car_name": "Other"}
    bring(
        tmp_path,
        13,
        iracing_result(2, 0, reason_out="Disqualified", **other_class),
        iracing_result(1, 1),
        start_time="2026-03-03T19:00:00Z",
    )
    bring(tmp_path, 14, iracing_result(3, 0), start_time="2026-03-04T19:00:00Z")


@pytest.mark.usefixtures("rivals")
def test_who_was_ahead_is_told_overall_and_by_class(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    with django_assert_max_num_queries(6):
        page = client.get(BOTH)
    comparison = page.context["comparison"]
    (duel,) = comparison.duels
    scores = {score.name: (score.shared, score.ahead, score.behind, score.neither) for score in duel.scores}
    assert scores == {
        "All races": (3, 2, 1, 0),
        "Cup cars": (2, 1, 1, 0),
        "In different classes": (1, 1, 0, 0),
    }
    assert [race.start.raced_at.day for race in comparison.races] == [3, 2, 1]
    assert [[line.shown for line in race.lines] for race in comparison.races] == [[2, None], [2, 1], [1, 2]]
    (track,) = comparison.tracks
    assert [lap.best_lap_ms for lap in track.laps] == [90_000, 89_000]
    assert track.record == 89_000
    assert "Lime Rock Park" in page.content.decode()


@pytest.mark.usefixtures("rivals")
def test_who_shares_nothing_is_told_so_too(client: Client) -> None:
    page = client.get("/profiles/compare/?a=iracing/1&b=iracing/3").content.decode()
    assert "They have shared no race that counts" in page
    assert "Best laps on shared tracks" in page


@pytest.mark.usefixtures("rivals")
def test_two_of_one_car_are_neither_ahead_nor_behind(client: Client, tmp_path: Path) -> None:
    team = iracing_result(-5, 0, team_id=-5, driver_results=[iracing_result(1), iracing_result(4)])
    bring(tmp_path, 15, team, iracing_result(2, 1), start_time="2026-03-05T19:00:00Z")
    page = client.get("/profiles/compare/?a=iracing/1&b=iracing/4&c=iracing/2")
    scores = {
        (duel.one.profile_identifier, duel.other.profile_identifier): (duel.overall.shared, duel.overall.neither)
        for duel in page.context["comparison"].duels
    }
    assert scores == {("1", "4"): (1, 1), ("1", "2"): (4, 0), ("4", "2"): (1, 0)}
    mates = client.get("/profiles/iracing/1/?section=mates").context["mates"]
    assert [(mate.profile.profile_identifier, mate.races, mate.wins) for mate in mates] == [("4", 1, 1)]


@pytest.mark.usefixtures("rivals")
def test_rivals_are_those_of_most_shared_races(client: Client) -> None:
    rivals = client.get("/profiles/iracing/1/?section=rivals").context["rivals"]
    assert [(each.profile.profile_identifier, each.shared, each.ahead, each.behind) for each in rivals] == [
        ("2", 3, 2, 1)
    ]


@pytest.mark.usefixtures("rivals")
def test_what_does_not_count_is_not_compared(client: Client) -> None:
    league = League.objects.create(name="Sunday Cup", slug="sunday-cup")
    Event.objects.filter(platform_id="11").update(league=league, scope=league.pk)
    (duel,) = client.get(BOTH).context["comparison"].duels
    assert duel.overall.shared == 2
    (rival,) = client.get("/profiles/iracing/1/?section=rivals").context["rivals"]
    assert rival.shared == 2


@pytest.mark.usefixtures("rivals", "season")
def test_drivers_of_different_simulators_have_their_careers_only(client: Client) -> None:
    page = client.get("/profiles/compare/?a=iracing/1&b=assetto-corsa-competizione/76561190000000002")
    assert page.context["comparison"].duels == []
    assert "no race is shared" in page.content.decode()


@pytest.mark.usefixtures("season")
def test_a_driver_is_found_and_added_without_javascript(client: Client) -> None:
    page = client.get("/profiles/compare/", {"a": "assetto-corsa-competizione/76561190000000001", "q": "bob birch"})
    ((profile, url),) = page.context["offered"]
    assert profile.profile_name == "Bob Birch"
    both = client.get(url)
    assert [each.profile.profile_name for each in both.context["compared"]] == ["Alicia Amber", "Bob Birch"]
    alone = client.get(both.context["compared"][0].without)
    assert [each.profile.profile_name for each in alone.context["compared"]] == ["Bob Birch"]
    # Nobody is offered twice, and nobody is there twice.
    again = client.get("/profiles/compare/", {"a": "iracing/100001", "b": "iracing/100001", "q": "Driver 100001"})
    assert len(again.context["compared"]) == 1
    assert "100001" not in {profile.profile_identifier for profile, _ in again.context["offered"]}


def test_a_hidden_profile_can_neither_be_compared_nor_found(client: Client, private: SimProfile, owner: Any) -> None:
    address = "/profiles/compare/?a=assetto-corsa-competizione/76561190000000001"
    other = "assetto-corsa-competizione/76561190000000002"
    assert client.get(address).status_code == 404
    assert client.get(f"{address}&b={other}").status_code == 404
    assert client.get(f"{address}&b={other}&section=ratings").status_code == 404
    page = client.get("/profiles/compare/", {"b": other, "q": "alicia"})
    assert page.context["offered"] == []
    rivals = client.get(f"/profiles/{other}/", {"section": "rivals"})
    assert rivals.context["rivals"] == []
    assert private.profile_identifier not in rivals.content.decode()
    client.force_login(owner)
    assert client.get(f"{address}&b={other}").status_code == 200


@pytest.mark.usefixtures("rivals")
def test_curves_are_loaded_when_they_are_opened(client: Client) -> None:
    page = client.get(BOTH).content.decode()
    address = "/profiles/compare/?a=iracing%2F1&amp;b=iracing%2F2&amp;section=ratings"
    assert address in page
    assert "compared-data" not in page
    part = client.get(f"{BOTH}&section=ratings", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert [len(line["points"]) for line in part.context["told_lines"]["lines"]] == [3, 3]
