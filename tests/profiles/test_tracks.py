"""Pages of tracks and cars: records that follow the results, whose names they show, what counts, and their budgets."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.text import slugify
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from simlane.profiles.views import cars
from simlane.results import versions
from simlane.results.following import renew_records
from simlane.sim.career import records
from simlane.sim.career.slugs import give_slugs, slug_of
from simlane.sim.models import Car, Entry, Event, League, Session, SimProfile, Track, TrackRecord

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("season")]

BRANDS = "/tracks/assetto-corsa-competizione/brands-hatch/"


def car_page() -> str:
    record = TrackRecord.objects.select_related("car__simulator").get(track__slug="brands-hatch")
    return record.car.get_absolute_url()


@pytest.mark.parametrize(
    ("address", "budget", "shows"),
    [
        ("/tracks/", 3, ["Brands Hatch", BRANDS]),
        ("/tracks/?sim=iracing", 3, ["/tracks/iracing/"]),
        ("/tracks/assetto-corsa-competizione/", 3, ["Brands Hatch"]),
        ("/cars/", 3, ["/cars/iracing/"]),
        (BRANDS, 9, ["1:30.000", "Alice Amber", "Test League"]),
        (f"{BRANDS}?events=all", 3, ["Test League"]),
        (f"{BRANDS}?classes=all", 5, ["GT3", "1:30.000"]),
        (f"{BRANDS}?class=nobody", 8, ["No record yet"]),
        (f"{BRANDS}laps/", 5, ["1:30"]),
    ],
)
def test_a_page_works_within_its_budget(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, address: str, budget: int, shows: list[str]
) -> None:
    client.get("/")
    with django_assert_max_num_queries(budget):
        response = client.get(address)
    assert response.status_code == 200
    for text in shows:
        assert text in response.content.decode()


def test_a_cars_page_shows_its_records_events_and_drivers(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    address = car_page()
    with django_assert_max_num_queries(6):
        page = client.get(address).content.decode()
    for text in (BRANDS, "1:30.000", "Bob Birch", "Test League"):
        assert text in page


@pytest.mark.parametrize(
    "address",
    ["/tracks/atlantis/", "/cars/atlantis/", f"{BRANDS}x/", "/tracks/iracing/nowhere/", "/cars/iracing/none/"],
)
def test_what_is_not_there_is_a_404(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address", ["/tracks/?sim=atlantis", "/cars/?after=!!", f"{BRANDS}?after=!!", f"{BRANDS}?classes=all&after=!!"]
)
def test_a_wrong_parameter_is_a_400(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400


def test_records_of_all_classes_are_read_page_by_page(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    record = TrackRecord.objects.get(track__slug="brands-hatch")
    # Two of each time: a page may end between equals.
    TrackRecord.objects.bulk_create(
        TrackRecord(
            track=record.track,
            car=record.car,
            car_class=f"Class {number:02}",
            best_lap_ms=95_000 + number // 2,
            raced_at=record.raced_at,
            drive=record.drive,
        )
        for number in range(60)
    )
    classes = ["GT3", *(f"Class {number:02}" for number in range(60))]
    page = client.get(BRANDS)
    assert [line.record.car_class for line in page.context["by_class"]().lines] == classes[:12]
    assert "?classes=all" in page.content.decode()
    address: str | None = f"{BRANDS}?classes=all"
    met: list[str] = []
    while address:
        with django_assert_max_num_queries(6):
            page = client.get(address)
        met += [line.record.car_class for line in page.context["lines"]]
        address = page.context["page"].next_url
    assert met == classes
    assert f"{BRANDS}?class=Class%2059" in page.content.decode()


def test_a_tracks_page_leads_to_no_further_classes_where_it_shows_all(client: Client) -> None:
    page = client.get(BRANDS).content.decode()
    assert "GT3" in page
    assert "?classes=all" not in page


def test_a_private_drivers_record_is_a_name_without_a_link(client: Client, private: SimProfile, owner: object) -> None:
    for address in (BRANDS, car_page()):
        page = client.get(address).content.decode()
        assert "Alice Amber" in page
        assert private.get_absolute_url() not in page
    client.force_login(owner)  # type: ignore[arg-type]
    assert private.get_absolute_url() in client.get(BRANDS).content.decode()


def test_a_withdrawn_record_gives_way_to_the_next_best_and_comes_back() -> None:
    record = TrackRecord.objects.get(track__slug="brands-hatch")
    assert record.best_lap_ms == 90_000
    assert record.drive is not None
    event = record.drive.entry.session.event
    versions.withdraw(event, by=None, reason="Wrong", by_staff=True)
    record = TrackRecord.objects.get(track__slug="brands-hatch")
    assert (record.best_lap_ms, records.find_wrong(5)[0]) == (90_500, 0)
    versions.bring_back(Event.objects.get(pk=event.pk), by=None, reason="Right", by_staff=True)
    assert TrackRecord.objects.get(track__slug="brands-hatch").best_lap_ms == 90_000


def test_results_that_do_not_count_are_no_records_and_have_no_page(client: Client) -> None:
    league = League.objects.create(name="Sunday Cup", slug="sunday-cup")
    there = Event.objects.filter(track__slug="brands-hatch")
    there.update(league=league, scope=league.pk)
    renew_records(there)
    assert not TrackRecord.objects.filter(track__slug="brands-hatch").exists()
    assert client.get(BRANDS).status_code == 404
    assert BRANDS not in client.get("/tracks/").content.decode()
    there.update(scope=0)
    assert records.find_wrong(1)[0]
    renew_records(there)
    assert TrackRecord.objects.get(track__slug="brands-hatch").best_lap_ms == 90_000


def test_two_tracks_with_one_slug_get_two_addresses_and_the_database_holds_it() -> None:
    first = Track.objects.get(slug="brands-hatch")
    second = Track.objects.create(simulator=first.simulator, name="BRANDS -- hatch")
    give_slugs([second])
    assert second.slug == "brands-hatch-2"
    with pytest.raises(IntegrityError), transaction.atomic():
        Track.objects.filter(pk=second.pk).update(slug="brands-hatch")


@pytest.mark.parametrize(
    ("name", "slug"), [("Nürburgring – Nordschleife", "nurburgring-nordschleife"), ("Москва", "moskva"), ("!!", "x")]
)
def test_a_slug_is_the_name_in_latin_letters(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_records_of_many_cars_ask_for_no_more_than_those_of_one(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    record = TrackRecord.objects.select_related("track", "car").get(track__slug="brands-hatch")
    names = [f"Car {number}" for number in range(5)]
    made = Car.objects.bulk_create(Car(simulator=record.car.simulator, name=name, slug=slugify(name)) for name in names)
    TrackRecord.objects.bulk_create(
        TrackRecord(
            track=record.track,
            car=car,
            car_class=record.car_class,
            best_lap_ms=record.best_lap_ms + 1 + place,
            raced_at=record.raced_at,
            drive=record.drive,
        )
        for place, car in enumerate(made)
    )
    client.get("/")
    with django_assert_max_num_queries(9):
        page = client.get(BRANDS).content.decode()
    assert all(name in page for name in names)


def test_a_cars_page_shows_the_events_that_came_in_last_whatever_the_numbers_of_their_sessions(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = TrackRecord.objects.select_related("track", "car").get(track__slug="brands-hatch")
    for name, number in (("Autumn Cup", 9), ("Winter Cup", 0)):
        event = Event.objects.create(simulator=record.car.simulator, track=record.track, name=name, listed_at=now())
        session = Session.objects.create(event=event, kind="race", number=number, name="Race")
        Entry.objects.create(session=session, row=0, car=record.car)
    monkeypatch.setattr(cars, "RECENT_ENTRIES", 1)
    page = client.get(car_page()).content.decode()
    assert "Winter Cup" in page
    assert "Autumn Cup" not in page
