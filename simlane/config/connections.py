"""gunicorn's worker, whose connections end when their visitors are too slow for too long.

gunicorn bounds the time between two requests only: a first header could take for ever, and so could an answer that
nobody reads. Nothing here holds a thread; what is bounded is how many connections lie about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from socket import socket
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

#: From the connection to the end of the first request's header; later ones have gunicorn's `--keep-alive`.
HEADER_SECONDS = 15
#: From the end of the last answer until what is still unread is thrown away.
UNREAD_SECONDS = 60


class Connection(ASGIProtocol):
    """A visitor's connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The timer is gunicorn's own for a connection without a request, and ends with the first header."""
        super().connection_made(transport)  # type: ignore[no-untyped-call]
        self._keepalive_handle = self.worker.loop.call_later(HEADER_SECONDS, self._keepalive_timeout)

    def _close_transport(self) -> None:
        super()._close_transport()  # type: ignore[no-untyped-call]
        if self.transport is not None:
            self.worker.loop.call_later(UNREAD_SECONDS, self.transport.abort)


class Worker(gasgi.ASGIWorker):
    """A server process."""

    async def _serve(self) -> Any:
        # The only way to have a connection of one's own: gunicorn names the class where it makes them.
        gasgi.ASGIProtocol = Connection  # type: ignore[attr-defined]
        loop = asyncio.get_running_loop()
        setattr(loop, "create_server", partial(_take_turns, loop.create_server, self.cfg.backlog))  # noqa: B010 - for gunicorn
        return await super()._serve()  # type: ignore[no-untyped-call]


async def _take_turns(
    create_server: Callable[..., Awaitable[asyncio.Server]], backlog: int, *arguments: Any, sock: socket, **given: Any
) -> asyncio.Server:
    """A server that takes one new connection at a time, so that each process gets its share of those that wait.

    asyncio takes as many as may wait, all in one go: the visitors who keep their connections then stay with the process
    that woke first, and the others have nothing to do.
    """
    server = await create_server(*arguments, sock=sock, **given, backlog=1)
    # asyncio has told the system, too, that only one may wait.
    sock.listen(backlog)
    return server
