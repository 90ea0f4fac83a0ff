"""`make bench-uploading`: what eight visitors wait for pages while 200 files are uploaded, previewed and imported.

The site is served by `manage.py serve` with the demo results, on PostgreSQL unless `--database` says otherwise, and its
own process works on the upload. The load of the machine stands beside the figures: other work on it is in them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from bench.databases import DATABASES, SETTINGS
from bench.serving import CALM, Answers, served, visit
from tests import postgres

VISITORS = 8
#: So long at most for a preview or an import.
PHASE_SECONDS = 300.0
LEAGUE = "bench"
#: Of the organiser's forms: 32 letters, as the site's own.
SECRET = "b" * 32


async def uploading(url: str, cookies: str, form: bytes, boundary: str) -> None:
    """What visitors wait for before, while files are sent and previewed, and while they are imported."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    headers = {"Cookie": cookies, "X-CSRFToken": SECRET}

    def ask(path: str, body: bytes | None = None, kind: str = "application/x-www-form-urlencoded") -> tuple[str, str]:
        request = Request(url.rstrip("/") + path, data=body, headers=headers | {"Content-Type": kind})
        with urlopen(request) as answer:
            return urlsplit(answer.url).path, answer.read().decode()

    async def phase(name: str, work: Callable[[], None] | None) -> None:
        found, began = Answers(), time.monotonic()
        # Beside others' work: the visitors stop when it is done.
        done = asyncio.Event()
        until = began + (PHASE_SECONDS if work else CALM)
        visitors = [asyncio.create_task(visit(host, port, until, found, n, 0.1, done)) for n in range(VISITORS)]
        if work is not None:
            await asyncio.to_thread(work)
            done.set()
        await asyncio.gather(*visitors)
        taken = time.monotonic() - began
        print(f"{name:12} {taken:6.1f} s  {found.words(taken)}   load {os.getloadavg()[0]:.1f}", flush=True)

    page = ""

    def wait_for(state: str) -> None:
        while state not in ask(page)[1]:
            time.sleep(0.5)

    def preview() -> None:
        nonlocal page
        page, _ = ask(f"/leagues/{LEAGUE}/upload/", form, f"multipart/form-data; boundary={boundary}")
        wait_for("<h1>Preview</h1>")

    def bring_in() -> None:
        ask(f"{page}import/", b"")
        wait_for("<h1>Imported</h1>")

    # Nobody's first page is measured.
    warm = time.monotonic() + CALM / 2
    await asyncio.gather(*(visit(host, port, warm, Answers(), n) for n in range(VISITORS)))
    await phase("before", None)
    await phase("preview", preview)
    await phase("import", bring_in)


def organiser() -> str:
    """The cookies of a member who is signed in and runs a league."""
    import django

    django.setup()
    from allauth.account.models import EmailAddress
    from django.conf import settings
    from django.test import Client

    from simlane.leagues import people
    from simlane.sim.models import League
    from simlane.users.models import User

    user = User.objects.create_user("organiser", "organiser@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    people.make(user, League(name="Bench", slug=LEAGUE))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}; csrftoken={SECRET}"


def drag(folder: Path, boundary: str) -> bytes:
    """The files as one form."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{path.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + path.read_bytes()
        + b"\r\n"
        for path in sorted(folder.iterdir())
    ]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])


def measure(directory: str, count: int) -> None:
    """On the database that the environment names."""
    server, url = served(directory)
    try:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "simlane.config.settings", "VAR_DIR": directory, "HTTPS": "0"}
        cookies = organiser()
        from bench import formats

        folder = Path(directory, "drag")
        folder.mkdir()
        formats.write(folder, "acc", count)
        boundary = "files-of-one-night"
        asyncio.run(uploading(url, cookies, drag(folder, boundary), boundary))
    finally:
        server.terminate()
        server.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default="postgresql")
    parser.add_argument("--files", type=int, default=200)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="simlane-bench-"))
        if arguments.database == "postgresql":
            os.environ |= stack.enter_context(postgres.cluster(*SETTINGS)).environment
        measure(directory, arguments.files)


if __name__ == "__main__":
    main()
