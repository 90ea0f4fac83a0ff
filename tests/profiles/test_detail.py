"""A driver's page: what a rich profile shows, what is loaded when it is opened, and that a poor one stays tidy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from simlane.leagues.models import Season, Standing
from simlane.results.importer import Importer
from simlane.sim.models import EntryDriver, Event, League, Session, SimProfile
from tests.results.builders import iracing_document, iracing_result, iracing_session

pytestmark = pytest.mark.django_db


def bring(folder: Path, *sessions: dict[str, Any], number: int = 11, **changes: Any) -> None:
    path = folder / f"{number}.json"
    path.write_text(json.dumps(iracing_document(*sessions, subsession_id=number, **changes)))
    assert not Importer().run([path]).refused


def test_a_profile_of_one_practice_is_tidy(client: Client, tmp_path: Path) -> None:
    bring(tmp_path, iracing_session(-2, iracing_result(1), simsession_type=3, simsession_name="PRACTICE"))
    page = client.get("/profiles/iracing/1/")
    text = page.content.decode()
    assert [drive.entry.session.kind for drive in page.context["recent"]] == ["practice"]
    assert "No race has been driven yet" in text
    for absent in ("Career", "Form", "Win rate", "More of this career", "chart.js"):
        assert absent not in text.split("<main")[1].split("</main")[0], absent
    assert "?results=all" in text


def test_a_rich_profile_has_figures_years_and_seasons(client: Client, tmp_path: Path) -> None:
    results = [iracing_result(1, 0, laps_lead=1234), iracing_result(2, 1)]
    bring(tmp_path, iracing_session(0, *results))
    bring(tmp_path, iracing_session(0, *results), number=12, start_time="2025-03-01T19:00:00Z")
    profile = SimProfile.objects.get(profile_identifier="1")
    league = League.objects.create(name="Sunday Cup", slug="sunday-cup")
    for name, state in (("Spring", "running"), ("Secret", "draft")):
        season = Season.objects.create(
            league=league, simulator=profile.simulator, name=name, slug=name.lower(), state=state
        )
        Standing.objects.create(
            season=season,
            kind="driver",
            row=1,
            place=1,
            key="1",
            name="One",
            profile=profile,
            points=25,
            points_driven=25,
        )
    page = client.get("/profiles/iracing/1/")
    text = " ".join(page.content.decode().split())
    assert "<dt>Poles</dt><dd>2</dd>" in text
    assert "<dt>Laps led</dt><dd>2,468</dd>" in text
    assert [year.year for year in page.context["years"]] == [2026, 2025]
    assert "Table of the career by year" in text
    assert "/leagues/sunday-cup/spring/" in text
    assert "Secret" not in text
    # The claim box stands under the name, before the career.
    assert text.index("Is this you?") < text.index(">Form<") < text.index(">Career<")


def test_the_ratings_that_a_simulator_told_are_a_section_where_it_did(client: Client, tmp_path: Path) -> None:
    bring(tmp_path, iracing_session(0, iracing_result(1), iracing_result(2, 1, newi_rating=-1, oldi_rating=-1)))
    bring(
        tmp_path, iracing_session(0, iracing_result(1, newi_rating=2100)), number=12, start_time="2026-03-02T19:00:00Z"
    )
    assert "?section=ratings" in client.get("/profiles/iracing/1/").content.decode()
    assert "?section=ratings" not in client.get("/profiles/iracing/2/").content.decode()
    part = client.get("/profiles/iracing/1/?section=ratings", headers={"HX-Request": "true"})
    assert [(point.rating, point.change, point.licence) for point in part.context["points"]] == [
        (2100, 100, "B 3.81"),
        (2041, 41, "B 3.81"),
    ]
    assert part.context["licences"]["lines"][0]["points"][0][1] == 18.81
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]


@pytest.fixture
def filtered(tmp_path: Path) -> SimProfile:
    """A race in each of two years, on two tracks, in two cars, one of them in a league; and a practice."""
    practice = iracing_session(-2, iracing_result(1), simsession_type=3, simsession_name="PRACTICE")
    bring(tmp_path, practice, iracing_session(0, iracing_result(1)))
    bring(
        tmp_path,
        iracing_session(0, iracing_result(1, car_id=99, car_name="Other")),
        number=12,
        start_time="2025-03-01T19:00:00Z",
        track={"track_name": "Spa"},
    )
    league = League.objects.create(name="Sunday Cup", slug="sunday-cup", trusted=True)
    Event.objects.filter(platform_id="12").update(league=league)
    return SimProfile.objects.get(profile_identifier="1")


def test_results_are_filtered_by_year_car_track_and_league(client: Client, filtered: SimProfile) -> None:
    address = filtered.get_absolute_url()  # type: ignore[attr-defined]
    page = client.get(address, {"results": "races"})
    assert len(page.context["page"].items) == 2
    filters = {each.name: dict(each.choices) for each in page.context["filters"]}
    assert list(filters["year"]) == ["2026", "2025"]
    assert sorted(filters["track"].values()) == ["Lime Rock Park – Chicanes", "Spa"]
    assert sorted(filters["car"].values()) == ["Other", "Porsche 911 GT3 Cup"]
    old = EntryDriver.objects.get(entry__session__event__platform_id="12")
    entry, event = old.entry, old.entry.session.event
    for name, value in (("year", 2025), ("car", entry.car_id), ("track", event.track_id), ("league", event.league_id)):
        found = client.get(address, {"results": "all", name: value})
        assert found.context["page"].items == [old], name
    nothing = client.get(address, {"results": "all", "year": "2024"})
    assert nothing.context["page"].items == []
    assert "No result matches" in nothing.content.decode()
    everything = client.get(address, {"results": "all"}).context["page"].items
    assert {drive.entry.session.kind for drive in everything} == {Session.Kind.PRACTICE, Session.Kind.RACE}


def test_a_best_lap_stands_beside_the_record_of_its_car(client: Client, tmp_path: Path) -> None:
    bring(
        tmp_path,
        iracing_session(
            0,
            iracing_result(1, 0, best_lap_time=900_000),
            iracing_result(2, 1, best_lap_time=894_000),
            iracing_result(3, 2, best_lap_time=800_000, car_id=99, car_name="Faster"),
        ),
    )
    gaps = {
        identifier: [best.gap_ms for best in client.get(f"/profiles/iracing/{identifier}/").context["bests"]]
        for identifier in ("1", "2", "3")
    }
    assert gaps == {"1": [600], "2": [0], "3": [0]}
    assert "+0.600" in client.get("/profiles/iracing/1/?section=bests").content.decode()


def test_favourites_are_those_of_most_starts(client: Client, filtered: SimProfile, tmp_path: Path) -> None:
    bring(tmp_path, iracing_session(0, iracing_result(1, 3)), number=13, start_time="2026-04-01T19:00:00Z")
    tables = dict(client.get("/profiles/iracing/1/?section=favourites").context["tables"])
    assert [(str(each.what), each.starts, each.wins, each.podiums) for each in tables["Track"]] == [
        ("Lime Rock Park – Chicanes", 2, 1, 1),
        ("Spa", 1, 1, 1),
    ]
    assert [each.starts for each in tables["Car"]] == [2, 1]
    for each in (*tables["Track"], *tables["Car"]):
        assert client.get(each.what.get_absolute_url()).status_code == 200
