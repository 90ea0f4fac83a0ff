"""What visitors get while the database is away or the disk is full, from the real server."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import Client

from simlane.users.models import User
from tests import databases, postgres
from tests.config.served import Served, served

PAGES = ("/", "/profiles/", "/profiles/search/?q=ab", "/accounts/login/")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_without_postgresql_pages_are_refused_at_once_and_come_back_at_once(tmp_path: Path) -> None:
    with postgres.cluster() as database, served(tmp_path, DATABASE_URL=database.url, WEB_THREADS="2") as site:
        assert site.ask("/profiles/").status == 200
        postgres._stop(database.process)
        with ThreadPoolExecutor(8) as visitors:
            answers = list(visitors.map(site.ask, ["/profiles/"] * 8))
        assert {each.status for each in answers} == {503}
        assert max(each.seconds for each in answers) < 2
        assert "cannot reach its database" in answers[0].text
        assert answers[0].headers["retry-after"] == "5"
        # Long enough for a pool that waits longer and longer between its own tries.
        until = time.monotonic() + 8
        while time.monotonic() < until:
            assert site.ask("/").seconds < 1
            assert site.ask("/healthz").status == 200
            time.sleep(0.5)
        again = subprocess.Popen(database.process.args, cwd="/", stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            assert postgres._answers(again, database.port, database.password)
            until = time.monotonic() + 3
            while site.ask("/profiles/").status != 200:
                assert time.monotonic() < until, site.log.read_text(encoding="utf-8")
                time.sleep(0.1)
        finally:
            postgres._stop(again)
        log = site.log.read_text(encoding="utf-8")
        assert "the database is back" in log
        assert "Traceback" not in log


def test_a_postgresql_that_takes_connections_and_never_answers_holds_no_visitor(tmp_path: Path) -> None:
    with postgres.cluster() as database, served(tmp_path, DATABASE_URL=database.url, WEB_THREADS="2") as site:
        assert site.ask("/profiles/").status == 200
        server = [database.process.pid, *_children(database.process.pid)]
        try:
            for each in server:
                os.kill(each, signal.SIGSTOP)
            with ThreadPoolExecutor(6) as visitors:
                first = list(visitors.map(site.ask, ["/profiles/"] * 6))
            assert {each.status for each in first} == {503}
            # A page that waits for ever is what this is about: then `ask` gives up.
            assert site.ask("/profiles/").status == 503
        finally:
            for each in server:
                os.kill(each, signal.SIGCONT)
        until = time.monotonic() + 10
        while site.ask("/profiles/").status != 200:
            assert time.monotonic() < until, site.log.read_text(encoding="utf-8")
            time.sleep(0.1)


def _children(parent: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def test_alive_while_every_thread_waits_for_the_database(tmp_path: Path) -> None:
    with (
        postgres.cluster() as database,
        served(tmp_path, DATABASE_URL=database.url, WEB_THREADS="1") as site,
        psycopg.connect(database.url) as other,
        psycopg.connect(database.url, autocommit=True) as watching,
        ThreadPoolExecutor(1) as visitor,
    ):
        other.execute("LOCK TABLE sim_simulator IN ACCESS EXCLUSIVE MODE")
        waiting = visitor.submit(site.ask, "/profiles/")
        until = time.monotonic() + 20
        while not watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
            assert time.monotonic() < until
            time.sleep(0.05)
        assert site.ask("/healthz").status == 200
        assert not waiting.done()
        other.rollback()
        assert waiting.result().status == 200


def _can_mount() -> bool:
    done = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], check=False)
    return done.returncode == 0


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Served]:
    """A site whose VAR_DIR, with its SQLite database, has become full after one page."""
    if not _can_mount():
        pytest.skip("this account may not mount a disk of its own")
    (tmp_path / "var").mkdir()
    newest = databases.sqlite_file(databases.NEWEST)
    before = f'mount -t tmpfs -o size=64m none "$VAR_DIR" && cp {newest} "$VAR_DIR/simlane.sqlite3"'
    with served(tmp_path, before=before) as site:
        assert site.ask("/help/").status == 200
        disk = Path(f"/proc/{site.process.pid}/root{tmp_path}/var")
        for size in (1 << 20, 1 << 12, 1):
            _fill(disk / f"fill{size}", size)
        yield site


def _fill(path: Path, size: int) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT), "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * size)
        except OSError:
            return


def test_a_full_disk_is_read_and_takes_nothing_in(full: Served) -> None:
    for _ in range(3):
        for page in PAGES:
            assert full.ask(page).status == 200, full.log.read_text(encoding="utf-8")
    form = full.ask("/accounts/signup/")
    token = form.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    cookie = form.headers["set-cookie"].partition(";")[0]
    passwords = "password1=long-enough-1&password2=long-enough-1"
    body = f"csrfmiddlewaretoken={token}&username=ann&email=a%40example.org&{passwords}"
    answer = full.ask("/accounts/signup/", "POST", body, Cookie=cookie, **FORM)
    assert (answer.status, "was not saved" in answer.text) == (503, True)
    assert full.ask("/metrics").status == 200
    assert "worker" not in full.log.read_text(encoding="utf-8").lower()


def test_a_restarted_worker_serves_a_full_disk_without_its_figures(full: Served) -> None:
    (worker,) = subprocess.run(
        ["pgrep", "-P", str(full.process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    # New processes make new files.
    os.kill(int(worker), 9)
    assert full.ask("/accounts/login/").status == 200
    assert full.ask("/metrics").status == 200
    assert "without them" in full.log.read_text(encoding="utf-8")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_became_read_only_says_so(client: Client) -> None:
    User.objects.create_user("alice", password="a-good-password")
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        sqlite = connection.vendor == "sqlite"
        cursor.execute("PRAGMA query_only = 1" if sqlite else "SET default_transaction_read_only = on")
        try:
            assert client.get("/profiles/").status_code == 200
            answer = client.post("/accounts/login/", {"login": "alice", "password": "a-good-password"})
        finally:
            cursor.execute("PRAGMA query_only = 0" if sqlite else "SET default_transaction_read_only = off")
    assert answer.status_code == 503
    assert "was not saved" in answer.content.decode()
