"""`make bench-warm`: pages for visitors made, kept and unchanged, beside a constant view of the same server.

64 visitors keep their connections. The site is served by its own server with the demo results, on SQLite or the
`DATABASE_URL` given; `CACHE_URL` keeps the pages in that Redis. The visitors take part of the same machine: what counts
is the ratio to the constant view, which is measured before and after.
"""

from __future__ import annotations

import argparse
import http.client
import tempfile
from urllib.parse import urlsplit

from bench import wrk
from bench.serving import served

SECONDS = 10.0


def tag_of(url: str, path: str) -> tuple[str, str]:
    """The header of a visitor who has the page."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return "If-None-Match", str(answer.getheader("ETag"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="simlane-bench-") as directory:
        server, url = served(directory, DJANGO_SETTINGS_MODULE="bench.settings")
        try:
            wrk.wait(url)
            rounds = {
                "constant": wrk.Visit([wrk.CONSTANT]),
                "made": wrk.Visit(cold=1),
                "kept": wrk.Visit(),
                "unchanged": wrk.Visit(headers=[tag_of(url, path) for path in wrk.MIX]),
                "constant again": wrk.Visit([wrk.CONSTANT]),
            }
            constant = 0.0
            for name, visit in rounds.items():
                found = wrk.run(url, visit, directory, seconds)
                constant = constant or found.rate
                print(f"{name:15} {found.words()}   {found.rate / constant:6.0%} of the constant view", flush=True)
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
