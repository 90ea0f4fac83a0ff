"""An event's page says where its results came from; who may withdraws them there and brings them back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from simlane.results import versions
from simlane.results.models import ResultFile, Way
from simlane.sim.models import Event, Session
from simlane.users.account_deletion import delete_account
from simlane.users.models import User
from simlane.users.personal_data import everything_about
from tests.results.builders import iracing_document
from tests.results.standing import bring
from tests.results.test_versions import CORRECTED, FIRST, RACE, practice

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


@pytest.fixture
def staff(db: None) -> User:
    user = User.objects.create_user("steward", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="decide"))
    return user


@pytest.fixture
def event(tmp_path: Path, staff: User) -> Event:
    """A race with a corrected version, which the steward brought."""
    bring(tmp_path, (RACE, FIRST))
    bring(tmp_path, ("260301_203010_R.json", CORRECTED), replace=True, way=Way.UPLOAD, by=staff.pk)
    return Event.objects.get()


def page(client: Client, event: Event) -> str:
    response = client.get(event.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, event: Event, **fields: object) -> str:
    """What the page says after the form was sent."""
    response = client.post(reverse("profiles:decide", args=[event.pk]), fields, follow=True)
    return response.content.decode()


def test_it_says_where_the_results_came_from_and_names_nobody(client: Client, event: Event, staff: User) -> None:
    shown = page(client, event)
    assert "Results from <strong" in shown
    assert ">260301_203010_R.json</strong>, in since" in shown
    assert "by upload" in shown
    assert 'Replaced: <span class="break-all">260301_203000_R.json</span>' in shown
    assert "Assetto Corsa Competizione server results" in shown
    for file in ResultFile.objects.all():
        assert file.sha256[:12] in shown
    assert staff.username not in shown
    assert "Withdraw" not in shown
    client.force_login(staff)
    assert staff.username in page(client, event).split("Where these results came from")[1]


def test_staff_withdraw_and_bring_back(client: Client, event: Event, staff: User) -> None:
    client.force_login(staff)
    assert "The results are withdrawn" in act(client, event, act="withdraw", reason="the wrong server")
    assert not Session.objects.exists()
    assert "Withdrawn: none of the results stands" in page(client, event)
    assert "the wrong server" in page(client, event)
    assert "withdrawn already" in act(client, event, act="withdraw", reason="again")
    old = ResultFile.objects.get(filename=RACE)
    assert "The results stand again" in act(
        client, event, act="bring_back", of=str(old.pk), reason="the first was right"
    )
    assert Session.objects.get().of_file.file == old
    assert event.decisions.filter(by=staff, what="brought_back").count() == 1


def test_one_session_is_withdrawn(client: Client, tmp_path: Path, staff: User) -> None:
    bring(tmp_path, ("a.json", iracing_document(practice(), *iracing_document()["session_results"])))
    event, file = Event.objects.get(), ResultFile.objects.get()
    client.force_login(staff)
    assert f'value="{file.pk}.1"' in page(client, event)
    act(client, event, act="withdraw", of=f"{file.pk}.1", reason="not a race")
    assert list(Session.objects.values_list("kind", flat=True)) == ["practice"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_decision_needs_a_reason(client: Client, event: Event, staff: User, reason: str) -> None:
    client.force_login(staff)
    assert "Say why" in act(client, event, act="withdraw", reason=reason)
    assert Session.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "burn"},
        {"of": ""},
        {"act": "withdraw", "of": "none"},
        {"act": "withdraw", "of": "999999"},
        # A session of no file is none, not that of every file.
        {"act": "withdraw", "of": ".0"},
    ],
)
def test_what_is_not_there_is_refused(client: Client, event: Event, staff: User, fields: dict[str, str]) -> None:
    client.force_login(staff)
    response = client.post(reverse("profiles:decide", args=[event.pk]), {"reason": "because"} | fields)
    assert response.status_code == 400
    assert Session.objects.exists()


def test_staff_without_the_right_and_everybody_else_cannot(client: Client, event: Event, owner: User) -> None:
    address = reverse("profiles:decide", args=[event.pk])
    for user in (None, owner, User.objects.create_user("helper", is_staff=True)):
        if user:
            client.force_login(user)
        assert client.post(address, {"act": "withdraw", "reason": "because"}).status_code == 404
    assert Session.objects.exists()
    assert client.get(address).status_code == 405


def test_the_form_is_guarded_against_other_sites(event: Event, staff: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    response = client.post(reverse("profiles:decide", args=[event.pk]), {"act": "withdraw", "reason": "because"})
    assert response.status_code == 403
    assert Session.objects.exists()


def test_the_page_takes_the_same_statements_however_many_versions(
    client: Client, event: Event, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    file = ResultFile.objects.earliest("pk")
    for _ in range(3):
        versions.bring_back(event, file=file, by=None, reason="first")
        file = ResultFile.objects.exclude(pk=file.pk).get()
    page(client, event)
    with django_assert_max_num_queries(8):
        page(client, event)


def test_an_account_that_is_gone_leaves_its_files_and_decisions_and_no_name(
    client: Client, event: Event, staff: User
) -> None:
    versions.withdraw(event, by=staff.pk, reason="a mistake")
    found = everything_about(staff)
    assert [row["name"] for row in found["result_files"]] == ["260301_203010_R.json"]
    # The replacement was its own, too.
    assert [row["what"] for row in found["result_decisions"]] == ["Replaced", "Withdrawn"]
    delete_account(staff)
    client.force_login(User.objects.create_superuser("boss"))
    shown = page(client, event)
    assert "a mistake" in shown
    assert "steward" not in shown
    assert event.result_files.count() == 2


def test_the_admin_shows_a_file_without_what_it_says(client: Client, event: Event) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    file = ResultFile.objects.earliest("pk")
    response = client.get(reverse("admin:results_resultfile_change", args=[file.pk]))
    assert response.status_code == 200
    assert file.sha256 in response.content.decode()
    assert 'field-content"' not in response.content.decode()


def test_too_many_decisions_at_once_wait(client: Client, event: Event, staff: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"decide": "1/m/user"}
    client.force_login(staff)
    act(client, event, act="withdraw", reason="a mistake")
    address = reverse("profiles:decide", args=[event.pk])
    assert client.post(address, {"act": "bring_back", "reason": "none"}).status_code == 429
    assert not Session.objects.exists()
