"""However slowly visitors send and read, the others get their pages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simlane.config import connections
from tests import databases
from tests.config.served import Served, served
from tests.waiting import run_aside

#: More than there are threads, by far.
SLOW = 500
HEAD = b"Host: 127.0.0.1\r\nCookie: csrftoken=" + b"c" * 32 + b"\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
SLOW_HEADER = b"GET / HTTP/1.1\r\n" + HEAD + b"X-Slow: a"
SLOW_BODY = b"POST /accounts/login/ HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 9999\r\n\r\na"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("slow"), WEB_THREADS="2") as found:
        yield found


@pytest.mark.parametrize("first", [SLOW_HEADER, SLOW_BODY], ids=["header", "body"])
def test_slow_visitors_hold_no_thread(site: Served, first: bytes) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(site.connect(first)) for _ in range(SLOW)]
        for _ in range(3):
            answer = site.ask("/accounts/login/")
            assert answer.status == 200
            assert answer.seconds < 5
            for each in slow:
                each.sendall(b"a")


def test_what_takes_too_long_is_ended(site: Served, subtests: pytest.Subtests) -> None:
    with site.connect(SLOW_HEADER) as header, site.connect(SLOW_BODY) as body:
        began, said = time.monotonic(), b""
        with subtests.test("a header: the connection ends"):
            assert _seconds_until_closed(header) < connections.HEADER_SECONDS + 5
        with subtests.test("a body: it is refused"):
            body.settimeout(30)
            while part := body.recv(4096):
                said += part
            assert said.startswith(b"HTTP/1.1 408 ")
            assert b"the request came too slowly" in said
            assert time.monotonic() - began < 30


def test_an_answer_that_nobody_reads_holds_no_thread(site: Served) -> None:
    files = databases.static_files()
    script = next(path for path in files.rglob("*.js") if path.stat().st_size > 100_000)
    wanted = f"GET /static/{script.relative_to(files)} HTTP/1.1\r\n".encode() + HEAD
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            lazy = stack.enter_context(socket.socket())
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect((site.host, site.port))
            # Again and again: more than the system keeps for a connection.
            lazy.sendall((wanted + b"\r\n") * 40)
        answer = site.ask("/accounts/login/")
        assert answer.status == 200
        assert answer.seconds < 5


def test_a_bodys_bytes_arrive_as_they_were_sent(site: Served) -> None:
    page = site.ask("/accounts/login/")
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    cookie = page.headers["set-cookie"].partition(";")[0]
    body = f"csrfmiddlewaretoken={token}&login=nobody%40example.org&password=wr%C3%B6ng&pad={'x' * 300_000}"
    answer = site.ask(
        "/accounts/login/", "POST", body, Cookie=cookie, **{"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status == 200
    assert 'value="nobody@example.org"' in answer.text


def test_a_body_that_is_too_big_is_refused_unread(site: Served) -> None:
    head = HEAD + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99999999\r\n\r\n"
    with site.connect(b"POST /accounts/login/ HTTP/1.1\r\n" + head) as big:
        assert big.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_the_path_and_the_query_are_what_was_asked(site: Served) -> None:
    answer = site.ask("/profiles/search/?q=m%C3%BCller%20%26")
    assert answer.status == 200
    assert 'value="müller &amp;"' in answer.text
    assert site.ask("/profiles/iracing/%2e%2e%2f/").status == 404


def test_what_passes_for_a_proxys_header_is_left_out(site: Served) -> None:
    with site.connect(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX_Forwarded_For: 192.0.2.1\r\n\r\n") as asked:
        assert asked.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert site.ask("/metrics", **{"X-Forwarded-For": "192.0.2.1"}).status == 403


def test_a_head_has_no_body_and_the_connection_goes_on(site: Served) -> None:
    with site.connect((b"HEAD /accounts/login/ HTTP/1.1\r\n" + HEAD + b"\r\n") * 2) as asked:
        said = b""
        while said.count(b"HTTP/1.1 200") < 2:
            said += asked.recv(65536)
        assert b"<html" not in said


def _seconds_until_closed(slow: socket.socket) -> float:
    began = time.monotonic()
    while time.monotonic() - began < 60:
        if select.select([slow], [], [], 1)[0]:
            if not slow.recv(4096):
                break
        else:
            slow.sendall(b"a")
    return time.monotonic() - began


def test_a_process_takes_one_new_connection_at_a_time_and_leaves_the_others_to_its_siblings() -> None:
    assert run_aside(most_taken_at_once(20)) == 1


async def most_taken_at_once(visitors: int) -> int:
    """In one turn of the event loop, of so many who have connected before it."""
    made: list[asyncio.Protocol] = []

    def connected() -> asyncio.Protocol:
        made.append(asyncio.Protocol())
        return made[-1]

    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listening.setblocking(False)
        server = await connections._take_turns(asyncio.get_running_loop().create_server, 100, connected, sock=listening)
        # While the loop stands still they wait in the system's queue, which has room for them.
        for _ in range(visitors):
            stack.enter_context(socket.create_connection(listening.getsockname(), timeout=0.5))
        most = 0
        while len(made) < visitors:
            before = len(made)
            await asyncio.sleep(0)
            most = max(most, len(made) - before)
        server.close()
    return most


def test_as_many_may_wait_as_the_server_was_told_while_its_process_is_busy(tmp_path: Path) -> None:
    with served(tmp_path) as site, contextlib.ExitStack() as stack:
        children = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGSTOP)
            stack.callback(os.kill, int(child), signal.SIGCONT)
        # asyncio's own limit is a hundred; who comes behind it is not answered at all.
        for _ in range(200):
            stack.enter_context(socket.create_connection((site.host, site.port), timeout=2))
