"""Checks before the site is served, and the start of the application server.

Each check raises ImproperlyConfigured with one line that names the variable and says what to do.
"""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import resource
import socket
import sys
from pathlib import Path
from typing import NoReturn

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from simlane.config.environment import THREADS, integer, text
from simlane.monitoring.processes import metrics_directory

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5
OPEN_FILES = 16_384
#: Where prometheus-client keeps the metrics of several processes; it must be set before that is imported.
METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def listen_address() -> tuple[str, int]:
    """`HOST` and `PORT` from the environment."""
    host = text("HOST", "127.0.0.1").removeprefix("[").removesuffix("]")
    port = integer("PORT", default=8000)
    if not 1 <= port <= 65535:
        raise ImproperlyConfigured(f"PORT={port} is not a port: use a number from 1 to 65535.")
    return host, port


def bind(host: str, port: int) -> socket.socket:
    """A socket of that address: nobody else can have taken it when the server starts on it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ImproperlyConfigured(f"HOST={host!r} is not an address or name of this machine.") from error
    family, kind, protocol, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _refused(error, host, port) from error
    return listener


def listen(listener: socket.socket, host: str, port: int) -> None:
    """From here on visitors can connect; they wait until the server answers."""
    try:
        listener.listen(1024)
    except OSError as error:
        raise _refused(error, host, port) from error


def _refused(error: OSError, host: str, port: int) -> ImproperlyConfigured:
    if error.errno == errno.EADDRINUSE:
        return ImproperlyConfigured(f"PORT={port} is in use on {host}: stop what serves there, or choose another PORT.")
    if error.errno == errno.EACCES:
        return ImproperlyConfigured(f"PORT={port} may not be used by this account: use one from 1024 on.")
    return ImproperlyConfigured(f"HOST={host!r} is not an address of this machine.")


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds the site."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{_bracketed(shown)}:{port}/"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def names(host: str) -> list[str]:
    """The names that visitors may use for a site served on `host`."""
    if not _is_wildcard(host):
        return [_bracketed(host)]
    found = {socket.gethostname().lower()}
    for family, outside in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Nothing is sent: a datagram socket that is connected knows the address it would send from.
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((outside, 9))
                found.add(_bracketed(probe.getsockname()[0]))
        except OSError:
            continue
    return sorted(found)


def _reached_at(listener: socket.socket) -> str:
    """Where others than this machine find the site, when they can."""
    host, port = listener.getsockname()[:2]
    return f"http://{names(host)[0]}:{port}"


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def check_database() -> None:
    """The database answers, and can be written."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        if connection.vendor == "postgresql":
            _check_postgresql(connection)
        else:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA user_version")
                cursor.execute("BEGIN IMMEDIATE")
                cursor.execute("ROLLBACK")
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise ImproperlyConfigured(f"the database cannot be used ({reason}): check DATABASE_URL.") from error


def _check_postgresql(connection: BaseDatabaseWrapper) -> None:
    # Past the pool: it would try again for its whole timeout and hide the reason.
    options = {"connect_timeout": CONNECT_SECONDS, **connection.get_connection_params()}
    with connection.wrap_database_errors:
        psycopg.connect(**options).close()


def check_migrated() -> None:
    """Every migration is applied."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        first = f"{pending[0][0].app_label}.{pending[0][0].name}"
        raise ImproperlyConfigured(
            f"{len(pending)} migrations are not applied, the first is {first}: run manage.py migrate."
        )


def check_static_files() -> None:
    """The files that pages refer to are collected."""
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file():
        raise ImproperlyConfigured("the static files are not collected: run manage.py collectstatic.")


def server_size() -> tuple[int, int]:
    """How many processes, and threads in each: `WEB_WORKERS` and `WEB_THREADS`, sized for two cores."""
    sizes = []
    for name, default in (("WEB_WORKERS", 2), ("WEB_THREADS", THREADS)):
        sizes.append(integer(name, default=default))
        if sizes[-1] == 0:
            raise ImproperlyConfigured(f"{name}=0 serves nobody: use at least 1.")
    return sizes[0], sizes[1]


def serve(listener: socket.socket, allowed_hosts: list[str]) -> NoReturn:
    """Become the application server, on a socket that listens already."""
    workers, threads = server_size()
    listener.set_inheritable(True)
    connections.close_all()
    sys.stdout.flush()
    sys.stderr.flush()
    shared_memory = "/dev/shm"  # noqa: S108
    command = [sys.executable, "-m", "gunicorn", "simlane.config.asgi:application"]
    command += ["--bind", f"fd://{listener.fileno()}", "--pythonpath", str(settings.BASE_DIR)]
    command += ["--worker-class", "simlane.config.connections.Worker", "--workers", str(workers)]
    command += ["--asgi-loop", "asyncio", "--asgi-lifespan", "off"]
    command += ["--timeout", "60", "--graceful-timeout", "8", "--keep-alive", "5"]
    command += ["--error-logfile", "-", "--log-level", "warning", "--no-control-socket"]
    if os.access(shared_memory, os.W_OK):
        # The workers' heartbeat files: on a slow disk a heartbeat can come too late.
        command += ["--worker-tmp-dir", shared_memory]
    # Connections that wait cost a file each, and only that.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, OPEN_FILES)), hard))
    environment = os.environ | {
        "ALLOWED_HOSTS": ",".join(dict.fromkeys(allowed_hosts)),
        "WEB_THREADS": str(threads),
    }
    if "ALLOWED_HOSTS" not in os.environ and not settings.HTTPS:
        # Links in mails lead to where the site is, not to each reader's own machine.
        environment.setdefault("SITE_URL", _reached_at(listener))
    if not environment.get(METRICS_DIRECTORY):
        try:
            environment[METRICS_DIRECTORY] = metrics_directory(settings.VAR_DIR / "metrics")
        except OSError as error:
            # Each process then gives its own.
            logger.error("/metrics cannot add up its processes: %s", error)
    os.execve(sys.executable, command, environment)  # noqa: S606
