"""While PostgreSQL's primary is away the public pages are read from its replica, from the real server."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from pytest_django import DjangoDbBlocker

from simlane.config.reads_only import PUBLIC
from simlane.config.replicas import COOKIE
from simlane.leagues.models import Season
from simlane.leagues.seasons import making
from simlane.profiles import addresses
from simlane.sim.models import League, SimProfile
from simlane.users.models import User
from tests import postgres
from tests.config.replicated import connection, on
from tests.config.served import Answer, Served, served
from tests.postgres import Cluster
from tests.ratings.stored import driver, race

NOTICE = "SimLane can only be read at the moment"
SECONDS = 30
SESSION = "sessionid"


@dataclass
class Site:
    """The server, its PostgreSQL and that one's replica, which each commit waits for."""

    served: Served
    primary: Cluster
    replica: Cluster
    session: str

    def ask(self, path: str, method: str = "GET", **cookies: str) -> Answer:
        """As a visitor, or with cookies."""
        given = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return self.served.ask(path, method, **({"Cookie": given} if given else {}))

    def until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + SECONDS
        while not is_so():
            assert time.monotonic() < until, self.served.log.read_text(encoding="utf-8")
            time.sleep(0.05)

    def stop(self) -> None:
        postgres._stop(self.primary.process)

    @contextlib.contextmanager
    def started_again(self) -> Iterator[None]:
        again = subprocess.Popen(self.primary.process.args, cwd="/", stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            assert postgres._answers(again, self.primary.port, self.primary.password)
            yield
        finally:
            postgres._stop(again)

    def on_replica(self, statement: str) -> object:
        return on(self.replica, statement)

    def hide(self, profile: SimProfile) -> None:
        """By another process than the server's."""
        SimProfile.objects.filter(pk=profile.pk).update(is_public=False)


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    with (
        postgres.cluster("synchronous_commit=on") as primary,
        postgres.replica(primary) as replica,
        served(
            tmp_path,
            DATABASE_URL=primary.url,
            DATABASE_REPLICA_URLS=replica.url,
            SECRET_KEY=settings.SECRET_KEY,
            WEB_THREADS="4",
        ) as running,
        _rows_of(primary, django_db_blocker),
    ):
        for statement in ("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"):
            on(primary, statement)
        member = User.objects.create_user("olivia", password="a-good-password")
        for number in range(3):
            driver(number, linked_user=member, linked_at=member.date_joined, is_verified=True)
        race(0, 1, 2)
        browser = Client()
        browser.force_login(member)
        site = Site(running, primary, replica, browser.cookies[SESSION].value)
        site.until(lambda: _is_followed(primary))
        # Twice: what was written at the first look is what a replica must have at the second.
        site.until(lambda: site.ask("/profiles/search/").status == 200)
        yield site


def _is_followed(primary: Cluster) -> bool:
    """Whether its commits wait for the replica, and that one is there."""
    return on(primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1


@contextlib.contextmanager
def _rows_of(primary: Cluster, blocker: DjangoDbBlocker) -> Iterator[None]:
    """The models' rows are the site's."""
    own = connections["default"]
    with blocker.unblock():
        connections["default"] = connection(primary, "default")
        try:
            yield
        finally:
            connections["default"].close()
            connections["default"] = own


def _pages() -> dict[str, str]:
    """An address of each public page that there is something to show of."""
    shown = SimProfile.objects.select_related("simulator").get(profile_identifier="1000")
    session = shown.drives.get().entry.session
    league = League.objects.create(name="Sunday Cup", slug="sunday-cup")
    season = Season(league=league, simulator=shown.simulator, name="Spring", slug="spring", state="running")
    making.make(season)
    event = addresses.of_event(session.event)
    return {
        "profiles:home": "/",
        "profiles:browse": "/profiles/",
        "profiles:search": "/profiles/search/?q=driver",
        "profiles:compare": "/profiles/compare/?with=iracing/1000&with=iracing/1001",
        "profiles:simulator": "/profiles/iracing/",
        "profiles:detail": shown.get_absolute_url(),
        "profiles:rating": "",
        "profiles:leaderboards": "/leaderboards/",
        "profiles:leaderboard": "/leaderboards/iracing/",
        "profiles:driver": "",
        "profiles:events": "/events/",
        "profiles:event": event,
        "profiles:laps": addresses.of_laps(session.event, session),
        "profiles:entry": addresses.of_entry(session.event, session, session.entries.order_by("row")[0]),
        "profiles:laps_data": f"/events/{session.event_id}/sessions/{session.number}/laps.json",
        "profiles:event_by_number": f"/events/{session.event_id}/",
        "profiles:tracks": "/tracks/",
        "profiles:tracks_of": "/tracks/iracing/",
        "profiles:track": "",
        "profiles:track_laps": "",
        "profiles:cars": "/cars/",
        "profiles:cars_of": "/cars/iracing/",
        "profiles:car": "",
        "leagues:list": "/leagues/",
        "leagues:league": "/leagues/sunday-cup/",
        "leagues:drivers": "/leagues/sunday-cup/drivers/",
        "leagues:season": "/leagues/sunday-cup/spring/",
        "leagues:season_ics": "/leagues/sunday-cup/spring/calendar.ics",
        "help:index": "/help/",
        "help:article": "/help/privacy/",
    }


def test_a_primary_that_stopped(site: Site, subtests: Any) -> None:
    pages = {name: address for name, address in _pages().items() if address}
    before = {name: site.ask(address).status for name, address in pages.items()}
    assert set(before.values()) <= {200, 301}, before
    hidden = SimProfile.objects.select_related("simulator").get(profile_identifier="1002")
    assert site.ask(hidden.get_absolute_url()).status == 200
    site.hide(hidden)
    assert site.ask("/profiles/").status == 200
    assert "olivia" in site.ask("/", sessionid=site.session).text
    site.stop()
    with ThreadPoolExecutor(4) as visitors:
        first = list(visitors.map(site.ask, ["/profiles/?new", "/events/?new", "/profiles/iracing/1000/?new", "/?new"]))
    with subtests.test("those who find it out wait, and get their pages"):
        assert {each.status for each in first} == {200}, first
        assert all(NOTICE in each.text for each in first)
        assert max(each.seconds for each in first) < 5
    for name, address in pages.items():
        with subtests.test(name):
            # Made anew.
            answer = site.ask(f"{address}{'&' if '?' in address else '?'}new")
            assert answer.status == before[name]
            assert "no-store" in answer.headers["cache-control"]
            assert answer.seconds < 2
    with subtests.test("what was kept is given, unless its visitor may miss being signed in"):
        kept = site.ask("/profiles/")
        assert (kept.status, NOTICE in kept.text) == (200, False)
        assert "no-store" in kept.headers["cache-control"]
        assert NOTICE in site.ask("/profiles/", sessionid=site.session).text
    with subtests.test("what was hidden stays hidden"):
        answer = site.ask(hidden.get_absolute_url())
        assert (answer.status, NOTICE in answer.text) == (404, True)
    with subtests.test("a member gets the visitor's page, and keeps the session"):
        answer = site.ask("/", sessionid=site.session)
        assert (answer.status, "olivia" in answer.text, "Sign in" in answer.text) == (200, False, True)
        assert SESSION not in answer.headers.get("set-cookie", "")
    for address in ("/users/profile/", "/leagues/new/", "/accounts/login/", "/events/1/rule/", "/admin/"):
        with subtests.test(address):
            answer = site.ask(address, sessionid=site.session)
            assert (answer.status, answer.seconds < 1) == (503, True)
    with subtests.test("nothing is taken in"):
        assert site.ask("/profiles/", "POST").status == 503
        assert site.ask("/api/v1/results?file=a.csv", "POST").status == 503
    with subtests.test("balancers go on sending visitors"):
        answer = site.ask("/readyz")
        assert (answer.status, answer.text) == (200, "reads only\n")
    with subtests.test("who has written what the replica has not is not shown a page without it"):
        assert site.ask("/", **{COOKIE: "9" * 18}).status == 503
        assert site.ask("/", **{COOKIE: "1"}).status == 200
    with subtests.test("all is as before when it is back"), site.started_again():
        site.until(lambda: "olivia" in site.ask("/", sessionid=site.session).text)
        again = [site.ask(address) for address in ("/profiles/", "/profiles/?new") for _ in range(2)]
        assert not any(NOTICE in each.text or "no-store" in each.headers["cache-control"] for each in again)
        assert site.ask("/accounts/login/").status == 200
        assert site.ask("/readyz").text == "ready\n"
        site.until(lambda: _is_followed(site.primary))
    with subtests.test("a balancer may be the first to find out"):
        site.until(lambda: site.ask("/readyz").text == "reads only\n")
    assert "Traceback" not in site.served.log.read_text(encoding="utf-8")


def test_what_the_replica_was_sent_and_does_not_show_yet_is_waited_for(site: Site) -> None:
    profile = SimProfile.objects.get(profile_identifier="1000")
    address = profile.get_absolute_url()
    assert site.ask(address).status == 200
    site.on_replica("SELECT pg_wal_replay_pause()")
    site.until(lambda: site.on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused")
    site.hide(profile)
    site.stop()
    answers = [site.ask(path).status for path in (address, "/", "/readyz") for _ in range(3)]
    assert set(answers) == {503}
    site.on_replica("SELECT pg_wal_replay_resume()")
    site.until(lambda: site.ask(address).status != 503)
    assert site.ask(address).status == 404
    assert site.ask("/readyz").status == 200


def test_a_replica_that_was_left_behind_is_not_read(site: Site) -> None:
    # It has all that it was sent.
    for statement in ("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"):
        site.on_replica(statement)
    site.until(lambda: site.on_replica("SELECT count(*) FROM pg_stat_wal_receiver") == 0)
    for statement in ("ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()"):
        on(site.primary, statement)
    # Refused, and the process has learnt how far the primary is.
    assert site.ask("/profiles/", "POST").status == 403
    site.hide(SimProfile.objects.get(profile_identifier="1000"))
    assert site.ask("/profiles/", "POST").status == 403
    site.stop()
    assert {site.ask(path).status for path in ("/", "/profiles/", "/readyz") for _ in range(3)} == {503}


def test_a_primary_that_hangs(site: Site) -> None:
    assert site.ask("/profiles/").status == 200
    server = [site.primary.process.pid, *_children(site.primary.process.pid)]
    try:
        for each in server:
            os.kill(each, signal.SIGSTOP)
        with ThreadPoolExecutor(6) as visitors:
            # Of those that wait for a thread each, some hold a connection and others are told that there is none.
            first = list(visitors.map(site.ask, [f"/profiles/?{number}" for number in range(6)]))
        assert {each.status for each in first} == {200}, site.served.log.read_text(encoding="utf-8")
        answer = site.ask("/profiles/iracing/1000/", sessionid=site.session)
        assert (answer.status, NOTICE in answer.text, answer.seconds < 2) == (200, True, True)
        assert site.ask("/users/profile/", sessionid=site.session).status == 503
        answer = site.ask("/readyz")
        # Balancers wait for two seconds.
        assert (answer.text, answer.seconds < 0.9) == ("reads only\n", True)
    finally:
        for each in server:
            os.kill(each, signal.SIGCONT)
    site.until(lambda: "olivia" in site.ask("/", sessionid=site.session).text)


def _children(parent: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def test_public_is_what_whoever_has_no_account_can_read() -> None:
    rooms = ("profiles:", "leagues:", "help:")
    table = Path(__file__).parents[1] / "permissions.txt"
    lines = [line.split() for line in table.read_text(encoding="utf-8").splitlines() if line.startswith(rooms)]
    found = {line[0] for line in lines if line[2].startswith(("200/", "301/"))}
    # In the table these are a hidden driver's and a draft's.
    assert found == PUBLIC - {"profiles:rating", "leagues:season", "leagues:season_ics"}
