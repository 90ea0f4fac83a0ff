"""`POST /api/v1/results`: a token brings in its league's results, and every refusal says what to do."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, TestCase
from django.utils import timezone

from simlane.leagues import people, tokens
from simlane.leagues.models import Token, Upload
from simlane.leagues.views import api
from simlane.sim.models import Entry, Event, League
from simlane.users.models import Notification, User
from tests.leagues.conftest import signed_in
from tests.results.builders import acc_document, acc_line
from tests.waiting import SECONDS

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/results"
NAME = "260601_203000_R.json"


@pytest.fixture
def secret(league: League, olga: User) -> str:
    return tokens.make(league, olga, "The server")[1]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    """A test's transaction holds the job back until the request has ended."""
    monkeypatch.setattr(api, "WAIT_SECONDS", 0)
    settings.UPLOADS_DIR = tmp_path / "uploads"


def post(secret: str, data: bytes, name: str = NAME) -> Any:
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {secret}"}
    return client.post(f"{ADDRESS}?file={name}", data, content_type="application/octet-stream", headers=headers)


def ask(secret: str, response: HttpResponse) -> Any:
    """What came of a file that waited."""
    assert response.status_code == 202, response.content
    return Client().get(urlsplit(response["Location"]).path, headers={"Authorization": f"Bearer {secret}"})


def send(secret: str, data: bytes, name: str = NAME) -> Any:
    """Sends a file, and asks what came of it, if it came so far."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = post(secret, data, name)
    return ask(secret, response) if response.status_code == 202 else response


def race(**changes: Any) -> bytes:
    return json.dumps(acc_document(**changes)).encode()


def said(response: HttpResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response.content)
    assert set(found) == {"file", "outcome", "event", "error", "detail", "address"}
    return found


def test_a_file_as_the_body_comes_in_once(secret: str, league: League, settings: Any) -> None:
    response = send(secret, race())
    event = Event.objects.get(league=league)
    assert response.status_code == 201
    assert said(response) == {
        "file": NAME,
        "outcome": "imported",
        "event": f"{settings.SITE_URL}{event.get_absolute_url()}",
        "error": None,
        "detail": "1 session, 2 entries, 4 laps.",
        "address": f"{settings.SITE_URL}{ADDRESS}/{Upload.objects.get().pk}",
    }
    # By the league's time zone: 20:30 in Rome in June.
    assert event.starts_at
    assert event.starts_at.strftime("%H:%M") == "18:30"
    again = send(secret, race())
    assert (again.status_code, said(again)["outcome"]) == (200, "unchanged")
    # Another's bytes, the same results.
    other = send(secret, json.dumps(acc_document(), indent=2).encode())
    assert said(other)["event"] == said(response)["event"]
    assert Event.objects.count() == 1


def test_a_file_in_a_form_comes_in_as_curl_sends_it(secret: str) -> None:
    form = {"file": SimpleUploadedFile(NAME, race())}
    headers = {"Authorization": f"Bearer {secret}"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = Client(enforce_csrf_checks=True).post(ADDRESS, form, headers=headers)
    response = ask(secret, response)
    assert (response.status_code, said(response)["file"]) == (201, NAME)
    two = {"one": SimpleUploadedFile(NAME, race()), "two": SimpleUploadedFile(NAME, race())}
    response = Client().post(ADDRESS, two, headers=headers)
    assert (response.status_code, "Send one file" in said(response)["error"]) == (400, True)


def test_a_bad_file_is_refused_with_its_reason_and_nobody_else_is_told(secret: str, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_staff=True, is_superuser=True)
    response = send(secret, b'{"subsession_id": 1, "session_results": 3}')
    assert (response.status_code, said(response)["outcome"]) == (422, "refused")
    assert "Expected an object" in said(response)["error"]
    assert not Event.objects.exists()
    assert not Notification.objects.filter(user=sam).exists()


def test_an_archive_and_what_is_no_result_are_of_another_type(secret: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(NAME, race())
    assert send(secret, archive.getvalue()).status_code == 415
    entry_list = send(secret, b'{"entries": [], "forceEntryList": 1}', "entrylist.json")
    assert (entry_list.status_code, said(entry_list)["outcome"]) == (415, "skipped")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer simlane_guessed", "Basic b2xnYTp4", "Token {}"])
def test_without_a_good_token_nothing_comes_in(secret: str, header: str) -> None:
    response = Client().post(
        ADDRESS, race(), content_type="text/plain", headers={"Authorization": header.format(secret)}
    )
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert "token" in said(response)["error"]
    assert not Event.objects.exists()


def test_a_session_opens_nothing_here(league: League, olga: User) -> None:
    assert signed_in(olga).post(ADDRESS, race(), content_type="text/plain").status_code == 401


def test_a_token_that_is_taken_back_is_good_for_nothing(secret: str, league: League, olga: User) -> None:
    page = signed_in(olga).get("/leagues/sunday-cup/tokens/").content.decode()
    assert "The server" in page
    assert "never used" in page
    assert secret not in page
    send(secret, race())
    page = signed_in(olga).get("/leagues/sunday-cup/tokens/").content.decode()
    assert "last used" in page
    assert NAME in page
    assert Event.objects.get().get_absolute_url() in page
    signed_in(olga).post(f"/leagues/sunday-cup/tokens/{Token.objects.get().pk}/revoke/")
    assert send(secret, race()).status_code == 401


def test_a_token_is_shown_once_and_kept_as_a_digest(league: League, otto: User) -> None:
    response = signed_in(otto).post("/leagues/sunday-cup/tokens/", {"name": "Rig"})
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    row = Token.objects.values().get()
    assert secret not in str(row)
    assert send(secret, race()).status_code == 201


def test_more_than_the_bounds_is_told(secret: str, league: League, settings: Any) -> None:
    settings.UPLOAD_MB = 1
    assert send(secret, b" " * (1024 * 1024 + 1)).status_code == 413
    settings.ACCOUNT_RATE_LIMITS = {"results": "1/h/key", "token": "30/m/ip"}
    assert send(secret, race()).status_code == 201
    response = send(secret, race())
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


def test_what_the_site_cannot_keep_is_to_be_sent_again(secret: str, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "no-folder").touch()
    place = {"BACKEND": "simlane.results.keeping.Folder", "OPTIONS": {"location": tmp_path / "no-folder"}}
    settings.STORAGES = {**settings.STORAGES, "results": place}
    response = send(secret, race())
    assert (response.status_code, "cannot be kept" in said(response)["error"]) == (503, True)
    assert response["Retry-After"]
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_soon_in_is_answered_at_once(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "WAIT_SECONDS", SECONDS)
    response = post(secret, race())
    assert (response.status_code, said(response)["outcome"]) == (201, "imported")
    assert Client().get(
        urlsplit(said(response)["address"]).path, headers={"Authorization": f"Bearer {secret}"}
    ).json() == said(response)


def test_a_slow_file_is_kept_and_waited_for_by_nobody(
    secret: str, league: League, olga: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestCase.captureOnCommitCallbacks() as jobs:
        response = post(secret, race())
    waiting = ask(secret, response)
    assert (waiting.status_code, waiting["Retry-After"], said(waiting)["outcome"]) == (202, "5", "waiting")
    assert said(waiting)["address"] == response["Location"]
    assert not Event.objects.exists()
    # Somebody waits already.
    monkeypatch.setattr(api, "WAIT_SECONDS", SECONDS)
    with api._waiting:
        assert post(secret, race(sessionType="Q"), "260601_200000_Q.json").status_code == 202
    jobs[0]()
    assert ask(secret, response).status_code == 201
    # It is no upload of its maker's, and no other league's to ask for.
    assert not signed_in(olga).get("/leagues/sunday-cup/upload/").context["uploads"]
    assert signed_in(olga).get(f"/leagues/sunday-cup/upload/{Upload.objects.first().pk}/").status_code == 404
    other = tokens.make(people.make(olga, League(name="Other", slug="other")), olga, "Other")[1]
    assert ask(other, response).status_code == 404
    assert ask("guessed", response).status_code == 401


def test_a_correction_is_one_when_it_is_called_so(secret: str) -> None:
    send(secret, race())
    other = race(sessionResult={"leaderBoardLines": [acc_line()]})
    assert send(secret, other).status_code == 422
    assert send(secret, other, f"{NAME}&replace=1").status_code == 201
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("name", ["..", "/", "a/..%2F..%2Fb.json", "%00", "night.zip"])
def test_a_name_is_only_a_name(secret: str, name: str) -> None:
    assert send(secret, b"{}", name).status_code == 422
    assert not Event.objects.exists()


def test_an_archived_league_takes_nothing(secret: str, league: League) -> None:
    League.objects.update(archived_at=timezone.now())
    assert send(secret, race()).status_code == 403


def test_a_get_says_what_to_do(secret: str) -> None:
    response = Client().get(ADDRESS)
    assert (response.status_code, response["Allow"]) == (405, "POST")
