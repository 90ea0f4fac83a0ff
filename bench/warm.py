"""`make bench-warm`: pages for visitors made, kept and unchanged, beside a constant view of the same server.

64 visitors keep their connections. The site is served by its own server with the demo results, on SQLite or the
`DATABASE_URL` given; `CACHE_URL` keeps the pages in that Redis. The visitors take part of the same machine: what counts
is the ratio to the constant view, which is measured before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import itertools
import tempfile
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from bench.serving import PAGES, Answers, Visitor, served

VISITORS = 64
SECONDS = 10.0
#: The mix of the site: first pages, lists, a driver, an event; no sign-in, which is for one.
MIX = tuple(page for page in PAGES if "accounts" not in page)


async def visit(host: str, port: int, until: float, found: Answers, next_one: Callable[[], tuple[str, str]]) -> None:
    visitor = Visitor(host, port)
    while time.monotonic() < until:
        began = time.monotonic()
        path, header = next_one()
        if await visitor.ask(path, header) not in (200, 304):
            found.failed += 1
        found.seconds.append(time.monotonic() - began)
    visitor.close()


async def rate(host: str, port: int, seconds: float, next_one: Callable[[], tuple[str, str]]) -> Answers:
    found = Answers()
    until = time.monotonic() + seconds
    await asyncio.gather(*(visit(host, port, until, found, next_one) for _ in range(VISITORS)))
    return found


def head_of(host: str, port: int, path: str) -> str:
    """The header of a visitor who has the page."""
    connection = http.client.HTTPConnection(host, port)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return f"If-None-Match: {answer.getheader('ETag')}\r\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="simlane-bench-") as directory:
        server, url = served(directory, DJANGO_SETTINGS_MODULE="bench.settings")
        try:
            parts = urlsplit(url)
            host, port = str(parts.hostname), parts.port or 80
            time.sleep(1)
            known = {path: head_of(host, port, path) for path in MIX}
            turn, number = itertools.cycle(MIX), itertools.count()
            rounds: dict[str, Callable[[], tuple[str, str]]] = {
                "constant": lambda: ("/reference/constant/", ""),
                "made": lambda: (f"{next(turn)}?cold={next(number)}", ""),
                "kept": lambda: (next(turn), ""),
                "unchanged": lambda: ((path := next(turn)), known[path]),
                "constant again": lambda: ("/reference/constant/", ""),
            }
            constant = 0.0
            for name, next_one in rounds.items():
                asyncio.run(rate(host, port, 1, next_one))
                found = asyncio.run(rate(host, port, seconds, next_one))
                constant = constant or len(found.seconds) / seconds
                share = len(found.seconds) / seconds / constant
                print(f"{name:15} {found.words(seconds)}   {share:6.0%} of the constant view", flush=True)
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
