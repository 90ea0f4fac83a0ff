"""The addresses of an event: readable, and reached from those it had, or has been given by mistake."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from simlane.sim.models import Event
from simlane.web.slugs import readable

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


@pytest.fixture
def event(season: None) -> Event:
    return Event.objects.filter(name="Test League | Round 1").earliest("starts_at")


def test_the_address_is_in_words(client: Client, event: Event) -> None:
    address = event.get_absolute_url()
    assert address == f"/events/{event.pk}-test-league-round-1/"
    assert client.get(address).status_code == 200


def test_the_number_alone_leads_there_for_good_with_its_parameters(client: Client, event: Event) -> None:
    response = client.get(f"/events/{event.pk}/?session=2&order=file")
    assert response.status_code == 301
    assert response.headers["Location"] == f"{event.get_absolute_url()}?session=2&order=file"


@pytest.mark.parametrize("words", ["round-1", "", "Runde%20%C3%A4", "test-league-round-1-"])
def test_other_words_lead_there_until_the_name_changes(client: Client, event: Event, words: str) -> None:
    response = client.get(f"/events/{event.pk}-{words}/?session=2")
    assert response.status_code == 302
    assert response.headers["Location"] == f"{event.get_absolute_url()}?session=2"


def test_who_may_not_look_is_told_no_name(client: Client, event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(withdrawn_at=timezone.now())
    session = event.sessions.get()
    for address in (
        f"/events/{event.pk}/",
        f"/events/{event.pk}-x/",
        f"/events/{event.pk}-x/sessions/{session.number}/laps/",
        f"/events/{event.pk}-x/sessions/{session.number}/1-x/",
        f"/events/{event.pk}/sessions/{session.number}/laps.json",
    ):
        assert client.get(address).status_code == 404, address


@pytest.mark.parametrize(
    ("name", "words"),
    [("Spring Cup | Round 3", "spring-cup-round-3"), ("Кубок", "event"), ("", "event"), ("x" * 99, "x" * 60)],
)
def test_a_name_without_latin_letters_is_an_event(name: str, words: str) -> None:
    assert readable(name, "event") == words
