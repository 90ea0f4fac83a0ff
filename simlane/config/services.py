"""Reading from the environment what a site of more than one machine stands on: Redis, replicas, proxies, monitors.

Each value is usable or the start fails and says why, as in `environment`.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from simlane.config.environment import ENGINES, hosts, parse_database_url, text

Network = IPv4Network | IPv6Network

#: Seconds that a page waits for Redis before it goes on without.
REDIS_SECONDS = 0.5
#: Pages kept in the memory of a process; one is about 30 KB.
PAGES = 500
_LOCAL = "django.core.cache.backends.locmem.LocMemCache"


def caches(name: str, *, directory: Path) -> dict[str, dict[str, Any]]:
    """Django's CACHES: limits in files that the processes of a machine share and pages in memory, or both in Redis.

    Flags stay in the memory of each process for seconds: every page asks for one.
    """
    flags = {"BACKEND": _LOCAL, "LOCATION": "flags", "TIMEOUT": 10}
    if name not in os.environ:
        return {
            "default": {
                "BACKEND": "simlane.config.cache.SharedFiles",
                "LOCATION": directory,
                # Each visitor who searches takes one or two.
                "OPTIONS": {"MAX_ENTRIES": 10_000},
            },
            "pages": {"BACKEND": _LOCAL, "LOCATION": "pages", "OPTIONS": {"MAX_ENTRIES": PAGES}},
            "flags": flags,
        }
    location = _redis(name)
    patience = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS}
    redis = {"BACKEND": "simlane.config.redis.SharedRedis", "LOCATION": location, "OPTIONS": patience}
    pages = redis | {"KEY_PREFIX": "page", "OPTIONS": patience | {"MEMORY_ENTRIES": PAGES}}
    return {"default": redis, "pages": pages, "flags": flags}


def _redis(name: str) -> str:
    value = text(name, "")
    hint = "use redis://host:6379/0, rediss:// for TLS, or unix:///path/to/socket"
    try:
        parts = urlsplit(value)
        usable = parts.path.startswith("/") if parts.scheme == "unix" else bool(parts.hostname and parts.port != 0)
        number = parts.path.strip("/") if parts.scheme != "unix" else ""
    except ValueError:
        usable, number = False, ""
    # Not the value: it may hold a password.
    if not usable or parts.scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured(f"{name} is not the address of a Redis: {hint}.")
    if number and not (number.isascii() and number.isdigit()):
        raise ImproperlyConfigured(
            f"{name} asks for database {number[:20]!r}, and Redis numbers its databases: {hint}."
        )
    return value


def replicas(name: str, primary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Further DATABASES, `replica1` and on: the addresses in the variable, separated by commas.

    Each is the database of `DATABASE_URL` on another server, so its name must be the same.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, url in enumerate(hosts(name, default=[]), start=1):
        if primary["ENGINE"] != ENGINES["postgresql"]:
            raise ImproperlyConfigured(f"{name} is for PostgreSQL, and DATABASE_URL names SQLite: unset it.")
        if url.partition(":")[0] not in ("postgres", "postgresql"):
            raise ImproperlyConfigured(f"{name}: address {number} is none of PostgreSQL's: {_REPLICA}.")
        try:
            settings = parse_database_url(url, sqlite_path=Path())
        except ImproperlyConfigured as error:
            raise ImproperlyConfigured(str(error).replace("DATABASE_URL", f"{name}: address {number}")) from error
        if settings["NAME"] != primary["NAME"]:
            raise ImproperlyConfigured(
                f"{name}: address {number} names the database {settings['NAME']!r} and DATABASE_URL "
                f"{primary['NAME']!r}: a replica has the same."
            )
        found[f"replica{number}"] = settings | {"TEST": {"MIRROR": "default"}}
    return found


_REPLICA = "use postgres://user:password@host:5432/name, a comma between two, and %2C for one in a password"


def networks(name: str) -> list[Network]:
    """Addresses and networks, separated by commas: `10.0.0.5, 10.1.0.0/16, fd00::/8`."""
    found = []
    for value in hosts(name, default=[]):
        try:
            found.append(ip_network(value))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name}: {value!r} is no address or network ({error}): write 10.0.0.5 or 10.0.0.0/24."
            ) from error
    return found


def endpoint(name: str, *, needs: tuple[str, ...], package: str) -> str:
    """The http(s) address that reports go to, or nothing; raises when the packages that send them are missing."""
    if name not in os.environ:
        return ""
    value = text(name, "")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ImproperlyConfigured(f"{name} is not an address: use https://host/path, as the monitor gives it.")
    if not all(_is_there(each) for each in needs):
        raise ImproperlyConfigured(f"{name} needs a package more: pip install {package}.")
    return value


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        # A package above it is missing.
        return False
