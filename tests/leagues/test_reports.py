""" "This is wrong" and "That is not me": who is told, who answers, and who puts it right."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from simlane.leagues.models import Report
from simlane.results.importer import Importer
from simlane.sim.models import Event, League
from simlane.sim.ownership.events import Kind
from simlane.users.models import Notification, User
from simlane.web.listing import PAGE_SIZE
from tests.leagues.conftest import account, signed_in
from tests.results.builders import acc_document

pytestmark = pytest.mark.django_db
GIVEN = {"kind": "not_me", "message": "I was asleep.\nSo it was somebody else."}
LIST = "/leagues/sunday-cup/reports/"


@pytest.fixture
def event(league: League, tmp_path: Path) -> Event:
    (tmp_path / "260601_203000_R.json").write_text(json.dumps(acc_document()))
    assert Importer(league=league).run([tmp_path]).imported == 1
    return Event.objects.get()


@pytest.fixture
def boss(db: None) -> User:
    user = account("boss")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return User.objects.get(pk=user.pk)


def told(kind: Kind) -> set[str]:
    return set(Notification.objects.filter(kind=kind).values_list("user__username", flat=True))


def test_those_who_run_the_league_and_staff_are_told_and_one_answers(
    event: Event, sam: User, otto: User, boss: User
) -> None:
    client = signed_in(sam)
    address = f"/leagues/reports/{event.pk}/"
    assert address in client.get(event.get_absolute_url()).content.decode()
    assert '<option value="not_me" selected>' in client.get(address, {"kind": "not_me"}).content.decode()
    assert client.post(address, GIVEN)["Location"] == event.get_absolute_url()
    assert told(Kind.REPORTED) == {"olga", "otto", "boss"}
    again = client.post(address, GIVEN)
    assert (again.status_code, "waits for an answer" in again.content.decode()) == (422, True)
    for user, where in ((otto, LIST), (boss, f"/admin/leagues/report/{Report.objects.get().pk}/change/")):
        bell = signed_in(user).get("/users/notifications/").content.decode()
        assert "That is not me" in bell
        assert (
            f'href="{where}"' in bell
            or where
            in signed_in(user).post(
                f"/users/notifications/{Notification.objects.get(user=user).pk}/read/", {"open": "1"}
            )["Location"]
        )
    page = signed_in(otto).get(LIST).content.decode()
    assert "I was asleep." in page
    answer = f"{LIST}{Report.objects.get().pk}/answer/"
    assert signed_in(sam).post(answer, {"answer": "No."}).status_code == 404
    signed_in(otto).post(answer, {"answer": "It was Bob: a corrected file is in."})
    found = Report.objects.get()
    assert (found.state, found.answered_by_id) == (Report.State.ANSWERED, otto.pk)
    assert told(Kind.REPORT_ANSWERED) == {"sam"}
    assert "a corrected file is in" in client.get(address).content.decode()
    signed_in(otto).post(answer, {"answer": "Again."})
    assert "It was Bob" in Report.objects.get().answer
    # The next one may come.
    assert client.post(address, GIVEN).status_code == 302


def test_however_many_wait_a_page_shows_so_many(
    event: Event, otto: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = User.objects.bulk_create(User(username=f"driver{number}") for number in range(PAGE_SIZE + 2))
    Report.objects.bulk_create(
        Report(event=event, user=user, kind=Report.Kind.WRONG, message=f"Said by {user.username}.") for user in people
    )
    client = signed_in(otto)
    client.get(LIST)
    with django_assert_max_num_queries(7):
        page = client.get(LIST).content.decode()
    assert page.count("Said by") == PAGE_SIZE
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', page)[1])  # type: ignore[index]
    part = client.get(following, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="results"')
    assert part.count("Said by") == 2


def test_staff_answer_in_the_admin(event: Event, sam: User, boss: User) -> None:
    signed_in(sam).post(f"/leagues/reports/{event.pk}/", GIVEN)
    address = f"/admin/leagues/report/{Report.objects.get().pk}/change/"
    staff = signed_in(boss)
    assert "I was asleep." in staff.get(address).content.decode()
    assert "Write an answer. Nothing was changed." in staff.post(address, {"answer": " "}, follow=True).content.decode()
    assert Report.objects.get().state == Report.State.OPEN
    staff.post(address, {"answer": "Looked at."})
    assert Report.objects.get().state == Report.State.ANSWERED
    assert told(Kind.REPORT_ANSWERED) == {"sam"}


def test_of_no_leagues_event_only_staff_are_told(season: None, sam: User, boss: User, league: League) -> None:
    event = Event.objects.order_by("pk")[0]
    signed_in(sam).post(f"/leagues/reports/{event.pk}/", GIVEN)
    assert told(Kind.REPORTED) == {"boss"}


def test_a_report_is_a_members_and_only_of_what_they_see(event: Event, sam: User) -> None:
    assert Client().get(f"/leagues/reports/{event.pk}/")["Location"].startswith("/accounts/login/")
    assert signed_in(sam).post("/leagues/reports/999999/", GIVEN).status_code == 404
    assert signed_in(sam).post(f"/leagues/reports/{event.pk}/", {"kind": "rude", "message": ""}).status_code == 422
    assert not Report.objects.exists()


def test_a_report_names_nobody_on_the_events_page(event: Event, sam: User) -> None:
    signed_in(sam).post(f"/leagues/reports/{event.pk}/", GIVEN)
    page = Client().get(event.get_absolute_url()).content.decode()
    assert "asleep" not in page
    assert "sam" not in page.split("<main")[1].split("</main>")[0].replace("same", "")


def test_so_many_a_day(event: Event, sam: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "report": "1/d/user"}
    client = signed_in(sam)
    client.post(f"/leagues/reports/{event.pk}/", GIVEN)
    Report.objects.all().delete()
    assert client.post(f"/leagues/reports/{event.pk}/", GIVEN).status_code == 429
    assert not Report.objects.exists()


def test_organisers_withdraw_and_bring_back_their_own_results_only(
    event: Event, otto: User, sam: User, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "260701_203000_R.json").write_text(json.dumps(acc_document(serverName="Another", laps=[])))
    Importer().run([tmp_path / "other"])
    others = Event.objects.exclude(pk=event.pk).get()
    client = signed_in(otto)
    decide = {"act": "withdraw", "of": "", "reason": "A test race."}
    for user, which in ((otto, others), (sam, event)):
        assert signed_in(user).post(f"/events/{which.pk}/decide/", decide).status_code == 404
    assert "withdraw" in client.get(event.get_absolute_url()).content.decode()
    assert client.post(f"/events/{event.pk}/decide/", decide).status_code == 302
    event.refresh_from_db()
    assert event.withdrawn_at
    assert Client().get(event.get_absolute_url()).status_code == 404
    assert event.get_absolute_url() not in client.get("/leagues/sunday-cup/").content.decode()
    assert client.get(event.get_absolute_url()).status_code == 200
    client.post(f"/events/{event.pk}/decide/", decide | {"act": "bring_back"})
    event.refresh_from_db()
    assert event.withdrawn_at is None
