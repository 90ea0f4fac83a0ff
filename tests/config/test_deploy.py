"""What `deploy/` says is checked by the programs that read it, where Debian has them, and against the site itself."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.test import Client

from simlane.monitoring import recording
from simlane.monitoring.metrics import PAGES
from tests.config.served import free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ALERTS, DASHBOARD = DEPLOY / "monitoring" / "alerts.yml", DEPLOY / "monitoring" / "grafana.json"
_NAME = re.compile(r"\bsimlane_\w+")


def found(program: str) -> str:
    path = shutil.which(program, path="/usr/sbin:/usr/bin:/bin")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def checked(program: str, *arguments: str) -> str:
    """What the program says; it says that the file is right."""
    done = subprocess.run([found(program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ALERTS, DASHBOARD, ROOT / "docs" / "monitoring.md"], ids=lambda path: path.name)
def test_whoever_watches_asks_for_metrics_that_there_are(path: Path, client: Client) -> None:
    recording.search(seconds=0.1, length=5, words=1, simulator="")
    PAGES.labels("made")
    client.get("/profiles/nothing-like-it/")
    given = client.get("/metrics").content.decode()
    # Of the kinds too: no sample is there before the old release was seen.
    known = set(_NAME.findall(given)) | {"simlane_upgrade_old_release_seen_timestamp_seconds"}
    assert set(_NAME.findall(path.read_text(encoding="utf-8"))) <= known


def test_the_dashboard_shows_every_metric() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = {name for panel in panels for target in panel["targets"] for name in _NAME.findall(target["expr"])}
    told = set(re.findall(r"^\| `(simlane_\w+)`", (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8"), re.M))
    assert {name.removesuffix("_bucket") for name in asked} == told
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_prometheus_takes_the_alerts() -> None:
    assert "SUCCESS" in checked("promtool", "check", "rules", str(ALERTS))


def test_haproxy_takes_its_configuration() -> None:
    checked("haproxy", "-c", "-f", str(DEPLOY / "cluster" / "haproxy.cfg"))


class Site(BaseHTTPRequestHandler):
    """What Caddy takes for the site: it notes what it is asked."""

    asked: list[tuple[str, Message[str, str]]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"a page " * 500)

    def log_message(self, *_: object) -> None: ...


def ask(port: int, path: str = "/", **headers: str) -> tuple[int, Message[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def caddy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Callable[[], None]]]:
    """Caddy's port, with `deploy/Caddyfile` over plain HTTP, and what starts the site behind it."""
    program, port, behind = found("caddy"), free_port(), free_port()
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("SITE_HOST", f"http://127.0.0.1:{port}")
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text.replace("web:8000", f"127.0.0.1:{behind}"))
    arguments = [program, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    servers: list[HTTPServer] = []

    def start() -> None:
        servers.append(HTTPServer(("127.0.0.1", behind), Site))
        threading.Thread(target=servers[0].serve_forever).start()

    monkeypatch.setattr(Site, "asked", [], raising=False)
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 20
            while not listens(port):
                assert time.monotonic() < until, "Caddy does not listen"
                time.sleep(0.05)
            yield port, start
        finally:
            process.terminate()
            for server in servers:
                server.shutdown()
                server.server_close()


def test_caddy_takes_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("SITE_HOST", "simlane.example.org")
    checked("caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile"))


def test_a_site_that_comes_up_costs_visitors_of_caddy_a_wait_and_no_error(
    caddy: tuple[int, Callable[[], None]],
) -> None:
    port, start = caddy
    with ThreadPoolExecutor(1) as visitor:
        asked = visitor.submit(ask, port)
        time.sleep(1)
        assert not asked.done()
        start()
        assert asked.result(timeout=20)[0] == 200


def test_caddy_keeps_the_inside_to_itself_and_says_who_asks(caddy: tuple[int, Callable[[], None]]) -> None:
    port, start = caddy
    start()
    assert {ask(port, path)[0] for path in ("/metrics", "/readyz", "/healthz", "/%6detrics", "/METRICS")} == {404}
    assert Site.asked == []
    forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    status, answered = ask(port, "/events/", **{"Accept-Encoding": "gzip"}, **forged)
    assert (status, answered["Content-Encoding"]) == (200, "gzip")
    [(path, got)] = Site.asked
    assert (path, got["X-Forwarded-For"], got["X-Forwarded-Proto"]) == ("/events/", "127.0.0.1", "http")


def test_the_network_of_the_containers_is_the_one_that_is_trusted() -> None:
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    [trusted] = re.findall(r"TRUSTED_PROXIES: (\S+)", compose)
    made = f"podman network create --subnet {trusted} simlane"
    assert made in compose
    assert made in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", ["simlane-web@.service", "simlane-worker@.service"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    # The program that is started is not on this machine.
    text = (DEPLOY / "systemd" / unit).read_text(encoding="utf-8")
    (tmp_path / unit).write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M))
    assert checked("systemd-analyze", "verify", str(tmp_path / unit.replace("@.", "@8000."))) == ""


def test_every_variable_that_is_set_is_one_the_site_reads() -> None:
    documented = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    block = compose.partition("environment: &environment")[2].partition("volumes:")[0]
    for text in (block, (DEPLOY / "systemd" / "simlane-web@.service").read_text(encoding="utf-8")):
        names = re.findall(r"^    ([A-Z_]+): ", text, re.M) + re.findall(r"\b([A-Z_]+)=\S*(?=[ \n])", text)
        # The C library reads the other one.
        for name in {each for each in names if each.isupper()} - {"RES_OPTIONS"}:
            assert f"`{name}`" in documented, name
