"""Drivers report incidents to the stewards of a league, who answer; nobody else reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.leagues import incidents
from simlane.leagues.models import Incident, Membership, Role
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League
from simlane.users.models import Notification, User
from simlane.users.notifications.texts import text
from tests.leagues.conftest import account, signed_in
from tests.results.standing import bring
from tests.results.test_versions import FIRST, RACE

pytestmark = pytest.mark.django_db
QUEUE = "/leagues/sunday-cup/stewards/"


@pytest.fixture
def event(tmp_path: Path, league: League) -> Event:
    bring(tmp_path, (RACE, FIRST), league=league)
    return Event.objects.get()


@pytest.fixture
def stella(league: League) -> User:
    """A steward."""
    user = account("stella")
    Membership.objects.create(league=league, user=user, role=Role.STEWARD)
    return user


def given(event: Event, **fields: Any) -> dict[str, Any]:
    session = event.sessions.get()
    return {"session": session.number, "lap": 3, "involved": "1 and 2", "message": "He hit me."} | fields


def send(user: User, event: Event, **fields: Any) -> Any:
    return signed_in(user).post(f"/leagues/reports/{event.pk}/incident/", given(event, **fields))


def test_a_driver_reports_and_a_steward_answers(event: Event, sam: User, stella: User, otto: User, olga: User) -> None:
    assert "Report an incident" in signed_in(None).get(event.get_absolute_url()).content.decode()
    assert send(sam, event).status_code == 302
    told = Notification.objects.filter(kind="incident")
    assert set(told.values_list("user", flat=True)) == {stella.pk, otto.pk, olga.pk}
    words = text(told[0])
    assert words.sentence == "A driver reports, lap 3 (1 and 2): He hit me."
    assert words.link.path == QUEUE
    client, found = signed_in(stella), Incident.objects.get()
    queue = client.get(QUEUE).content.decode()
    assert "Race, lap 3" in queue
    assert f"/events/{event.pk}/rule/?session={found.session}" in queue
    answered = client.post(f"{QUEUE}{found.pk}/answer/", {"answer": "Five seconds for him."}, follow=True)
    assert "sam is told" in answered.content.decode()
    found.refresh_from_db()
    assert (found.answer, found.answered_by_id) == ("Five seconds for him.", stella.pk)
    assert "Five seconds" in text(Notification.objects.get(user=sam)).sentence
    assert "Five seconds" in signed_in(sam).get(f"/leagues/reports/{event.pk}/incident/").content.decode()
    # The event's page tells nobody of it.
    assert "He hit me" not in signed_in(otto).get(event.get_absolute_url()).content.decode()


def test_the_first_answer_stands(event: Event, sam: User, stella: User, otto: User) -> None:
    send(sam, event)
    found = Incident.objects.get()
    incidents.answer(found, stella, "No further action.")
    with pytest.raises(Refused, match="Another steward"):
        incidents.answer(found, otto, "A drive-through.")
    with pytest.raises(Refused, match="Write an answer"):
        incidents.answer(found, otto, " ")
    assert Incident.objects.get().answer == "No further action."


@pytest.mark.parametrize(
    "fields", [{"session": "99"}, {"session": ""}, {"lap": "0"}, {"lap": "-1"}, {"lap": "9999999999"}, {"message": " "}]
)
def test_what_cannot_be_reported_is_said(event: Event, sam: User, fields: dict[str, str]) -> None:
    assert send(sam, event, **fields).status_code == 422
    assert not Incident.objects.exists()


def test_too_many_wait(event: Event, sam: User, stella: User) -> None:
    session = event.sessions.get()
    for number in range(incidents.MOST_OPEN):
        incident = Incident(event=event, session=session.number, session_name="Race", message=f"{number}")
        incidents.report(incident, sam)
    assert "wait for those first" in send(sam, event).content.decode()
    incidents.answer(Incident.objects.earliest("pk"), stella, "Seen.")
    # Another member's are counted apart.
    assert (send(sam, event).status_code, send(stella, event).status_code) == (302, 302)


def test_only_stewards_see_the_queue_and_only_their_leagues(event: Event, sam: User, stella: User) -> None:
    send(sam, event)
    found = Incident.objects.get()
    viewer = account("vic")
    Membership.objects.create(league=event.league, user=viewer, role=Role.VIEWER)
    for user in (sam, viewer):
        assert signed_in(user).get(QUEUE).status_code == 404
        assert signed_in(user).post(f"{QUEUE}{found.pk}/answer/", {"answer": "x"}).status_code == 404
    other = League.objects.create(name="Another", slug="another")
    Event.objects.update(league=other, scope=0)
    assert signed_in(stella).post(f"{QUEUE}{found.pk}/answer/", {"answer": "x"}).status_code == 404
    assert "He hit me" not in signed_in(stella).get(QUEUE).content.decode()


def test_events_of_no_league_or_of_an_archived_one_have_no_stewards(event: Event, sam: User) -> None:
    League.objects.update(archived_at=timezone.now())
    assert send(sam, event).status_code == 404
    assert "Report an incident" not in signed_in(sam).get(event.get_absolute_url()).content.decode()
    Event.objects.update(league=None, scope=0)
    assert send(sam, event).status_code == 404


def test_the_queue_takes_the_same_statements_however_long_it_is(
    event: Event, sam: User, stella: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    session = event.sessions.get()
    Incident.objects.bulk_create(
        Incident(event=event, session=session.number, session_name="Race", user=sam, message=f"{number}")
        for number in range(20)
    )
    client = signed_in(stella)
    client.get("/")
    with django_assert_max_num_queries(7):
        assert client.get(QUEUE).status_code == 200
