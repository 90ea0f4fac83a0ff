"""A mail server that takes connections and says nothing: pages are answered all the same."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.config.served import Served, served


def _reset(site: Served, address: str) -> tuple[int, float]:
    form = site.ask("/accounts/password/reset/")
    token = form.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = site.ask(
        "/accounts/password/reset/",
        "POST",
        f"csrfmiddlewaretoken={token}&email={address}",
        Cookie=form.headers["set-cookie"].partition(";")[0],
        **{"Content-Type": "application/x-www-form-urlencoded"},
    )
    return answer.status, answer.seconds


def test_sixteen_resets_do_not_stop_the_site(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(100)
        mail = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with served(tmp_path, EMAIL_URL=mail, WEB_THREADS="2") as site, ThreadPoolExecutor(4) as visitors:
            answers = list(visitors.map(lambda n: _reset(site, f"driver{n}%40example.org"), range(16)))
            assert {status for status, _ in answers} == {302}
            assert max(seconds for _, seconds in answers) < 2
            assert site.ask("/profiles/").status == 200
