"""How many requests wait for a thread: only those that have come in whole count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any

import pytest

from simlane.config import asgi
from simlane.config.asgi import Front, Message
from tests.waiting import run_aside

WHOLE: Message = {"type": "http.request", "body": b""}


async def ask(front: Front, *body: Message) -> int:
    """The status of a request; a body whose last part has not come is waited for."""
    said: list[Message] = []
    parts = list(body)

    async def receive() -> Message:
        return parts.pop(0) if parts else await asyncio.Event().wait() and WHOLE

    async def send(message: Message) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "http_version": "1.1", "headers": []}
    await front(scope, receive, send)
    return int(said[0]["status"])


def answering(released: Event) -> Callable[..., Iterable[bytes]]:
    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        assert released.wait(20)
        start_response("200 OK", [])
        return [b"ok"]

    return application


@pytest.fixture(autouse=True)
def _room_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "WAITING", 1)


def test_a_body_that_is_still_coming_takes_nobodys_place() -> None:
    released = Event()
    released.set()

    async def visits() -> int:
        front = Front(answering(released), 1)
        slow = [asyncio.create_task(ask(front, {**WHOLE, "more_body": True})) for _ in range(5)]
        await asyncio.sleep(0)
        status = await ask(front, WHOLE)
        for each in slow:
            each.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return status

    assert run_aside(visits()) == 200


def test_who_finds_too_many_waiting_is_told_to_come_again() -> None:
    released = Event()

    async def visits() -> list[int]:
        front = Front(answering(released), 1)
        first = asyncio.create_task(ask(front, WHOLE))
        while not front._waiting:
            await asyncio.sleep(0)
        second = await ask(front, WHOLE)
        released.set()
        return [await first, second, await ask(front, WHOLE)]

    assert run_aside(visits()) == [200, 503, 200]
