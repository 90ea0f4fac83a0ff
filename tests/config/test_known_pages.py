"""What a server process gives from its event loop is what Django would give now, and is for everybody."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError
from waffle import get_waffle_flag_model

from simlane.config import outage
from simlane.config.asgi import Front, Message
from simlane.config.pages import known, versions, warm
from simlane.config.pages.known import KnownPages, Looks, Now
from simlane.monitoring.metrics import PAGES, REQUESTS
from simlane.sim.models import SimProfile, Simulator
from simlane.sim.ownership import linking
from simlane.users.models import User
from tests.waiting import run_aside

ADDRESS = "/profiles/iracing/100001/"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes


class Site:
    """The server's front before the site, and how many requests got past it."""

    def __init__(self) -> None:
        self.reached = 0
        self.address, self.port = "127.0.0.1", 5000
        self._application = get_wsgi_application()
        self._front = Front(self._count, 1, KnownPages())

    def _count(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.reached += 1
        return self._application(environ, start_response)

    def get(self, path: str = ADDRESS, method: str = "GET", **headers: str) -> Answer:
        self.port += 1
        path, _, query = path.partition("?")
        given = {"host": "testserver"} | {name.replace("_", "-"): value for name, value in headers.items()}
        scope: Message = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "http_version": "1.1",
            "scheme": "http",
            "client": (self.address, self.port),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        said: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b""}

        async def send(message: Message) -> None:
            said.append(message)

        run_aside(self._front(scope, receive, send))
        got = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Answer(said[0]["status"], got, said[1]["body"])

    def learn(self, path: str = ADDRESS, **headers: str) -> Answer:
        """Asks twice: what is asked for again is known."""
        self.get(path, **headers)
        return self.get(path, **headers)

    def passed(self, path: str = ADDRESS, **headers: str) -> bool:
        """Whether a request for the page gets past the front."""
        before = self.reached
        self.get(path, **headers)
        return self.reached > before


@pytest.fixture
def site(transactional_db: None) -> Site:
    return Site()


@pytest.fixture
def alice(transactional_db: None) -> SimProfile:
    simulator = Simulator.objects.get(slug="iracing")
    return SimProfile.objects.create(simulator=simulator, profile_identifier="100001", profile_name="Alice Amber")


@pytest.fixture
def owner(transactional_db: None) -> User:
    return User.objects.create_user("olivia")


@pytest.mark.usefixtures("alice")
def test_a_page_that_is_known_is_what_django_gave(site: Site) -> None:
    site.get()
    first, second = site.get(), site.get()
    # What is asked for once is not worth its room.
    assert site.reached == 2
    assert (second.status, second.content) == (200, first.content)
    assert second.headers.pop("x-request-id") != first.headers.pop("x-request-id")
    assert second.headers == first.headers
    assert {"etag", "content-security-policy", "x-content-type-options", "vary"} <= second.headers.keys()


@pytest.mark.usefixtures("alice")
def test_who_has_it_is_told_that_it_is_unchanged_as_django_tells(site: Site) -> None:
    tag = site.learn().headers["etag"]
    known_one = site.get(if_none_match=f"W/{tag}")
    assert site.reached == 2
    django = Site().get(if_none_match=f"W/{tag}")
    assert (known_one.status, known_one.content) == (django.status, django.content) == (304, b"")
    assert known_one.headers["etag"] == tag
    assert set(known_one.headers["vary"].split(", ")) == set(django.headers["vary"].split(", "))
    assert not known_one.headers.keys() & {"content-type", "content-length"}


def test_a_private_profile_is_gone_with_the_commit_that_hides_it(site: Site, alice: SimProfile, owner: User) -> None:
    alice.link_to_user(owner, verified=True)
    lists = "/profiles/"
    assert b"Alice Amber" in site.learn(lists).content
    assert site.learn().status == 200
    assert not site.passed()
    assert not site.passed(lists)
    linking.set_visibility(alice, owner, public=False)
    assert site.get().status == 404
    assert b"Alice Amber" not in site.get(lists).content


@pytest.mark.usefixtures("alice")
def test_a_flag_that_takes_the_pages_away_takes_the_known_ones(site: Site) -> None:
    site.learn()
    flag = get_waffle_flag_model().objects.create(name="public_profiles", everyone=False)
    try:
        assert site.get().status == 404
    finally:
        flag.delete()


@pytest.mark.usefixtures("alice")
def test_whoever_may_be_somebody_is_answered_by_django(site: Site) -> None:
    site.learn()
    assert not site.passed(cookie=f"{settings.CSRF_COOKIE_NAME}=x")
    assert site.passed(cookie="sessionid=x")
    assert site.passed(cookie=f"{settings.CSRF_COOKIE_NAME}=x; timezone=Europe/Paris")
    assert site.passed(authorization="Bearer x")
    assert site.passed(content_length="0")
    before = site.reached
    assert site.get(method="HEAD").status == 200
    assert site.get(method="POST").status == 403
    assert site.reached == before + 2


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    "other", [{"host": "localhost"}, {"hx_request": "true"}, {"x_forwarded_proto": "https"}, {"x_forwarded_host": "x"}]
)
def test_what_decides_about_the_page_is_not_mixed_up(site: Site, other: dict[str, str]) -> None:
    site.learn()
    assert site.passed(**other)
    assert not site.passed()
    assert site.passed(f"{ADDRESS}?section=mates")


@pytest.mark.usefixtures("alice")
def test_what_a_proxy_says_is_known_of_all_its_connections_and_of_no_other(site: Site) -> None:
    site.learn(x_forwarded_proto="http")
    assert not site.passed(x_forwarded_proto="http")
    site.address = "192.0.2.7"
    assert site.passed(x_forwarded_proto="http")


@pytest.mark.usefixtures("alice")
def test_what_is_for_one_only_is_never_known(site: Site) -> None:
    for path in ("/accounts/login/", "/profiles/search/?q=alice", "/profiles/iracing/999/", "/metrics"):
        site.learn(path)
        assert site.passed(path), path


@pytest.mark.usefixtures("alice")
def test_a_page_is_made_anew_after_its_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.learn()
    later = time.time() + warm.WINDOW
    monkeypatch.setattr(time, "time", lambda: later)
    assert site.passed()


@pytest.mark.usefixtures("alice")
def test_the_least_asked_for_goes_when_there_is_no_room(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(site.learn().content)
    monkeypatch.setattr(known, "BYTES", 2 * size + size // 2)
    site.learn(f"{ADDRESS}?a=1")
    assert not site.passed()
    site.learn(f"{ADDRESS}?a=2")
    assert [site.passed(address) for address in (ADDRESS, f"{ADDRESS}?a=1")] == [False, True]


@pytest.mark.usefixtures("alice")
def test_a_known_page_is_counted_and_logged_as_any(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.learn()
    kept, asked = PAGES.labels("kept"), REQUESTS.labels("profiles:detail", "GET", "2xx")
    before = kept._value.get(), asked._value.get()
    with caplog.at_level("INFO", logger="simlane.access"):
        answer = site.get(x_request_id="mine-1")
    assert (kept._value.get(), asked._value.get()) == (before[0] + 1, before[1] + 1)
    assert answer.headers["x-request-id"] == "mine-1"
    assert f'GET profiles:detail "{ADDRESS}" 200' in caplog.text


@pytest.mark.usefixtures("alice")
def test_a_database_that_fails_is_djangos_to_tell(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.learn()

    def fail(_: set[int]) -> dict[int, str]:
        raise OperationalError("it is away")

    monkeypatch.setattr(versions, "read_all", fail)
    assert site.passed()
    monkeypatch.undo()
    monkeypatch.setattr(outage, "is_away", lambda: True)
    assert site.get().status == 503


def test_who_comes_while_it_is_asked_is_told_what_is_so_afterwards() -> None:
    """A statement that began before a request may have seen the row from before a commit that its visitor knows of."""
    began, released = threading.Event(), threading.Event()
    asked: list[set[int]] = []

    def look(pages: set[int]) -> Now:
        asked.append(set(pages))
        version = str(len(asked))
        began.set()
        assert released.wait(20)
        return Now(True, dict.fromkeys(pages, version))

    async def visits() -> list[Now | None]:
        looks = Looks(look)
        first = asyncio.create_task(looks.now(7))
        while not began.is_set():
            await asyncio.sleep(0)
        later = [asyncio.create_task(looks.now(page)) for page in (7, 8, 8)]
        await asyncio.sleep(0)
        # One of them leaves: the others are answered all the same.
        later.pop().cancel()
        released.set()
        return [await first, *(await asyncio.gather(*later))]

    first, *later = run_aside(visits())
    assert first == Now(True, {7: "1"})
    assert later == [Now(True, {7: "2", 8: "2"})] * 2
    assert asked == [{7}, {7, 8}]


def test_nobody_waits_for_a_database_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    suspected: list[None] = []
    monkeypatch.setattr(outage, "SUSPECT_SECONDS", 0.05)
    monkeypatch.setattr(outage, "suspect", lambda: suspected.append(None))

    def look(pages: set[int]) -> Now:
        assert released.wait(20)
        return Now(True, dict.fromkeys(pages, "1"))

    async def visits() -> list[Now | None]:
        looks = Looks(look)
        hung = await asyncio.gather(looks.now(1), looks.now(2))
        while_it_hangs = await looks.now(3)
        released.set()
        found = None
        while found is None:
            found = await looks.now(4)
        return [*hung, while_it_hangs, found]

    *hung, found = run_aside(visits())
    assert hung == [None, None, None]
    assert suspected
    assert found == Now(True, {4: "1"})


def test_a_fault_while_it_is_asked_is_logged_and_left_to_django(caplog: pytest.LogCaptureFixture) -> None:
    def look(pages: set[int]) -> Now:
        raise KeyError("a fault of ours")

    async def visit() -> Now | None:
        return await Looks(look).now(1)

    assert run_aside(visit()) is None
    assert "a fault of ours" in caplog.text
