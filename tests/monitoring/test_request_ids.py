"""Each request has an id: in its answer, on its records, and on the page of a fault."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from django.test import Client, RequestFactory

from simlane.monitoring import logs
from simlane.monitoring.middleware import MonitoringMiddleware
from simlane.profiles.views import browse
from simlane.users.models import User

MADE = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What a handler as in the settings writes, in JSON."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(getattr(request, "param", logs.JsonFormatter)())
    handler.addFilter(logs.RequestIdFilter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("INFO")
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


def access_lines(written: io.StringIO) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in lines if line["logger"] == "simlane.access"]


def test_a_usable_id_is_taken_and_given_back(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-1.2_Z"})["X-Request-ID"] == "abc-1.2_Z"


@pytest.mark.parametrize("forged", ["", "a\nb", "a\r\nSet-Cookie: x=1", "ok\n", "a b", "é", "x" * 65, "\0", "<b>"])
def test_an_id_that_could_forge_something_is_replaced(forged: str) -> None:
    assert MADE.fullmatch(logs.chosen_id(forged))
    request = RequestFactory().get("/healthz", headers={"X-Request-ID": forged})
    from django.http import HttpResponse

    assert MADE.fullmatch(MonitoringMiddleware(lambda _: HttpResponse())(request)["X-Request-ID"])


def test_requests_without_an_id_get_different_ones_and_leave_none_behind(client: Client) -> None:
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]
    assert logs.request_id.get() == "-"


def test_one_access_line_a_request_without_the_query(client: Client, written: io.StringIO) -> None:
    answer = client.get("/healthz?token=secret")
    (line,) = access_lines(written)
    assert {key: line[key] for key in ("method", "path", "status", "user", "request_id")} == {
        "method": "GET", "path": "/healthz", "status": 200, "user": "-", "request_id": answer["X-Request-ID"],
    }  # fmt: skip
    assert isinstance(line["ms"], int)
    assert "secret" not in written.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/leagues/invitations/{}/", "/accounts/confirm-email/{}/"])
def test_the_line_holds_no_secret_of_an_address(client: Client, written: io.StringIO, path: str) -> None:
    client.get(path.format("MQ-secret"))
    assert access_lines(written)[-1]["path"] == path.format("…")


@pytest.mark.django_db
def test_the_line_names_the_route_and_who_asked(client: Client, written: io.StringIO) -> None:
    user = User.objects.create_user("alice")
    client.force_login(user)
    client.get("/users/profile/")
    client.get("/users/sim-profiles/add/")
    first, second = access_lines(written)
    assert (first["route"], first["user"]) == ("users:profile", user.pk)
    assert second["route"] == "users/sim-profiles/add/"


@pytest.mark.django_db
def test_every_record_of_a_request_has_its_id(client: Client, written: io.StringIO) -> None:
    client.get("/nowhere/", headers={"X-Request-ID": "lost-1"})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {line["logger"] for line in lines} == {"django.request", "simlane.access"}
    assert {line["request_id"] for line in lines} == {"lost-1"}


@pytest.mark.django_db
@pytest.mark.parametrize("written", [logs.JsonFormatter, logs.LineFormatter], indirect=True)
def test_a_path_cannot_forge_a_line(client: Client, written: io.StringIO) -> None:
    client.get("/profiles/a%0AERROR%20forged/%1B%5B31m%E2%80%A8x/")
    for line in written.getvalue().splitlines():
        assert not line.startswith("ERROR")
    assert "\x1b" not in written.getvalue()


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("broken on purpose")


@pytest.mark.django_db
@pytest.mark.parametrize("written", [logs.JsonFormatter, logs.LineFormatter], indirect=True)
def test_a_traceback_and_the_page_of_the_fault_carry_the_id(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    monkeypatch.setattr(browse, "show", _fail)
    answer = Client(raise_request_exception=False).get("/profiles/", headers={"X-Request-ID": "fault-1"})
    assert (answer.status_code, answer["X-Request-ID"]) == (500, "fault-1")
    assert "fault-1" in answer.content.decode()
    lines = [line for line in written.getvalue().splitlines() if "broken on purpose" in line]
    assert lines
    assert all("fault-1" in line for line in lines)


def test_a_json_line_is_one_line_with_all_of_a_traceback() -> None:
    try:
        _fail()
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "two\nlines %s", ("é\u2028",), None)
        import sys

        record.exc_info = sys.exc_info()
    text = logs.JsonFormatter().format(record)
    assert len(text.splitlines()) == 1
    line = json.loads(text)
    assert line["message"] == "two\nlines é\u2028"
    assert line["exception"].endswith("RuntimeError: broken on purpose")
    assert line["request_id"] == "-"
