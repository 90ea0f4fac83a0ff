"""What is sent to Sentry and to an OpenTelemetry collector, as real ones would get it; and what is not."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: As the application server starts: the module is read in, and then asked.
PROGRAM = """
import sys
from simlane.config.wsgi import application
from django.test import Client
from django.urls import path
from simlane.config import urls
def broken(request, secret):
    hidden = "a variable"
    raise ValueError("the fault")
urls.urlpatterns.insert(0, path("broken/<str:secret>/", broken, name="broken"))
client = Client(raise_request_exception=False, headers={"Cookie": "sessionid=a-cookie"})
print(client.get("/broken/the-key-of-an-invitation/?q=a-question").status_code)
if "opentelemetry.sdk" in sys.modules:
    from opentelemetry import trace
    trace.get_tracer_provider().force_flush()
if "sentry_sdk" in sys.modules:
    import sentry_sdk
    sentry_sdk.flush(10)
# A page that the server gives from its event loop would pass no middleware, and have no span.
from simlane.config import asgi
print("opentelemetry" in sys.modules, "sentry_sdk" in sys.modules, asgi.application._known is None)
"""
SECRETS = (b"the-key-of-an-invitation", b"a-question", b"a-cookie", b"a variable")


@pytest.fixture
def received() -> Iterator[tuple[str, dict[str, bytes]]]:
    """An address that takes everything, and what came there, by path."""
    came: dict[str, bytes] = {}

    class Monitor(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            came[self.path] = came.get(self.path, b"") + body
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Into no test's output."""

    with HTTPServer(("127.0.0.1", 0), Monitor) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", came
        server.shutdown()
        thread.join()


def ask(var: Path, **variables: str) -> list[str]:
    """What the program says, in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(var), "HTTPS": "0", "DEBUG": "0"} | variables
    environment["ALLOWED_HOSTS"] = "testserver"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_fault_and_the_time_of_its_request_are_sent_without_secrets(
    tmp_path: Path, received: tuple[str, dict[str, bytes]]
) -> None:
    address, came = received
    said = ask(tmp_path, SENTRY_DSN=f"http://key@{address}/5", OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{address}")
    assert said == ["500", "True", "True", "True"]
    assert b"the fault" in came["/api/5/envelope/"]
    assert b"GET broken" in came["/v1/traces"]
    assert [(path, secret) for path in came for secret in SECRETS if secret in came[path]] == []


def test_without_their_addresses_neither_is_even_read_in(tmp_path: Path) -> None:
    assert ask(tmp_path) == ["500", "False", "False", "False"]
