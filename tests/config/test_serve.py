"""Serving: the real command in a process of its own, with good values and with each kind of bad one."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from simlane.config import serving
from tests import databases
from tests.config.served import ROOT, environment, free_port

SERVED = re.compile(r"SimLane serves (http://\S+:\d+/)")


def manage(tmp_path: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *command],
        env=environment(tmp_path, **variables),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0]


UNUSABLE: list[tuple[dict[str, str], list[str]]] = [
    ({"PORT": "abc"}, ["PORT='abc'", "not a whole number"]),
    ({"PORT": "99999"}, ["PORT=99999", "1 to 65535"]),
    ({"PORT": "0"}, ["PORT=0"]),
    ({"PORT": ""}, ["PORT is set but empty"]),
    ({"HOST": ""}, ["HOST is set but empty"]),
    ({"HOST": "192.0.2.1"}, ["HOST='192.0.2.1'", "not an address of this machine"]),
    ({"HOST": "no such host"}, ["HOST='no such host'"]),
    ({"WEB_WORKERS": "0"}, ["WEB_WORKERS=0"]),
    ({"WEB_THREADS": "many"}, ["WEB_THREADS='many'"]),
    ({"DATABASE_URL": ""}, ["DATABASE_URL"]),
    ({"DATABASE_URL": "nonsense"}, ["DATABASE_URL", "nonsense"]),
    (
        {"DATABASE_URL": "postgres://u:secret@127.0.0.1:1/name"},
        ["the database cannot be used", "refused"],
    ),
    ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}, ["the database cannot be used"]),
    ({"ALLOWED_HOSTS": ""}, ["ALLOWED_HOSTS is set but empty"]),
    ({"LOG_FORMAT": "XML"}, ["LOG_FORMAT='XML'", "LINE, JSON"]),
    ({"METRICS_TOKEN": ""}, ["METRICS_TOKEN is set but empty"]),
    ({"LOG_LEVEL": "LOUD"}, ["LOG_LEVEL='LOUD'", "DEBUG, INFO"]),
    ({"DEBUG": "maybe"}, ["DEBUG='maybe'"]),
    ({"HTTPS": "maybe"}, ["HTTPS='maybe'"]),
]
#: Of each check that `quickstart` makes itself, and of the settings, which every command reads, one.
BY_QUICKSTART = ("PORT", "HOST", "WEB_WORKERS", "DATABASE_URL", "LOG_LEVEL")


@pytest.mark.parametrize(
    ("command", "variables", "words"),
    [("serve", *each) for each in UNUSABLE]
    + [("quickstart", *next(each for each in reversed(UNUSABLE) if name in each[0])) for name in BY_QUICKSTART],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None,
)
def test_an_unusable_value_is_one_clear_line(tmp_path, command, variables, words):
    done = manage(tmp_path, command, **({"PORT": str(free_port())} | variables))
    is_refused(done, *words)
    assert "secret" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "quickstart"])
def test_a_port_in_use_is_refused(tmp_path, command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        is_refused(manage(tmp_path, command, PORT=port), f"PORT={port} is in use")


def test_results_that_do_not_exist_are_refused_before_anything_is_made(tmp_path):
    done = manage(tmp_path, "quickstart", PORT=str(free_port()), RESULTS="mine.json other.json")
    is_refused(done, "RESULTS", "mine.json")
    assert not (tmp_path / "var" / "simlane.sqlite3").exists()


def test_a_database_without_its_tables_is_refused(tmp_path):
    is_refused(manage(tmp_path, "serve", PORT=str(free_port())), "migrations are not applied", "manage.py migrate")


def test_a_wrong_password_is_refused(tmp_path, postgres_url):
    wrong = re.sub(r"(postgres:[/]+[^:]+):[^@]+@", r"\1:wrong@", postgres_url)
    is_refused(manage(tmp_path, "serve", PORT=str(free_port()), DATABASE_URL=wrong), "password authentication failed")


def test_a_database_that_does_not_exist_is_refused(tmp_path, postgres_url):
    missing = postgres_url.rpartition("/")[0] + "/missing"
    is_refused(manage(tmp_path, "serve", PORT=str(free_port()), DATABASE_URL=missing), '"missing" does not exist')


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear all, this is not a database. " * 100)
    done = manage(tmp_path, "serve", PORT=str(free_port()), DATABASE_URL=f"sqlite:///{tmp_path}/letter.txt")
    is_refused(done, "the database cannot be used", "not a database")


def answer(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "0.0.0.0"])
def test_it_serves_and_ends_cleanly(tmp_path, host):
    (tmp_path / "var").mkdir()
    databases.copy_file(databases.NEWEST, tmp_path / "var" / "simlane.sqlite3")
    static = str(databases.static_files())
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "serve"],
        # One worker: a second one may still be starting when the first has answered, and is not what is tested.
        env=environment(tmp_path, HOST=host, PORT=str(free_port()), WEB_WORKERS="1", STATIC_DIR=static),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = SERVED.search(server.stdout.readline())
        assert said, server.stderr.read()
        assert answer(said[1] + "accounts/login/") == 200
        if host != "0.0.0.0":
            assert answer(said[1] + "accounts/login/", Host="elsewhere.example") == 400
        os.killpg(server.pid, signal.SIGINT)
        out, error = server.communicate(timeout=20)
        assert server.returncode == 0
        assert "Traceback" not in out + error
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.communicate()
    with pytest.raises(urllib.error.URLError, match="refused"):
        answer(said[1])


def test_links_in_mails_lead_to_where_the_site_is_served() -> None:
    with serving.bind("127.0.0.5", port := free_port()) as listener:
        assert serving._reached_at(listener) == f"http://127.0.0.5:{port}"
    with serving.bind("0.0.0.0", port) as listener:
        assert "0.0.0.0" not in serving._reached_at(listener)
