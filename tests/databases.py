"""Databases that are migrated once in a run and copied for each test that needs one.

A state is made when the first test asks for it, and shared by all workers of the run: `SIMLANE_TEST_DIR` holds the
SQLite files and the lock, the server of `SIMLANE_TEST_POSTGRESQL_URL` holds PostgreSQL's template databases.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from simlane.upgrade.rehearsal.population import populate
from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
LEGACY = "0008_alter_event_event_source"
#: The newest migration of everything.
NEWEST = "newest"
#: `sim` went back from the newest migration to the old release's; the other apps stayed.
BACK = "back"
#: An install of the old release, whose other apps are as old, without a row.
OLD_INSTALL = "old_install"
#: The same with 400 generated profiles of 60 accounts; on PostgreSQL only.
OLD_POPULATED = "old_populated"
#: The same after `upgrade_profiles run`.
UPGRADED = "upgraded"
#: The old install with its profiles after `migrate` alone.
MIGRATED = "migrated"
ROWS, ACCOUNTS = 400, 60

#: The commands that lead to a state.
_COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    NEWEST: (("migrate",),),
    BACK: (("migrate", "sim", LEGACY),),
    OLD_INSTALL: (("migrate", "sim", LEGACY), ("migrate", "users", "0001")),
    OLD_POPULATED: (),
    UPGRADED: (("upgrade_profiles", "run", "--no-backup"),),
    MIGRATED: (("migrate",),),
}
#: The state that another one starts from.
_STARTS_FROM = {
    BACK: NEWEST,
    OLD_POPULATED: OLD_INSTALL,
    UPGRADED: OLD_POPULATED,
    MIGRATED: OLD_POPULATED,
}


#: Whether the test's own database is elsewhere than at the newest migration; see `come_back`.
_away = False


def is_away() -> bool:
    """Whether a test of migrations has left the test's own database as no other test can use it."""
    return _away


def leave() -> None:
    """Say that the test's own database goes elsewhere by migrations."""
    global _away
    _away = True


def come_back() -> None:
    """Bring it to the newest migration, before a test that is to find it there. Those of migrations seldom do."""
    if _away:
        reset(NEWEST)


def reset(state: str) -> None:
    """Replace the test's own database by a copy of this state. Open connections to it are closed."""
    global _away
    _away = state != NEWEST
    connection.close()
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        # Not by the file: a connection of another thread may be open.
        with closing(sqlite3.connect(sqlite_file(state))) as source, closing(sqlite3.connect(name)) as own:
            source.backup(own)
    else:
        copy_database(state, name)
    # The keys of content types differ between states.
    ContentType.objects.clear_cache()


def prepare(state: str, make: Callable[[], None]) -> None:
    """Bring the test's own database to what `make` leaves in it: by a copy, once a test of the run has made it."""
    made = _made(state)
    with _lock(f"{state}-{connection.vendor}-prepared"):
        if made.exists():
            reset(state)
            return
        make()
        connection.close()
        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite":
            shutil.copyfile(name, made)
        else:
            _create(_template_name(state), name)
            made.touch()


def copy_file(state: str, path: Path) -> None:
    """Make or replace an SQLite database by a copy of this state."""
    template = sqlite_file(state)
    for leftover in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    shutil.copyfile(template, path)


def copy_database(state: str, name: str) -> None:
    """Make or replace a database of the run's PostgreSQL server by a copy of this state."""
    _create(name, _database(state))


def static_files() -> Path:
    """The site's static files as they are served, collected once in a run."""
    collected = Path(os.environ["SIMLANE_TEST_DIR"]) / "collected"
    with _lock("collected"):
        if not collected.exists():
            _manage("collectstatic", "--noinput", STATIC_DIR=f"{collected}.unfinished")
            Path(f"{collected}.unfinished").rename(collected)
    return collected


def fill_elsewhere(state: str, url: str) -> None:
    """Bring an empty database of another server to this state: by a copy, when the run has a server to make it on."""
    if "SIMLANE_TEST_POSTGRESQL_URL" not in os.environ:
        _lead(state, url)
        return
    programs = postgres.binaries()
    dumped = subprocess.run(
        [programs / "pg_dump", "--no-owner", "--dbname", database_url(_database(state))],
        capture_output=True,
        check=True,
    )
    subprocess.run([programs / "psql", "--quiet", "--output", os.devnull, url], input=dumped.stdout, check=True)


def drop_triggers(prefix: str) -> None:
    """Drop the triggers of the test's own database whose names begin so."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, '' FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname, ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal")
        for name, place in cursor.fetchall():
            if name.startswith(prefix):
                cursor.execute(f"DROP TRIGGER {name}{place}")


def database_url(name: str) -> str:
    """The address of a database of the run's PostgreSQL server."""
    return urlsplit(os.environ["SIMLANE_TEST_POSTGRESQL_URL"])._replace(path=f"/{name}").geturl()


def drop_database(name: str) -> None:
    """Remove a database of the run's PostgreSQL server, if it is there."""
    # An ordinary role may not end a vacuum that the server has begun there.
    with postgres.administrator("postgres") as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def drop_templates() -> None:
    """Remove the template databases of this run: the server may outlive it."""
    for made in Path(os.environ["SIMLANE_TEST_DIR"]).glob("template-*.postgresql"):
        drop_database(_template_name(made.stem.removeprefix("template-")))
        made.unlink()


@contextmanager
def _lock(state: str) -> Iterator[None]:
    """Held by the worker that makes this state, while the others wait for it."""
    with (Path(os.environ["SIMLANE_TEST_DIR"]) / f"template-{state}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _made(state: str, vendor: str = "") -> Path:
    """The SQLite file of a state, or the note that PostgreSQL has its template."""
    return Path(os.environ["SIMLANE_TEST_DIR"]) / f"template-{state}.{vendor or connection.vendor}"


def sqlite_file(state: str) -> Path:
    """The SQLite file of this state, made when it is not there."""
    made = _made(state, "sqlite")
    with _lock(f"{state}-sqlite"):
        if not made.exists():
            unfinished = made.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            if state in _STARTS_FROM:
                shutil.copyfile(sqlite_file(_STARTS_FROM[state]), unfinished)
            if state == NEWEST and not os.environ.get("CI"):
                shutil.copyfile(_kept_file(), unfinished)
            else:
                _lead(state, f"sqlite:///{unfinished}")
            unfinished.rename(made)
    return made


def _kept_file() -> Path:
    """The SQLite file of the newest migration that an earlier run left, as long as what makes it is the same.

    For who runs one test after the other: to migrate takes longer than most tests.
    """
    sources = [*ROOT.glob("simlane/**/migrations/*.py"), *ROOT.glob("simlane/sim/legacy/**/*.py")]
    sources += [*ROOT.glob("simlane/**/models/*.py"), *ROOT.glob("simlane/**/models.py"), ROOT / "requirements.lock"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:16]
    kept = ROOT / "var" / "tests" / f"{digest}.sqlite3"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        for older in kept.parent.glob("*.sqlite3*"):
            older.unlink(missing_ok=True)
        unfinished = kept.with_suffix(f".{os.getpid()}")
        _lead(NEWEST, f"sqlite:///{unfinished}")
        unfinished.rename(kept)
    return kept


def _database(state: str) -> str:
    """The name of PostgreSQL's template of this state, made when it is not there."""
    name, made = _template_name(state), _made(state, "postgresql")
    with _lock(f"{state}-postgresql"):
        if not made.exists():
            _create(name, _database(_STARTS_FROM[state]) if state in _STARTS_FROM else "template0")
            _lead(state, database_url(name))
            if state == OLD_POPULATED:
                _populate(name)
            made.touch()
    return name


def _template_name(state: str) -> str:
    # Of this run: another one may use the same server.
    run = hashlib.sha256(os.environ["SIMLANE_TEST_DIR"].encode()).hexdigest()[:8]
    return f"simlane_template_{run}_{state}"


def _lead(state: str, url: str) -> None:
    for arguments in _COMMANDS[state]:
        _manage(*arguments, DATABASE_URL=url)


def _manage(*arguments: str, **variables: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, "--verbosity", "0"],
        cwd=ROOT,
        env=shell(Path(os.environ["SIMLANE_TEST_DIR"])) | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def shell(var: Path) -> dict[str, str]:
    """An operator's environment for a site in this directory, without what the tests' settings read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIMLANE_TEST")}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "simlane.config.settings",
        "VAR_DIR": str(var),
        "HTTPS": "0",
        "SECRET_KEY": "k" * 60,
    }


def _populate(name: str) -> None:
    given = {"NAME": name, "OPTIONS": {}, "TEST": {}, "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True}
    other = DatabaseWrapper(connection.settings_dict | given, alias="default")
    populate(other, ROWS, ACCOUNTS)
    other.close()


def _create(name: str, template: str) -> None:
    drop_database(name)
    _execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def _execute(statement: str) -> None:
    with psycopg.connect(os.environ["SIMLANE_TEST_POSTGRESQL_URL"], autocommit=True) as server:
        server.execute(statement)
