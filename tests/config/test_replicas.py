"""Reads go to a real streaming replica, and to the primary for whoever would see too little there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import Error, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import DjangoDbBlocker

from simlane.config import outage, replicas
from simlane.config.environment import parse_database_url
from simlane.config.pages import versions
from simlane.config.replicas import COOKIE, PAGE, Replica, ReplicasMiddleware, Router
from simlane.sim.models import Event
from simlane.users.models import User
from tests import postgres
from tests.postgres import Cluster

REPLICA = "replica1"
SECONDS = 60


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with postgres.cluster() as server:
        with psycopg.connect(server.url.replace("postgres://", "postgresql://"), autocommit=True) as session:
            session.execute("CREATE TABLE note (value integer)")
            session.execute("CREATE TABLE config_pageversion (bucket integer PRIMARY KEY, version bigint)")
        yield server


@pytest.fixture(scope="module")
def replica(primary: Cluster) -> Iterator[Cluster]:
    with postgres.replica(primary) as server:
        yield server


def connection(cluster: Cluster, alias: str) -> Any:
    from pathlib import Path

    settings = parse_database_url(cluster.url, sqlite_path=Path("unused"))
    settings["OPTIONS"].pop("pool")
    defaults: dict[str, Any] = {"ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "TIME_ZONE": None, "CONN_MAX_AGE": 0}
    return DatabaseWrapper(defaults | settings, alias)


@pytest.fixture
def site(
    primary: Cluster,
    replica: Cluster,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Site]:
    """The middleware around a view that reads where the router says, and writes for a POST."""
    monkeypatch.setitem(settings.DATABASES, REPLICA, {})
    monkeypatch.setattr(replicas, "EVERY", 0.0)
    replicas.servers.cache_clear()
    own = connections["default"]
    with django_db_blocker.unblock():
        connections["default"], connections[REPLICA] = connection(primary, "default"), connection(replica, REPLICA)
        site = Site(primary, replica)
        site.until(lambda: site.get().reads_replica)
        yield site
        for alias in ("default", REPLICA):
            connections[alias].close()
        del connections[REPLICA]
    connections["default"] = own
    replicas.servers.cache_clear()


class Site:
    def __init__(self, primary: Cluster, replica: Cluster) -> None:
        self._middleware = ReplicasMiddleware(self._answer)
        self._primary, self._replica = primary, replica
        self.before_reading: Callable[[], None] = lambda: None

    def _answer(self, request: HttpRequest) -> HttpResponse:
        request.resolver_match = SimpleNamespace(func=self._view, args=(), kwargs={})  # type: ignore[assignment]
        try:
            return self._view(request)
        except Error as error:
            # As Django does around a view.
            response = self._middleware.process_exception(request, error)
            if response is None:
                raise
            return response

    def _view(self, request: HttpRequest) -> HttpResponse:
        self.before_reading()
        alias = Router().db_for_read(Event) or "default"
        with connections["default" if request.method == "POST" else alias].cursor() as cursor:
            if request.method == "POST":
                cursor.execute("INSERT INTO note VALUES (1)")
                return HttpResponse()
            cursor.execute("SELECT pg_is_in_recovery(), (SELECT COUNT(*) FROM note)")
            response = HttpResponse()
            response.reads_replica, response.count = cursor.fetchone()  # type: ignore[attr-defined]
            return response

    def get(self, written: str = "", **asked: Any) -> Any:
        request = RequestFactory().get("/")
        request.COOKIES[COOKIE] = written
        if asked:
            setattr(request, versions.ASKED, versions.Asked(**asked))
        return self._middleware(request)

    def post(self) -> str:
        """The cookie that tells what was written."""
        return self._middleware(RequestFactory().post("/")).cookies[COOKIE].value

    def on_replica(self, statement: str) -> object:
        return _on(self._replica, statement)

    def on_primary(self, statement: str) -> object:
        return _on(self._primary, statement)

    def until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + SECONDS
        while not is_so():
            assert time.monotonic() < until
            time.sleep(0.01)


def _on(server: Cluster, statement: str) -> object:
    with psycopg.connect(server.admin_url.replace("postgres://", "postgresql://")) as session:
        row = session.execute(statement).fetchone()
    return row[0] if row else None


@pytest.fixture
def paused(site: Site) -> Iterator[None]:
    """The replica replays nothing, as when something there takes long."""
    site.on_replica("SELECT pg_wal_replay_pause()")
    site.until(lambda: site.on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused")
    yield
    site.on_replica("SELECT pg_wal_replay_resume()")


@pytest.mark.usefixtures("paused")
def test_who_has_written_reads_from_the_primary_until_the_replica_has_it(site: Site) -> None:
    before = site.get()
    written = site.post()
    own, others = site.get(written), site.get()
    assert (own.reads_replica, own.count) == (False, before.count + 1)
    assert others.count == before.count or not others.reads_replica
    site.on_replica("SELECT pg_wal_replay_resume()")
    site.until(lambda: site.get(written).reads_replica)
    assert site.get(written).count == before.count + 1


@pytest.mark.usefixtures("paused")
def test_a_replica_that_is_too_far_behind_is_not_read(site: Site) -> None:
    site.post()
    # The look that finds the primary further on, and the one that asks the replica to be there.
    site.get()
    site.get()
    assert not site.get().reads_replica
    site.on_replica("SELECT pg_wal_replay_resume()")
    site.until(lambda: site.get().reads_replica)


def test_a_page_that_is_kept_is_read_where_it_is_as_at_the_primary(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # The replica counts as near enough from here on.
    monkeypatch.setattr(replicas, "EVERY", 60.0)
    now = versions.read(versions.LISTS)
    assert site.get(page=versions.LISTS, version=now).reads_replica
    assert not site.get(page=versions.LISTS, version="[(0, 5)]").reads_replica


def test_within_a_transaction_and_for_accounts_the_primary_is_read(site: Site) -> None:
    from django.db import transaction

    token = replicas._chosen.set(REPLICA)
    try:
        assert Router().db_for_read(Event) == REPLICA
        assert Router().db_for_read(User) is None
        with transaction.atomic():
            assert Router().db_for_read(Event) is None
    finally:
        replicas._chosen.reset(token)
    assert Router().db_for_write(Event) == "default"
    assert not Router().allow_migrate(REPLICA, "sim")


def test_a_replica_that_goes_while_it_is_read_costs_nobody_the_page(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def goes() -> None:
        site.before_reading = lambda: None
        site.on_replica("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    site.before_reading = goes
    assert not site.get().reads_replica
    assert "replica1 does not answer, others are read" in caplog.text
    # It has only lost its connections.
    site.until(lambda: site.get().reads_replica)
    assert "replica1 is back" in caplog.text


def test_a_statement_that_is_wrong_is_no_replica_that_is_gone(site: Site) -> None:
    def wrong() -> None:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute("SELECT nothing_like_it")

    site.before_reading = wrong
    with pytest.raises(Error, match="nothing_like_it"):
        site.get()


def test_a_log_that_goes_on_with_a_new_file_leaves_no_replica_behind(site: Site) -> None:
    with connections["default"].cursor() as cursor:
        # Where the next record goes is then past the head of a page, and nothing has been written there.
        site.on_primary("SELECT pg_switch_wal()")
        cursor.execute("SELECT mod(pg_current_wal_insert_lsn() - '0/0'::pg_lsn, 8192)")
        assert cursor.fetchone()[0] in (24, 40)
    site.until(lambda: site.get().reads_replica)


def test_without_a_primary_a_replica_is_read_that_has_all_it_said_it_wrote(site: Site) -> None:
    found = replicas.servers()
    site.until(lambda: bool(found.without_primary()))
    # As if it had said so before it went.
    found.primary.written += 1_000_000
    assert not found.without_primary()
    found.primary.written -= 1_000_000
    assert found.without_primary(found.primary.written)
    assert not found.without_primary(found.primary.written + 1_000_000)


@pytest.mark.usefixtures("paused")
def test_without_a_primary_a_replica_is_read_that_has_replayed_what_any_was_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replicas.servers()
    # By somebody else: this process was not told.
    before = found.primary.written
    site.on_primary("INSERT INTO note VALUES (1) RETURNING 1")
    written = site.on_primary("SELECT pg_current_wal_insert_lsn()")
    site.until(lambda: site.on_replica(f"SELECT pg_last_wal_receive_lsn() >= '{written}'") is True)
    # What was seen before that tells nothing of what was sent since.
    monkeypatch.setattr(replicas, "ALONE_EVERY", 60.0)
    monkeypatch.setattr(outage, "lost_at", time.monotonic())
    assert not found.without_primary()
    assert found.primary.written == before
    sent = found.primary.besides
    assert sent > before
    # It is promoted, and says no more how far it was: the others must have it all the same.
    found.replicas.clear()
    found.without_primary()
    assert found.primary.besides == sent


def test_a_stream_that_was_cut_in_a_record_is_replayed_up_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "EVERY", 60.0)
    now = time.monotonic()
    cut = Replica(REPLICA, replayed=3 * PAGE - 100, received=3 * PAGE, stands_since=now)
    # It may be on its way.
    assert (cut.holds, cut.is_settled) == (3 * PAGE - 100, False)
    cut.stands_since = now - 61
    assert cut.is_settled
    behind = Replica(REPLICA, replayed=3 * PAGE - 100, received=3 * PAGE + 8, stands_since=now - 61)
    assert (behind.holds, behind.is_settled) == (3 * PAGE + 8, True)


def test_who_has_not_heard_of_the_primary_for_long_reads_no_replica_alone(site: Site) -> None:
    found = replicas.servers()
    site.until(lambda: bool(found.without_primary()))
    assert found.primary.said_at is not None
    found.primary.said_at -= replicas.REMEMBERED + 1
    assert not found.without_primary()
    found.primary.said_at = None
    assert not found.without_primary()


def test_what_waits_for_the_primary_is_ended_and_no_reader_of_a_replica(site: Site) -> None:
    assert site.get().reads_replica
    site.post()
    outage._end_waits()
    assert connections[REPLICA].is_usable()
    assert not connections["default"].is_usable()
    connections["default"].close()
