"""iRacing's endpoints at their worst: nothing changes, and the member is told so."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from tests.users.platforms.conftest import UNKNOWN, Prove, changed, refused, said
from tests.users.platforms.peers import IRacingPeer

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "answer",
    [
        (400, {"Content-Type": "application/json"}, '{"error": "invalid_grant"}'),
        (500, {}, "broken"),
        (200, {"Content-Type": "application/json"}, "{"),
        (200, {"Content-Type": "application/json"}, "[]"),
        (200, {"Content-Type": "application/json"}, '["access_token"]'),
        (200, {"Content-Type": "application/json"}, '{"access_token": 7}'),
        (200, {"Content-Type": "application/json"}, '{"access_token": null}'),
        (200, {"Content-Type": "text/plain"}, "nothing"),
        (200, {"Content-Type": "application/json"}, " " * 70_000),
    ],
    ids=lambda answer: f"{answer[0]} {answer[2][:20]}",
)
def test_the_token_endpoint_gives_no_token(
    client: Client, iracing: IRacingPeer, prove: Prove, answer: tuple[int, dict[str, str], str]
) -> None:
    iracing.token_answer = answer
    refused(client.get(prove("iracing")), "iRacing d")
    assert "GET /oauth2/iracing/profile" not in iracing.asked


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "answer",
    [
        (401, {"Content-Type": "application/json"}, '{"error": "insufficient_scope"}'),
        (200, {"Content-Type": "application/json"}, "{"),
        (200, {"Content-Type": "application/json"}, "[]"),
        (200, {"Content-Type": "application/json"}, "null"),
        (200, {"Content-Type": "application/json"}, "\xff"),
        (200, {"Content-Type": "text/html"}, "<html>"),
    ],
    ids=lambda answer: f"{answer[0]} {answer[2][:20]}",
)
def test_a_profile_that_cannot_be_read(
    client: Client, iracing: IRacingPeer, prove: Prove, answer: tuple[int, dict[str, str], str]
) -> None:
    iracing.profile_answer = answer
    refused(client.get(prove("iracing")), "iRacing d")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "customer", [0, -400001, "400001", "Alicia", True, None, 1.5, 10**10, [400001], {}, ""], ids=str
)
def test_a_customer_id_of_odd_form(client: Client, iracing: IRacingPeer, prove: Prove, customer: object) -> None:
    iracing.profile = {"iracing_name": "Alicia Amber", "iracing_cust_id": customer}
    refused(client.get(prove("iracing")), "iRacing did not confirm who you are.")


@pytest.mark.usefixtures("unchanged")
def test_a_code_of_another_session_is_worth_nothing_without_its_verifier(
    client: Client, iracing: IRacingPeer, prove: Prove
) -> None:
    stolen = dict(parse_qsl(urlsplit(prove("iracing")).query))["code"]
    refused(client.get(changed(prove("iracing"), code=stolen)), "iRacing d")
    assert "GET /oauth2/iracing/profile" not in iracing.asked


@pytest.mark.usefixtures("unchanged")
def test_a_code_counts_once(client: Client, iracing: IRacingPeer, prove: Prove) -> None:
    iracing.profile = {"iracing_name": "New", "iracing_cust_id": 765432}
    address = prove("iracing")
    assert "No profile has this id yet" in said(client.get(address))
    refused(client.get(address), UNKNOWN)


@pytest.mark.usefixtures("unchanged")
def test_an_endpoint_that_leads_elsewhere_is_not_followed(client: Client, iracing: IRacingPeer, prove: Prove) -> None:
    visited: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visited.append(self.path)

        def do_POST(self) -> None:
            visited.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        for answer in ("token_answer", "profile_answer"):
            setattr(iracing, answer, (307, {"Location": f"http://127.0.0.1:{server.server_port}/secret"}, ""))
            refused(client.get(prove("iracing")), "iRacing does not answer as it should.")
            setattr(iracing, answer, None)
    finally:
        server.shutdown()
        server.server_close()
    assert visited == []
