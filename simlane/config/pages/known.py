"""Pages for visitors that a server process has given before: from its event loop, without a thread for each.

Whether they still stand is asked of the database for all requests that wait at that moment, in one statement, which
begins when each of them has come in: a change is seen as soon as it is committed. What is not known goes to Django,
whose WarmPagesMiddleware says which of its answers everybody may have.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from simlane.config import outage
from simlane.config.pages import versions
from simlane.config.pages.warm import HTMX, ON_ENVIRON, Told
from simlane.monitoring import logs
from simlane.monitoring.metrics import PAGES
from simlane.monitoring.middleware import HEADER, note
from simlane.profiles.rollout import visitors_have_public_profiles

logger = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]

#: Of one process: the pages that most ask for.
BYTES = 32 * 1024 * 1024
#: What else decides which page it is, or that proxies say of it.
_PART_OF_KEY = {b"host", b"x-forwarded-host", b"x-forwarded-proto", *(name.lower().encode() for name in HTMX)}
#: Who sends them is somebody, or sends more than a header.
_NOT_FOR_ALL = {b"authorization", b"content-length", b"transfer-encoding", b"upgrade"}
#: Headers of an answer that has no content.
_OF_CONTENT = {b"content-length", b"content-type"}
_REQUEST_ID = HEADER.lower().encode()


class Now(NamedTuple):
    """What the database says: whether visitors have public profiles, and versions by the numbers of pages."""

    has_public_profiles: bool | None
    versions: dict[int, str]


def look(pages: set[int]) -> Now | None:
    """In a thread: one statement for all these pages; None when the database gives no answer."""
    if outage.is_away():
        # It was noted while this waited for its turn.
        return None
    try:
        return Now(visitors_have_public_profiles(), versions.read_all(pages))
    except DatabaseError as error:
        # Whoever asked is answered by Django, which says what is wrong.
        outage.note(error)
        return None
    finally:
        connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()


@dataclass
class _Batch:
    found: asyncio.Future[Now | None]
    pages: set[int] = field(default_factory=set)


class Looks:
    """Asks what is the case now, for many at once: who comes while it is being asked waits for the next time."""

    def __init__(self, look: Callable[[set[int]], Now | None]) -> None:
        self._look = look
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="known")
        self._next: _Batch | None = None
        self._asking: asyncio.Task[None] | None = None

    async def now(self, page: int) -> Now | None:
        """What the database says after this was called; None when it says nothing for too long."""
        if self._next is None:
            self._next = _Batch(asyncio.get_running_loop().create_future())
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
        self._next.pages.add(page)
        # Whoever leaves while it is asked must not take the answer from the others.
        return await asyncio.shield(self._next.found)

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        while (batch := self._next) is not None:
            self._next = None
            running = loop.run_in_executor(self._pool, self._look, batch.pages)
            while not (await asyncio.wait({running}, timeout=outage.SUSPECT_SECONDS))[0]:
                outage.suspect()
                self._give_up(batch)
            if error := running.exception():
                logger.error("whether known pages still stand could not be asked", exc_info=error)
            if not batch.found.done():
                batch.found.set_result(None if error else running.result())

    def _give_up(self, batch: _Batch) -> None:
        """They are answered by Django, whose threads the outage frees."""
        for each in (batch, self._next):
            if each is not None and not each.found.done():
                each.found.set_result(None)
        self._next = None


class _Known(NamedTuple):
    headers: Headers
    content: bytes
    told: Told


class KnownPages:
    """The pages that one process knows; used by its event loop alone."""

    def __init__(self, look: Callable[[set[int]], Now | None] = look) -> None:
        self._looks = Looks(look)
        self._pages: OrderedDict[tuple[Any, ...], _Known] = OrderedDict()
        self._bytes = 0

    async def answer(self, scope: Any) -> Answer | None:
        """The answer to a request, when it is known and stands; None leaves it to Django."""
        key = _key(scope)
        known = self._pages.get(key) if key else None
        if key is None or known is None or outage.is_away():
            return None
        started = time.perf_counter()
        told = known.told
        now = await self._looks.now(told.page)
        if now is None:
            return None
        if time.time() >= told.until or (now.has_public_profiles, now.versions.get(told.page)) != told.stands:
            self._forget(key)
            return None
        if key in self._pages:
            self._pages.move_to_end(key)
        given = {name: value for name, value in scope["headers"] if name in (b"if-none-match", _REQUEST_ID)}
        return _answered(scope, known, given, started)

    def keep(self, scope: Any, environ: dict[str, Any], answer: Answer) -> None:
        """Remember Django's answer, if everybody may have it."""
        told: Told | None = environ.get(ON_ENVIRON)
        status, headers, content = answer
        key = _key(scope)
        if told is None or key is None or status != 200 or any(name == b"set-cookie" for name, _ in headers):
            return
        self._forget(key)
        self._pages[key] = _Known([each for each in headers if each[0] != _REQUEST_ID], content, told)
        self._bytes += len(content)
        while self._bytes > BYTES:
            self._forget(next(iter(self._pages)))

    def _forget(self, key: tuple[Any, ...]) -> None:
        if known := self._pages.pop(key, None):
            self._bytes -= len(known.content)


def _answered(scope: Any, known: _Known, given: dict[bytes, bytes], started: float) -> Answer:
    """The answer as Django would give it, noted as it would be."""
    unchanged = f'"{known.told.tag}"'.encode() in given.get(b"if-none-match", b"")
    own_id = logs.chosen_id(given.get(_REQUEST_ID, b"").decode("latin-1"))
    token = logs.request_id.set(own_id)
    try:
        PAGES.labels("unchanged" if unchanged else "kept").inc()
        status, path = 304 if unchanged else 200, scope["path"]
        note("GET", known.told.route, path, status, time.perf_counter() - started)
    finally:
        logs.request_id.reset(token)
    headers = [*known.headers, (_REQUEST_ID, own_id.encode())]
    if unchanged:
        return status, [each for each in headers if each[0] not in _OF_CONTENT], b""
    return status, headers, known.content


def _key(scope: Any) -> tuple[Any, ...] | None:
    """All that decides which page a visitor is given; None for a request that may be somebody's."""
    if scope["method"] != "GET":
        return None
    parts: list[object] = []
    # Of proxies only those that are ours are believed, which their address says; its port is another each time.
    proxy = (scope.get("client") or ("",))[0]
    for name, value in scope["headers"]:
        if name in _PART_OF_KEY:
            parts += [name, value, proxy if name.startswith(b"x-forwarded") else None]
        elif name in _NOT_FOR_ALL or (name == b"cookie" and not _is_visitors(value)):
            return None
    return scope.get("scheme"), scope.get("raw_path", scope["path"]), scope["query_string"], *parts


def _is_visitors(cookies: bytes) -> bool:
    names = {each.partition("=")[0].strip() for each in cookies.decode("latin-1").split(";")}
    return names <= {settings.CSRF_COOKIE_NAME}
