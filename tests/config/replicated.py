"""A view on a primary and its streaming replica, in the site's middleware: fixtures for the tests of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import Error, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import DjangoDbBlocker

from simlane.config import servers
from simlane.config.environment import parse_database_url
from simlane.config.pages import versions
from simlane.config.replicas import COOKIE, ReplicasMiddleware, Router
from simlane.sim.models import Event
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
    monkeypatch.setattr(servers, "EVERY", 0.0)
    servers.servers.cache_clear()
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
    servers.servers.cache_clear()


class Site:
    def __init__(self, primary: Cluster, replica: Cluster) -> None:
        self._middleware = ReplicasMiddleware(self._answer)
        self.primary, self.replica = primary, replica
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
        return on(self.replica, statement)

    def on_primary(self, statement: str) -> object:
        return on(self.primary, statement)

    def until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + SECONDS
        while not is_so():
            assert time.monotonic() < until
            time.sleep(0.01)


def on(server: Cluster, statement: str) -> object:
    """What a superuser's statement gives first."""
    with psycopg.connect(server.admin_url, autocommit=True) as session:
        found = session.execute(statement)
        row = found.fetchone() if found.description else None
    return row[0] if row else None


@pytest.fixture
def paused(site: Site) -> Iterator[None]:
    """The replica replays nothing, as when something there takes long."""
    site.on_replica("SELECT pg_wal_replay_pause()")
    site.until(lambda: site.on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused")
    yield
    site.on_replica("SELECT pg_wal_replay_resume()")
