"""What a bigger site stands on is read from the environment, or refused with a line that names the variable."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from simlane.config import services
from simlane.config.environment import parse_database_url

POSTGRESQL = parse_database_url("postgres://u:p@primary/simlane", sqlite_path=Path("unused"))
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/simlane.sqlite3"}


def test_without_an_address_caches_are_this_machine_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SOME", raising=False)
    found = services.caches("SOME", directory=tmp_path)
    assert found["default"]["LOCATION"] == tmp_path
    assert found["pages"]["BACKEND"].endswith("LocMemCache")


@pytest.mark.parametrize(
    "url", ["redis://cache:6379/0", "rediss://u:p%40ss@cache", "redis://[::1]:6380", "unix:///run/redis/redis.sock"]
)
def test_an_address_of_a_redis(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SOME", url)
    found = services.caches("SOME", directory=Path("unused"))
    assert {found[name]["LOCATION"] for name in ("default", "pages")} == {url}
    assert found["flags"]["BACKEND"].endswith("LocMemCache")


@pytest.mark.parametrize(
    "url",
    ["", "cache:6379", "memcached://cache", "redis://", "redis:///0", "redis://cache:port", "redis://cache/limits", "unix://"],
)  # fmt: skip
def test_anything_else_is_no_address_of_a_redis(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SOME", url)
    with pytest.raises(ImproperlyConfigured, match="SOME"):
        services.caches("SOME", directory=Path("unused"))


def test_a_refused_address_of_a_redis_does_not_tell_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME", "redis://:hunter2@cache:port")
    with pytest.raises(ImproperlyConfigured) as refused:
        services.caches("SOME", directory=Path("unused"))
    assert "hunter2" not in str(refused.value)


def test_replicas_are_databases_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME", raising=False)
    assert services.replicas("SOME", POSTGRESQL) == {}
    monkeypatch.setenv("SOME", "postgres://u:p%2C@one/simlane, postgresql://u:p@two:5433/simlane")
    found = services.replicas("SOME", POSTGRESQL)
    assert [(name, each["HOST"], each["PASSWORD"]) for name, each in found.items()] == [
        ("replica1", "one", "p,"),
        ("replica2", "two", "p"),
    ]
    assert found["replica1"]["TEST"] == {"MIRROR": "default"}


@pytest.mark.parametrize(
    ("urls", "primary", "says"),
    [
        ("postgres://u:p@one/simlane", SQLITE, "for PostgreSQL"),
        ("sqlite:////srv/simlane.sqlite3", POSTGRESQL, "none of PostgreSQL's"),
        ("postgres://u:p@one/simlane,two", POSTGRESQL, "address 2 is none"),
        ("postgres://u:p@one/other", POSTGRESQL, "'other'"),
        ("postgres://u:p@one:port/simlane", POSTGRESQL, "address 1 cannot be read"),
        ("", POSTGRESQL, "set but empty"),
    ],
)
def test_a_replica_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, urls: str, primary: dict[str, Any], says: str
) -> None:
    monkeypatch.setenv("SOME", urls)
    with pytest.raises(ImproperlyConfigured, match=f"SOME.*{says}"):
        services.replicas("SOME", primary)


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME", "10.0.0.5, 10.1.0.0/16,fd00::/8")
    assert services.networks("SOME") == [ip_network("10.0.0.5"), ip_network("10.1.0.0/16"), ip_network("fd00::/8")]


@pytest.mark.parametrize("value", ["", "nginx", "10.0.0.5/16", "10.0.0.256", "10.0.0.5 10.0.0.6"])
def test_anything_else_is_no_proxy(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SOME", value)
    with pytest.raises(ImproperlyConfigured, match="SOME"):
        services.networks("SOME")


def test_an_endpoint_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME", raising=False)
    assert services.endpoint("SOME", needs=("nothing_like_it.at_all",), package="it") == ""
    monkeypatch.setenv("SOME", "https://key@sentry.example.org/5")
    assert services.endpoint("SOME", needs=("json",), package="it") == "https://key@sentry.example.org/5"
    with pytest.raises(ImproperlyConfigured, match="SOME needs a package more: pip install it"):
        services.endpoint("SOME", needs=("nothing_like_it.at_all",), package="it")
    monkeypatch.setenv("SOME", "sentry.example.org")
    with pytest.raises(ImproperlyConfigured, match="SOME is not an address"):
        services.endpoint("SOME", needs=("json",), package="it")
