"""Reading settings from the environment: each value is usable or the start fails and says why."""

from __future__ import annotations

import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from simlane.results.timezones import UnknownTimezoneError, timezone_of

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
ENGINES = {
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "sqlite": "django.db.backends.sqlite3",
}
#: Threads of a server process, unless WEB_THREADS says otherwise.
THREADS = 4
#: How long a request waits for a connection to PostgreSQL.
POOL_SECONDS = 1.0
EMAIL_SCHEMES = ("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "filemail", "dummymail")


def text(name: str, default: str) -> str:
    """The variable as it is, or the default when it is not set; raises when it is set but empty."""
    value = os.environ.get(name)
    if value is None:
        return default
    if not value.strip():
        raise ImproperlyConfigured(f"{name} is set but empty: give it a value, or unset it.")
    return value.strip()


def flag(name: str, *, default: bool) -> bool:
    """A yes or no."""
    value = text(name, "yes" if default else "no").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no: use 1 or 0.")


def integer(name: str, *, default: int) -> int:
    """A whole number of at least zero."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit()):
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.")
    return int(value)


def choice(name: str, *, default: str, among: tuple[str, ...]) -> str:
    """One of a few words, in any case."""
    value = text(name, default).upper()
    if value not in among:
        raise ImproperlyConfigured(f"{name}={value!r} is none of {', '.join(among)}.")
    return value


def timezone(name: str, *, default: str) -> str:
    """A time zone, as a place or as a distance from UTC."""
    value = text(name, default)
    try:
        timezone_of(value)
    except UnknownTimezoneError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error
    return value


def site_url(name: str, *, default: str) -> str:
    """The address of a whole site, without a slash at its end: `https://simlane.example.org`."""
    if name not in os.environ:
        return default
    value = text(name, default)
    hint = "write https:// and the name, as https://simlane.example.org"
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    # It stands in the headers of mails.
    if not usable or not value.isascii() or any(each.isspace() or each in '<>"' for each in value):
        raise ImproperlyConfigured(f"{name}={value!r} is not the address of a site: {hint}.")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(f"{name}={value!r} is more than the address of a site: {hint}.")
    return f"{parts.scheme}://{parts.netloc}"


def email(name: str, *, default: str) -> dict[str, Any]:
    """Django's mail settings from one address, as `smtp+tls://user:password@mail.example.org:587`."""
    value = text(name, default)
    scheme = urlsplit(value).scheme
    if scheme not in EMAIL_SCHEMES:
        raise ImproperlyConfigured(f"{name} starts with {scheme!r}: use one of {', '.join(EMAIL_SCHEMES)}, and ://.")
    try:
        found: dict[str, Any] = environ.Env.email_url_config(value)
        if scheme.startswith("smtp") and not found["EMAIL_HOST"]:
            raise ValueError("no host")
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} names no mail server: write smtp+tls://user:password@host:587.") from error
    return {key: setting for key, setting in found.items() if key.startswith("EMAIL_")}


def hosts(name: str, *, default: list[str]) -> list[str]:
    """Names separated by commas."""
    return (
        [part.strip() for part in text(name, ",".join(default)).split(",") if part.strip()]
        if (default or name in os.environ)
        else []
    )


def results_storage(name: str, *, default: Path) -> dict[str, Any]:
    """Django's STORAGES for the result files that came in: a folder, `s3://bucket/prefix`, or none for `off`."""
    value = text(name, str(default))
    if value.lower() == "off":
        return {}
    hint = "use the path of a folder, s3://bucket/prefix, or off"
    if "://" not in value:
        if not Path(value).is_absolute():
            raise ImproperlyConfigured(f"{name}={value!r} is no full path: {hint}.")
        options: dict[str, Any] = {"location": value, "allow_overwrite": True}
        return {"results": {"BACKEND": "simlane.results.keeping.Folder", "OPTIONS": options}}
    parts = urlsplit(value)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(f"{name}={value!r} is no place for files: {hint}.")
    if not all(map(find_spec, ("storages", "boto3"))):
        raise ImproperlyConfigured(
            f"{name} names an S3 bucket, which needs a package more: pip install 'django-storages[s3]'."
        )
    options = {"bucket_name": parts.netloc, "location": parts.path.strip("/"), "default_acl": None}
    return {"results": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}


def secret_key(path: Path) -> str:
    """`SECRET_KEY`, or the content of `SECRET_KEY_FILE`, or a key made once and kept in `path`."""
    if "SECRET_KEY" in os.environ:
        return text("SECRET_KEY", "")
    if "SECRET_KEY_FILE" in os.environ:
        file = Path(text("SECRET_KEY_FILE", ""))
        try:
            key = file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"SECRET_KEY_FILE cannot be read: {error}.") from error
        if not key:
            raise ImproperlyConfigured(f"SECRET_KEY_FILE={file} is empty.")
        return key
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Exclusive creation: of two processes that start together, one makes the key and both read it.
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as new:
            new.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"cannot keep a secret key in {path}: {error}. Set SECRET_KEY.") from error
    return path.read_text(encoding="utf-8")


def parse_database_url(url: str | None, *, sqlite_path: Path) -> dict[str, Any]:
    """Django's settings for `DATABASE_URL`; without one, SQLite in `sqlite_path`.

    Raises ImproperlyConfigured for a URL that names no usable PostgreSQL or SQLite database.
    """
    if url is None:
        try:
            sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"VAR_DIR cannot be made: {error}.") from error
        return _sqlite({"ENGINE": ENGINES["sqlite"], "NAME": str(sqlite_path)})
    hint = "use postgres://user:password@host:5432/name or sqlite:////absolute/path/to/file"
    if not url.strip():
        raise ImproperlyConfigured(f"DATABASE_URL is set but empty: {hint}, or unset it.")
    scheme = url.strip().split(":", 1)[0]
    if scheme not in ENGINES:
        raise ImproperlyConfigured(f"DATABASE_URL starts with {scheme!r}, which SimLane cannot use: {hint}.")
    if scheme == "sqlite":
        parts = urlsplit(url.strip())
        if parts.netloc or parts.query:
            raise ImproperlyConfigured(f"DATABASE_URL is not a path to an SQLite file: {hint}.")
    try:
        database: dict[str, Any] = environ.Env.db_url_config(url.strip())
    except (ValueError, KeyError) as error:
        # The error's own text may hold a piece of the password.
        raise ImproperlyConfigured(
            f"DATABASE_URL cannot be read, its host or port is malformed: {hint}; in a password write "
            "%3A for a colon, %2F for a slash and %40 for an at sign."
        ) from error
    if not database.get("NAME") or database["NAME"] == ":memory:":
        raise ImproperlyConfigured(f"DATABASE_URL names no database: {hint}.")
    database["ENGINE"] = ENGINES[scheme]
    if scheme == "sqlite":
        # A path from here, not from wherever another process happens to be started.
        return _sqlite(database | {"NAME": str(Path(database["NAME"]).absolute())})
    return _postgresql(database)


def _sqlite(database: dict[str, Any]) -> dict[str, Any]:
    # WAL lets pages be read while an import writes; IMMEDIATE takes the write lock at BEGIN, so that a
    # transaction that reads and then writes waits its turn instead of failing with "database is locked".
    return database | {
        # A thread keeps its connection: on a full disk the files that belong to an open database cannot be made again.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
        },
    }


def _postgresql(database: dict[str, Any]) -> dict[str, Any]:
    options = dict(database.get("OPTIONS", {}))
    # A connection for each thread, and some for the threads that store and send. Whoever waits longer gets a 503.
    size = max(8, integer("WEB_THREADS", default=THREADS) + 4)
    options.setdefault("pool", {"min_size": 1, "max_size": size, "timeout": POOL_SECONDS})
    options.setdefault("connect_timeout", 3)
    # Milliseconds until a network that has gone is an error.
    options.setdefault("tcp_user_timeout", 10_000)
    # A cursor of the server's lasts longer than a transaction, and a pooler in transaction mode gives the session away.
    return database | {"OPTIONS": options, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True}
