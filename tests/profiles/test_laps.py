"""The laps of a session: figures on the event's page, the charts' data, the tables beside them, a page for each car."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from simlane.profiles import session_laps
from simlane.profiles.addresses import of_entry, of_laps
from simlane.results.deciding import rule
from simlane.results.models import Ruling
from simlane.results.rulings.standing import Place
from simlane.sim.models import Entry, EntryDriver, Event, Lap, Session, SimProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def race(season: None) -> Session:
    """Two cars, two laps each: Alice leads by a second and a half, then Bob is half a second behind on each lap."""
    event = Event.objects.filter(name="Test League | Round 1").earliest("starts_at")
    return event.sessions.select_related("event").get()


def entry(session: Session, row: int) -> Entry:
    return session.entries.prefetch_related("drivers").get(row=row)


def data_of(client: Client, session: Session, **headers: str) -> Any:
    return client.get(f"/events/{session.event.pk}/sessions/{session.number}/laps.json", headers=headers)


def page_of(client: Client, session: Session) -> str:
    address = f"{session.event.get_absolute_url()}?session={session.number}"  # type: ignore[attr-defined]
    return " ".join(client.get(address).content.decode().split())


def test_the_data_are_places_gaps_and_clean_laps_by_car(client: Client, race: Session) -> None:
    found = data_of(client, race).json()
    assert found["race"] is True
    alice, bob = found["cars"]
    assert (alice["label"], bob["label"]) == ("#1 Alice Amber", "#2 Bob Birch")
    assert (alice["positions"], bob["positions"]) == ([1, 1], [2, 2])
    assert (alice["gaps"], bob["gaps"]) == ([0, 0], [1500, 2000])
    assert alice["box"] == [90_000] * 5
    assert (alice["clean"], alice["consistency"], alice["changes"]) == (1, None, [])


def test_the_data_are_asked_for_again_only_when_results_change(
    client: Client, race: Session, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tag = data_of(client, race).headers["ETag"]
    with django_assert_max_num_queries(2):
        assert data_of(client, race, if_none_match=tag).status_code == 304
    place = Place(race.event.result_files.get().pk, 0)
    rule(place, 0, Ruling.Kind.LAP, value=1, reason="Cut the chicane", by=None)
    changed = data_of(client, race, if_none_match=tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_the_data_take_few_statements_whatever_there_is(
    client: Client, race: Session, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Lap.objects.bulk_create(Lap(entry=entry(race, 0), number=n, seat=0, time_ms=90_000 + n) for n in range(3, 200))
    client.get("/")
    with django_assert_max_num_queries(5):
        assert len(data_of(client, race).json()["cars"][0]["positions"]) == 199


def test_too_many_laps_or_questions_are_refused_in_words(
    client: Client, race: Session, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_laps, "MOST_LAPS", 3)
    response = data_of(client, race)
    assert response.status_code == 422
    assert "too many to draw" in response.json()["error"]
    assert client.get(of_laps(race.event, race)).status_code == 400
    assert data_of(client, Session(event=race.event, number=77)).status_code == 404
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"laps": "1/m/ip"}
    caches["default"].clear()
    data_of(client, race)
    assert data_of(client, race).status_code == 429


def test_a_practice_has_no_places(client: Client, race: Session) -> None:
    Session.objects.filter(pk=race.pk).update(kind="practice")
    found = data_of(client, race).json()
    assert [(car["positions"], car["gaps"]) for car in found["cars"]] == [([], []), ([], [])]
    assert client.get(of_laps(race.event, race), {"show": "positions"}).status_code == 400


def test_laps_that_are_missing_untimed_or_of_some_sectors_are_tidy(client: Client, race: Session) -> None:
    alice, bob = entry(race, 0), entry(race, 1)
    Lap.objects.filter(entry=alice, number=1).delete()
    Lap.objects.filter(entry=bob, number=1).update(time_ms=None, sector1_ms=None, sector2_ms=None)
    Entry.objects.filter(pk=bob.pk).update(total_time_ms=None)
    cars = data_of(client, race).json()["cars"]
    # Alice's race time tells when her first lap ended; nothing tells when Bob's did.
    assert cars[0]["positions"] == [1, 1]
    assert cars[1]["positions"] == [None, None]
    for kind in ("", "positions", "gaps", "times"):
        page = client.get(of_laps(race.event, race), {"show": kind})
        assert page.status_code == 200
        assert "None" not in page.content.decode().split("<main")[1].split("</main")[0]
    assert "None" not in page_of(client, race).split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("kind", ["pace", "positions", "gaps", "times"])
def test_a_table_takes_few_statements(
    client: Client, race: Session, kind: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    with django_assert_max_num_queries(5):
        page = client.get(of_laps(race.event, race), {"show": kind}).content.decode()
    assert of_entry(race.event, race, entry(race, 1)) in page


def test_long_races_are_shown_in_pages(client: Client, race: Session) -> None:
    Lap.objects.bulk_create(Lap(entry=entry(race, 0), number=n, seat=0, time_ms=90_000 + n) for n in range(3, 131))
    page = client.get(of_laps(race.event, race), {"show": "times", "from": "61"}).content.decode()
    assert "1:30.061" in page
    assert "1:30.084" in page
    assert "1:30.085" not in page
    # Bob had ended his race: he is in no block of these laps.
    assert "Bob" not in page
    assert client.get(of_laps(race.event, race), {"show": "times", "from": "0"}).status_code == 400
    assert client.get(of_laps(race.event, race), {"show": "times", "from": "999"}).status_code == 200


def test_an_entrys_page_has_every_lap_with_its_marks(
    client: Client, race: Session, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    bob = entry(race, 1)
    EntryDriver.objects.create(entry=bob, seat=1, name="Cara Cyan", raced_at=race.event.listed_at)
    Lap.objects.create(entry=bob, number=3, seat=1, time_ms=80_000, valid=False, sector1_ms=20_000)
    Lap.objects.filter(entry=bob, number=1).update(sector1_ms=29_000)
    client.get("/")
    with django_assert_max_num_queries(7):
        response = client.get(of_entry(race.event, race, bob))
    page = " ".join(response.content.decode().split())
    first, second, third = (page.split(f'data-lap="{n}"')[1].split("</tr>")[0] for n in (1, 2, 3))
    assert '29.000<span class="block text-xs">session best</span>' in first
    assert '1:30.500<span class="block text-xs">own best</span>' in second
    assert "+2.000" in first
    # A lap that does not count is the best of nothing.
    assert "<s>1:20.000</s>" in third
    assert "not valid" in third
    assert "best</span>" not in third
    assert "takes over" in third
    assert "Cara Cyan" in third


@pytest.mark.usefixtures("private")
def test_an_entrys_page_leads_to_no_hidden_profile(client: Client, race: Session) -> None:
    hidden = SimProfile.objects.get(profile_identifier="76561190000000001")
    page = client.get(of_entry(race.event, race, entry(race, 0))).content.decode()
    assert "Alice Amber" in page
    assert hidden.profile_identifier not in page


def test_an_entry_is_found_where_a_decision_moved_it(client: Client, race: Session) -> None:
    before = of_entry(race.event, race, entry(race, 0))
    rule(Place(race.event.result_files.get().pk, 0), 0, Ruling.Kind.TIME, value=5000, reason="Contact", by=None)
    moved = race.event.sessions.get()
    after = of_entry(race.event, moved, entry(moved, 1))
    response = client.get(before)
    assert response.status_code == 302
    assert response.headers["Location"] == after
    assert client.get(after).context["label"] == "#1 Alice Amber"
    assert client.get(before.replace("1-1-alice-amber", "77-nobody")).status_code == 404


def test_an_events_page_says_sectors_gaps_in_class_and_endings_in_words(client: Client, race: Session) -> None:
    Entry.objects.filter(session=race, row=0).update(car_class="GT3", class_position=1)
    Entry.objects.filter(session=race, row=1).update(car_class="GT4", class_position=1)
    third = Entry.objects.create(
        session=race, row=2, position=3, car_class="GT4", class_position=2, laps_down=0, gap_ms=4500, grid_position=1
    )
    Entry.objects.create(session=race, row=3, position=4, car_class="GT4", status="dnf", status_text="Gearbox")
    EntryDriver.objects.create(entry=third, seat=0, name="Cara Cyan", raced_at=race.event.listed_at)
    Lap.objects.filter(entry__row=1, number=2).update(sector1_ms=29_000)
    page = page_of(client, race)
    assert '<dt>Best sector 1</dt><dd class="best">29.000</dd><dd class="beneath">#2 Bob Birch</dd>' in page
    # Bob is 1.5 seconds behind Alice, and leads his class.
    assert "+3.000<span" in page.split("Cara Cyan")[1]
    assert "Gearbox" in page.split("Did not finish")[1]
    assert "from 1st on the grid" in page
    assert of_entry(race.event, race, entry(race, 0)) in page
    # Who has no laps has no page to link to.
    assert page.count("/sessions/") < 30
    assert of_entry(race.event, race, entry(race, 2)) not in page


def test_a_qualifying_shows_gaps_to_pole(client: Client, race: Session) -> None:
    Session.objects.filter(pk=race.pk).update(kind="qualifying")
    page = page_of(client, race)
    assert ">To pole</th>" in page
    assert '<td class="num">+0.500</td>' in page


def test_an_event_without_laps_has_no_charts(client: Client, race: Session) -> None:
    Lap.objects.filter(entry__session=race).delete()
    assert "data-lap-chart" not in page_of(client, race)
    assert "No laps" in client.get(of_laps(race.event, race)).content.decode()
    assert data_of(client, race).json()["cars"] == []
    assert client.get(of_entry(race.event, race, entry(race, 0))).status_code == 200


def test_laps_through_the_pits_are_counted_in_a_race_and_marked_everywhere(client: Client, race: Session) -> None:
    assert ">Pits<" not in page_of(client, race)
    Lap.objects.filter(entry__session=race).update(pit=False)
    Lap.objects.filter(entry=entry(race, 1), number=2).update(pit=True)
    caches["default"].clear()
    page = page_of(client, race)
    assert ">Pits<" in page
    alice, bob = (page.split(f"{name}</a>")[1].split("</tr>")[0] for name in ("Alice Amber", "Bob Birch"))
    assert '<td class="num wide car">0</td>' in alice
    assert '<td class="num wide car">1</td>' in bob
    assert "1 time in the pits" in bob
    assert [(car["pits"], car["clean"]) for car in data_of(client, race).json()["cars"]] == [([], 1), ([2], 0)]
    for address in (f"{of_laps(race.event, race)}?show=times", of_entry(race.event, race, entry(race, 1))):
        assert client.get(address).content.decode().count("in the pits") == 1
    assert "in the pits" not in client.get(of_entry(race.event, race, entry(race, 0))).content.decode()
    assert "not through the pits" in client.get(of_laps(race.event, race)).content.decode()


def test_a_car_of_which_some_laps_are_not_told_has_no_number_in_the_pits(client: Client, race: Session) -> None:
    Lap.objects.filter(entry__session=race).update(pit=False)
    Lap.objects.filter(entry=entry(race, 1), number=2).update(pit=None)
    page = page_of(client, race)
    assert '<td class="num wide car">–</td>' in page.split("Bob Birch</a>")[1].split("</tr>")[0]
    assert "0 times in the pits" in page


def test_outside_of_races_laps_through_the_pits_are_not_counted(client: Client, race: Session) -> None:
    Session.objects.filter(pk=race.pk).update(kind="qualifying")
    Lap.objects.filter(entry__session=race).update(pit=True)
    page = page_of(client, race)
    assert ">Pits<" not in page
    assert "in the pits" not in page.split("<main")[1]
    assert "in the pits" in client.get(of_laps(race.event, race), {"show": "times"}).content.decode()
