"""The entry point of the application server: requests are taken in by an event loop and answered by threads.

A thread never waits for a visitor: it gets a request that has come in whole, and hands over an answer that is whole.
So however slowly visitors send and read, and however many they are, the threads are there for the others.

asgiref's WsgiToAsgi does not do: it runs every request in one thread, has it wait while each part of an answer is sent,
and bounds neither how long a body may take nor how big it may become.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from simlane.config import outage, reporting
from simlane.config.environment import THREADS, integer

if TYPE_CHECKING:
    from simlane.config.pages.known import KnownPages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simlane.config.settings")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]

logger = logging.getLogger(__name__)

#: The biggest body that is read at all; Django refuses what is bigger by its length.
BODY_BYTES = 17 * 1024 * 1024
#: Where more may come: result files of leagues, UPLOAD_MB of them and what a form puts around them.
_OF_FILES = re.compile(r"/leagues/[^/]+/upload/|/api/v1/results")
#: A body may take so long, and a second more for each so many bytes that have come.
BODY_SECONDS = 20
BODY_BYTES_A_SECOND = 8 * 1024
#: Bigger bodies wait in a file.
MEMORY_BYTES = 256 * 1024
#: Requests that a process lets wait for a thread, with those that threads answer; more are told to come again.
WAITING = 1000


class Front:
    """Answers requests with a WSGI application, `threads` at a time, and by itself with pages that it knows."""

    def __init__(
        self, application: Callable[..., Iterable[bytes]], threads: int, known: KnownPages | None = None
    ) -> None:
        self._application = application
        self._known = known
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._waiting = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not served here")
        elif scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            # Whether the process lives: not even a free thread is needed.
            await _say(scope, send, HTTPStatus.OK, "ok")
        elif self._known is not None and (answer := await self._known.answer(scope)):
            await _send(send, scope, answer)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(MEMORY_BYTES) as body:
            try:
                await _read(scope, receive, body)
            except TimeoutError:
                await _say(scope, send, HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly")
                return
            except ConnectionError:
                return
            except OverflowError:
                await _say(scope, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too big")
                return
            # Not while a body comes in: whoever sends slowly must not count against those who have sent.
            if self._waiting >= WAITING:
                await _say(scope, send, HTTPStatus.SERVICE_UNAVAILABLE, "too many requests wait here: try again")
                return
            environ = _environ(scope, body)
            self._waiting += 1
            try:
                loop = asyncio.get_running_loop()
                running = loop.run_in_executor(self._pool, self._run, environ)
                if not (await asyncio.wait({running}, timeout=outage.SUSPECT_SECONDS))[0]:
                    outage.suspect()
                answer = await running
            except Exception:
                # Django answers what goes wrong in it; this is for what goes wrong around it.
                logger.exception("a request could not be answered")
                await _say(scope, send, HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here")
                return
            finally:
                self._waiting -= 1
        if self._known is not None:
            self._known.keep(scope, environ, answer)
        await _send(send, scope, answer)

    def _run(self, environ: dict[str, Any]) -> Answer:
        """In a thread: the whole answer."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started.append((status, headers))

        parts = self._application(environ, start_response)
        try:
            content = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        status, headers = started[-1]
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return int(status.partition(" ")[0]), encoded, content


async def _send(send: Send, scope: Message, answer: Answer) -> None:
    status, headers, content = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


async def _read(scope: Message, receive: Receive, body: IO[bytes]) -> None:
    """The whole body; raises TimeoutError, OverflowError or ConnectionError when it does not come, or not so."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    most = _most_bytes(scope)
    if length.isdigit() and int(length) > most:
        # Django says so, with a page, and reads nothing.
        return
    started, size, more = time.monotonic(), 0, True
    while more:
        left = started + BODY_SECONDS + size / BODY_BYTES_A_SECOND - time.monotonic()
        message = await asyncio.wait_for(receive(), max(left, 0))
        if message["type"] == "http.disconnect":
            raise ConnectionError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise OverflowError
        body.write(chunk)
        more = message.get("more_body", False)
    body.seek(0)


def _most_bytes(scope: Message) -> int:
    if _OF_FILES.fullmatch(scope["path"]):
        return max(BODY_BYTES, (settings.UPLOAD_MB + 1) * 1024 * 1024)
    return BODY_BYTES


def _environ(scope: Message, body: IO[bytes]) -> dict[str, Any]:
    """The request as WSGI has it: text that stands for bytes."""
    path = scope.get("raw_path")
    path = unquote_to_bytes(path) if path is not None else scope["path"].encode()
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        # With an underscore it could pass for another one, which only a proxy may set.
        if b"_" in raw_name:
            continue
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        environ[key] = f"{environ[key]}{';' if name == 'COOKIE' else ','}{value}" if key in environ else value
    return environ


async def _say(scope: Message, send: Send, status: HTTPStatus, words: str) -> None:
    """A line of text; after what is no success the connection ends."""
    content = f"{words}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status is not HTTPStatus.OK:
        headers.append((b"connection", b"close"))
    await _send(send, scope, (status.value, headers, content))


def _site() -> Front:
    application = get_wsgi_application()
    # Not above: it needs the apps.
    from simlane.config.pages.known import KnownPages

    # Spans are made by middleware, which known pages do not pass.
    known = None if settings.OTLP_ENDPOINT else KnownPages()
    return Front(application, integer("WEB_THREADS", default=THREADS), known)


reporting.start()
application = _site()
