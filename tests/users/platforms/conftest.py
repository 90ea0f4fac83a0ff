"""A member, what the database holds, and the way to a platform and back without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from simlane.sim.models import HistoryEntry, SimProfile
from simlane.users.models import User
from tests.users.platforms.fixtures import (
    iracing,  # noqa: F401
    steam,  # noqa: F401
)

PROVE = "/users/profile/sim-profiles/prove"
MINE = "/users/profile/sim-profiles/"
Prove = Callable[..., str]
#: On a page of its own, when the state is unknown: nobody can tell what it was the answer to.
UNKNOWN = "did not confirm who you are, or the answer belongs to something begun in another browser"


@pytest.fixture
def member(client: Client) -> User:
    """Signed in."""
    user = User.objects.create_user("member", "member@example.org", "correct horse battery")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def said(response: HttpResponse) -> str:
    """Every message of the answer, in one text."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))  # type: ignore[attr-defined]


def text_of(response: HttpResponse) -> str:
    """The page's words."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def rows() -> tuple[list[object], ...]:
    """Everything that a proof or a sign-in could change."""
    return (
        list(SimProfile.objects.order_by("pk").values_list("pk", "linked_user", "is_verified", "is_public")),
        list(HistoryEntry.objects.order_by("pk").values_list("pk")),
        list(SocialAccount.objects.order_by("pk").values()),
        list(User.objects.order_by("pk").values_list("pk", "last_login", "is_active")),
    )


def decide(address: str, decision: str = "yes") -> str:
    """A person at the platform, at `address`: reads the page and decides. Where the platform sends the browser then."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200, page.text
    action = re.search(r'<form action="([^"]+)"', page.text)
    assert action
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)">', page.text.split("<button")[0]))
    answer = requests.get(
        requests.compat.urljoin(address, action[1]),
        params={name: html.unescape(value) for name, value in fields.items()} | {"decision": decision},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.fixture
def prove(client: Client) -> Callable[..., str]:
    """Begin a proof, decide there; the address to come back to. It is not opened yet."""

    def run(platform: str, profile: SimProfile | None = None, decision: str = "yes") -> str:
        response = client.post(f"{PROVE}/{platform}/", {"profile": profile.pk} if profile else {})
        assert response.status_code == 302, response.status_code
        return decide(response["Location"], decision)

    return run


@pytest.fixture
def unchanged(member: User, alice: SimProfile) -> Iterator[None]:
    """The test must leave every row as it was."""
    before = rows()
    yield
    assert rows() == before


def changed(address: str, **parameters: str | None) -> str:
    """The address with other parameters; None takes one away."""
    query = {key: value for key, value in {**dict(parse_qsl(urlsplit(address).query)), **parameters}.items() if value}
    return f"{address.split('?')[0]}?{urlencode(query)}"


def refused(response: HttpResponse, text: str) -> None:
    """Back at the list, or on the page of a failed sign-in, with these words and `Nothing was changed`."""
    assert response.status_code in {302, 401}
    told = said(response) if response.status_code == 302 else text_of(response)
    assert text in told, told
    assert "othing was changed" in told, told
