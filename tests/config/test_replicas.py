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

from simlane.config import replicas
from simlane.config.environment import parse_database_url
from simlane.config.pages import versions
from simlane.config.replicas import COOKIE, ReplicasMiddleware, Router
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
    own = connections["default"]
    with django_db_blocker.unblock():
        connections["default"], connections[REPLICA] = connection(primary, "default"), connection(replica, REPLICA)
        site = Site(replica)
        site.until(lambda: site.get().reads_replica)
        yield site
        for alias in ("default", REPLICA):
            connections[alias].close()
        del connections[REPLICA]
    connections["default"] = own


class Site:
    def __init__(self, replica: Cluster) -> None:
        self._middleware = ReplicasMiddleware(self._answer)
        self._replica = replica
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
        with psycopg.connect(self._replica.admin_url.replace("postgres://", "postgresql://")) as session:
            row = session.execute(statement).fetchone()
        return row[0] if row else None

    def until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + SECONDS
        while not is_so():
            assert time.monotonic() < until
            time.sleep(0.01)


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
    assert "replica1 does not answer, the primary is read" in caplog.text
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
