"""Keys of platforms in the environment: all of a platform or nothing of it, and only addresses of endpoints."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from simlane.config import platforms

ID, SECRET = "IRACING_CLIENT_ID", "IRACING_CLIENT_SECRET"


def test_without_keys_there_is_no_platform() -> None:
    assert platforms.read() == {}
    assert platforms.form_targets({}) == []


def test_all_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEAM_SIGN_IN", "1")
    for name in ("IRACING", "DISCORD"):
        monkeypatch.setenv(f"{name}_CLIENT_ID", name.lower())
        monkeypatch.setenv(f"{name}_CLIENT_SECRET", "secret")
    found = platforms.read()
    assert list(found) == ["steam", "iracing", "discord"]
    assert found["iracing"]["APP"] == {"client_id": "iracing", "secret": "secret"}
    assert found["iracing"]["TOKEN_URL"] == "https://oauth.iracing.com/oauth2/token"
    assert all(found[name]["OAUTH_PKCE_ENABLED"] for name in ("iracing", "discord"))
    # Exactly these: a form of ours leads nowhere else.
    assert platforms.form_targets(found) == [
        "https://discord.com",
        "https://oauth.iracing.com",
        "https://steamcommunity.com",
    ]


@pytest.mark.parametrize(("there", "missing"), [(ID, SECRET), (SECRET, ID)])
def test_half_of_the_keys_is_refused(monkeypatch: pytest.MonkeyPatch, there: str, missing: str) -> None:
    monkeypatch.setenv(there, "value")
    with pytest.raises(ImproperlyConfigured, match=f"{there} is set and {missing} is not"):
        platforms.read()


def test_an_empty_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ID, "value")
    monkeypatch.setenv(SECRET, " ")
    with pytest.raises(ImproperlyConfigured, match=f"{SECRET} is set but empty"):
        platforms.read()


@pytest.mark.parametrize("address", ["https://login.example.org/token", "http://127.0.0.1:9000/token"])
def test_another_endpoint(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(ID, "value")
    monkeypatch.setenv(SECRET, "value")
    monkeypatch.setenv("IRACING_TOKEN_URL", address)
    assert platforms.read()["iracing"]["TOKEN_URL"] == address


@pytest.mark.parametrize(
    "address",
    [
        "http://login.example.org/token",
        "login.example.org/token",
        "ftp://login.example.org/token",
        "https:///token",
        "https://user:password@login.example.org/token",
        "https://login.example.org/token?code=1",
        "https://login.example.org/token#x",
        "https://login.example.org:port/token",
        "https://[/token",
        "https://login.example.org; script-src/token",
    ],
)
def test_no_endpoint(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("IRACING_TOKEN_URL", address)
    with pytest.raises(ImproperlyConfigured, match=r"IRACING_TOKEN_URL='.*' is no"):
        platforms.read()
