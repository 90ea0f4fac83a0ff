"""The site in Debian's Chromium. Any console error, or request to another host, fails the test.

    def test_a_driver_is_found(page, site):
        for width in widths(page):
            page.goto("/profiles/")
            assert_accessible(page)

`page.goto` takes a path. `sign_in(user)` signs the page in; `problems.expect("404")` allows what a test
means to cause, `problems.allow(address)` another host; `new_page(java_script_enabled=False)` opens another one,
watched as well.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from simlane.config.settings import BASE_DIR
from simlane.results.importer import Importer
from simlane.sim.models import SimProfile
from tests import databases
from tests.browser.looks import DESKTOP, HEIGHTS

FLAGS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Problems:
    """What went wrong in the pages of one test."""

    def __init__(self, site: str) -> None:
        self.hosts = {urlsplit(site).netloc}
        self.seen: list[str] = []
        self.expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Allow problems whose text holds this regular expression; at least one must then happen."""
        self.expected.append(pattern)

    def allow(self, address: str) -> None:
        """Let the pages go to this host too: to a platform that the test has started on this machine."""
        self.hosts.add(urlsplit(address).netloc)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.seen.append(f"uncaught: {error.error}"))
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.netloc not in self.hosts:
            self.seen.append(f"request to another host: {request.url}")

    def check(self) -> None:
        unexpected = [text for text in self.seen if not any(re.search(p, text) for p in self.expected)]
        missing = [p for p in self.expected if not any(re.search(p, text) for text in self.seen)]
        assert not unexpected, "\n".join(["the page had problems:", *unexpected])
        assert not missing, f"expected in the browser, but did not happen: {missing}"


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> None:
    # Playwright's synchronous API runs an event loop in this thread, and Django takes that for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    # The same Chromium without its windows, where Debian's package is there: a context takes a seventh of the time.
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        pytest.fail("Chromium is missing: apt-get install chromium", pytrace=False)
    # Chromium's sandbox cannot be set up by root.
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    return {**browser_type_launch_args, "executable_path": chromium, "args": flags}


@pytest.fixture
def scheme() -> str:
    """`light` or `dark`: how the page begins."""
    return "light"


@pytest.fixture
def width() -> int:
    """The viewport's width: how the page begins."""
    return DESKTOP


@pytest.fixture
def browser_context_args(browser_context_args: dict, site: str, scheme: str, width: int) -> dict:
    return {
        **browser_context_args,
        "base_url": site,
        "color_scheme": scheme,
        "viewport": {"width": width, "height": HEIGHTS.get(width, HEIGHTS[DESKTOP])},
        "reduced_motion": "reduce",
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
    }


@pytest.fixture
def site(live_server: object) -> str:
    """The address of the running site, on the test's own rows."""
    return str(live_server)


@pytest.fixture
def demo(site: str) -> None:
    """The demo's results are on the site."""

    def bring() -> None:
        assert not Importer().run([BASE_DIR / "demo"]).refused

    databases.prepare("demo", bring)


@pytest.fixture
def driver(demo: None) -> SimProfile:
    """The driver of ACC with the longest career; the profile belongs to nobody."""
    driver = SimProfile.objects.filter(profile_identifier__startswith="7656119").order_by("-starts").first()
    assert driver
    return driver


@pytest.fixture
def problems(site: str) -> Iterator[Problems]:
    """Checked when the test is over."""
    found = Problems(site)
    yield found
    found.check()


@pytest.fixture
def new_page(new_context: Callable[..., BrowserContext], problems: Problems) -> Callable[..., Page]:
    """Open a page in a context of its own: another visitor, or one without JavaScript."""

    def open_page(**options: object) -> Page:
        context = new_context(**options)
        problems.watch(context)
        return context.new_page()

    return open_page


@pytest.fixture
def context(new_context: Callable[..., BrowserContext], problems: Problems) -> BrowserContext:
    opened = new_context()
    problems.watch(opened)
    return opened


@pytest.fixture
def sign_in(page: Page, site: str) -> Callable[..., None]:
    """Sign a user in without the form: in `page`, or in the page that is given."""

    def enter(user: object, on: Page = page) -> None:
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        on.context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": site,
                }
            ]
        )

    return enter
