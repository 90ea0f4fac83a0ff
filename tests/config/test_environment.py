"""A value is read from the environment, or refused with a line that names it; never replaced by a default."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from simlane.config import environment


def test_an_unset_variable_has_its_default(monkeypatch):
    monkeypatch.delenv("SOME", raising=False)
    assert environment.text("SOME", "default") == "default"
    assert environment.flag("SOME", default=True) is True
    assert environment.integer("SOME", default=7) == 7
    assert environment.hosts("SOME", default=["a", "b"]) == ["a", "b"]
    assert environment.hosts("SOME", default=[]) == []
    assert environment.choice("SOME", default="INFO", among=("INFO",)) == "INFO"


def test_a_set_variable_is_read(monkeypatch):
    monkeypatch.setenv("SOME", " example.org, example.com ,")
    assert environment.hosts("SOME", default=["a"]) == ["example.org", "example.com"]
    monkeypatch.setenv("SOME", "No")
    assert environment.flag("SOME", default=True) is False
    monkeypatch.setenv("SOME", "12")
    assert environment.integer("SOME", default=7) == 12
    monkeypatch.setenv("SOME", "info")
    assert environment.choice("SOME", default="ERROR", among=("INFO", "ERROR")) == "INFO"


@pytest.mark.parametrize(
    "read",
    [
        lambda: environment.text("SOME", "default"),
        lambda: environment.flag("SOME", default=True),
        lambda: environment.integer("SOME", default=1),
        lambda: environment.hosts("SOME", default=[]),
        lambda: environment.choice("SOME", default="INFO", among=("INFO",)),
        lambda: environment.site_url("SOME", default="https://example.org"),
    ],
    ids=["text", "flag", "integer", "hosts", "choice", "site_url"],
)
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_is_refused(monkeypatch, read, value):
    monkeypatch.setenv("SOME", value)
    with pytest.raises(ImproperlyConfigured, match="SOME is set but empty"):
        read()


def test_the_address_of_a_site(monkeypatch):
    monkeypatch.delenv("SOME", raising=False)
    assert environment.site_url("SOME", default="https://x") == "https://x"
    for value, address in {
        "https://simlane.example.org/": "https://simlane.example.org",
        "http://127.0.0.1:8000": "http://127.0.0.1:8000",
        "http://[::1]:8000": "http://[::1]:8000",
    }.items():
        monkeypatch.setenv("SOME", value)
        assert environment.site_url("SOME", default="") == address


@pytest.mark.parametrize(
    "value",
    ["simlane.example.org", "ftp://x.org", "https://", "https://x.org/path", "https://a@x.org", "https://x.org?a=b",
     "https://x.org:port", "https://x.org>,<https://y.org", "https://x.org\r\nBcc:y"],
)  # fmt: skip
def test_anything_else_is_no_address_of_a_site(monkeypatch, value):
    monkeypatch.setenv("SOME", value)
    with pytest.raises(ImproperlyConfigured, match=r"SOME=.* the address of a site"):
        environment.site_url("SOME", default="https://x.org")


@pytest.mark.parametrize("value", ["maybe", "2", "-1"])
def test_a_flag_is_yes_or_no(monkeypatch, value):
    monkeypatch.setenv("SOME", value)
    with pytest.raises(ImproperlyConfigured, match=f"SOME='{value}' is neither yes nor no"):
        environment.flag("SOME", default=False)


@pytest.mark.parametrize("value", ["-1", "1.5", "\u0661", "1e3", "abc"])
def test_a_number_is_whole_and_not_negative(monkeypatch, value):
    monkeypatch.setenv("SOME", value)
    with pytest.raises(ImproperlyConfigured, match=r"SOME=.* is not a whole number"):
        environment.integer("SOME", default=1)


def test_a_secret_key_is_made_once_and_kept_private(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.delenv("SECRET_KEY_FILE", raising=False)
    path = tmp_path / "var" / "secret_key"
    key = environment.secret_key(path)
    assert len(key) >= 50
    assert environment.secret_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_key_file_must_hold_a_key(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE cannot be read"):
        environment.secret_key(tmp_path / "unused")
    (tmp_path / "key").write_text("\n")
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        environment.secret_key(tmp_path / "unused")
    (tmp_path / "key").write_text("the key\n")
    assert environment.secret_key(tmp_path / "unused") == "the key"


def test_a_postgresql_url_is_read():
    read = environment.parse_database_url("postgres://u:p%40ss@[::1]:5433/name", sqlite_path=Path("unused"))
    assert read["ENGINE"] == "django.db.backends.postgresql"
    assert (read["NAME"], read["USER"], read["PASSWORD"]) == ("name", "u", "p@ss")
    assert (read["HOST"], read["PORT"]) == ("::1", 5433)
    assert read["OPTIONS"]["pool"]["max_size"] == 8


def test_an_sqlite_url_is_read(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    relative = environment.parse_database_url("sqlite:///here.sqlite3", sqlite_path=Path("unused"))
    assert relative["NAME"] == str(tmp_path / "here.sqlite3")
    absolute = environment.parse_database_url("sqlite:////srv/here.sqlite3", sqlite_path=Path("unused"))
    assert absolute["NAME"] == "/srv/here.sqlite3"


def test_without_a_url_the_database_is_embedded(tmp_path):
    path = tmp_path / "var" / "simlane.sqlite3"
    assert environment.parse_database_url(None, sqlite_path=path)["NAME"] == str(path)
    assert path.parent.is_dir()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://u:p@h/name",
        "postgres://",
        "postgres://u:p@h/",
        "postgres://u:p@h:port/name",
        "postgres://u:p@h:99999/name",
        "sqlite://",
        "sqlite:///",
        "sqlite://:memory:",
        "sqlite://var/simlane.sqlite3",
        "sqlite:////srv/simlane.sqlite3?mode=ro",
    ],
)
def test_an_unusable_database_url_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        environment.parse_database_url(url, sqlite_path=Path("unused"))


def test_a_refusal_does_not_tell_the_password():
    with pytest.raises(ImproperlyConfigured) as refused:
        environment.parse_database_url("postgres://u:hun/ter2@h/name", sqlite_path=Path("unused"))
    assert "hun" not in str(refused.value)


def test_one_variable_names_the_mail_server(monkeypatch):
    monkeypatch.delenv("SOME", raising=False)
    assert environment.email("SOME", default="consolemail://")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    monkeypatch.setenv("SOME", "smtp+tls://me%40example.org:pass@mail.example.org:587")
    found = environment.email("SOME", default="consolemail://")
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example.org", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@example.org", "pass")


@pytest.mark.parametrize("value", ["imap://host", "mail.example.org", "smtp://", "smtp+tls://host:port"])
def test_a_mail_server_that_cannot_be_is_refused(monkeypatch, value):
    monkeypatch.setenv("SOME", value)
    with pytest.raises(ImproperlyConfigured, match="SOME"):
        environment.email("SOME", default="consolemail://")
