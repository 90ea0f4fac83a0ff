"""Pages for visitors without an account: answered by 304 or from the cache after one statement, that of the version.

What decides whether two visitors see the same page is in its key, or else the page is not kept: who has any cookie
but the form's token is answered as ever. Nothing is kept longer than ten minutes, since pages also show the time, and
since somebody may write into the database past the site.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers

from simlane.config import outage
from simlane.config.pages import tables, versions
from simlane.monitoring.metrics import PAGES
from simlane.monitoring.middleware import route_of
from simlane.profiles.rollout import visitors_have_public_profiles

logger = logging.getLogger(__name__)

#: Seconds until a page is made anew even if nothing has changed.
WINDOW = 600
#: Of an address; whoever asks for more is after something else.
QUERY_LENGTH = 300
HTMX = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")
#: Headers of a page that is kept; those of the middleware around this one are made for each answer.
KEPT_HEADERS = ("Content-Type", "Vary", "X-Frame-Options", "Content-Language")
_OLD_RELEASE = {
    "postgresql": """SELECT COUNT(*) FROM pg_attribute WHERE attrelid = to_regclass('sim_simprofile')
        AND attname = 'user_id' AND NOT attisdropped""",
    "sqlite": "SELECT COUNT(*) FROM pragma_table_info('sim_simprofile') WHERE name = 'user_id'",
}


def _lists(of: dict[str, Any], asked: QueryDict) -> int:
    return versions.LISTS


def _profile(of: dict[str, Any], asked: QueryDict) -> int:
    # A part of the page may name drivers whom this one never met: those nearest in rating.
    return versions.LISTS if "section" in asked else versions.bucket("profile", f"{of['slug']}/{of['identifier']}")


def _event(of: dict[str, Any], asked: QueryDict) -> int:
    return versions.bucket("event", of["event_id"])


#: The pages that are kept, by the names of their addresses: the number of the version of what each shows.
KEPT: dict[str, Callable[[dict[str, Any], QueryDict], int]] = {
    **dict.fromkeys(("profiles:detail", "profiles:rating"), _profile),
    **dict.fromkeys(("profiles:event", "profiles:laps", "profiles:entry"), _event),
    **dict.fromkeys(
        (
            "profiles:home",
            "profiles:browse",
            "profiles:simulator",
            "profiles:driver",
            "profiles:events",
            "profiles:leaderboards",
            "profiles:leaderboard",
            "profiles:tracks",
            "profiles:tracks_of",
            "profiles:track",
            "profiles:cars",
            "profiles:cars_of",
            "profiles:car",
            "leagues:list",
            "leagues:league",
            "leagues:season",
            "help:index",
            "help:article",
        ),
        _lists,
    ),
}


#: Where a request's environ holds what was Told of its page.
ON_ENVIRON = "simlane.told"


@dataclass(frozen=True, slots=True)
class Told:
    """Of an answer that everybody may have: whose version it is of, what that was, and until when it may be given.

    `stands` is whether visitors had public profiles, and the version; `until` is in seconds since 1970.
    """

    tag: str
    route: str
    page: int
    stands: tuple[bool, str]
    until: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A page in the cache."""

    headers: dict[str, str]
    content: bytes


class WarmPagesMiddleware:
    """Before sessions and accounts: who gets a page from here has neither."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = _page(request)
        told = None if page is None else _ask(request, page)
        if told is None:
            return self.get_response(request)
        if f'"{told.tag}"' in request.headers.get("If-None-Match", ""):
            PAGES.labels("unchanged").inc()
            return _named(HttpResponse(status=304), told.tag)
        kept: Kept | None = caches["pages"].get(told.tag)
        if kept is not None:
            PAGES.labels("kept").inc()
            # Asked for again: worth knowing. What is asked for once, as by who tries all addresses, pushes nothing out.
            request.META[ON_ENVIRON] = told
            return _named(HttpResponse(kept.content, headers=kept.headers), told.tag)
        if getattr(request, outage.READS_ONLY, False):
            # A page that is made meanwhile says so.
            return self.get_response(request)
        PAGES.labels("made").inc()
        response, statements = self._made(request)
        if not _may_keep(request, response, statements):
            return response
        patch_vary_headers(response, [*HTMX, "Cookie"])
        if request.method == "GET":
            headers = {name: response[name] for name in KEPT_HEADERS if name in response}
            caches["pages"].set(told.tag, Kept(headers, response.content), WINDOW)
        return _named(response, told.tag)

    def _made(self, request: HttpRequest) -> tuple[HttpResponse, list[str]]:
        """The page, and what it asked the database."""
        statements: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
            statements.append(sql)
            return execute(sql, params, many, context)

        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(note))
            return self.get_response(request), statements


def _page(request: HttpRequest) -> int | None:
    """The number of the version of the page that is asked for; None for one that is not kept, or not for everybody."""
    if request.method not in ("GET", "HEAD") or request.COOKIES.keys() - {settings.CSRF_COOKIE_NAME}:
        return None
    if "Authorization" in request.headers or len(request.META.get("QUERY_STRING", "")) > QUERY_LENGTH:
        return None
    try:
        match = resolve(request.path_info)
    except (Resolver404, Http404):
        return None
    number = KEPT.get(match.view_name)
    if number is None:
        return None
    # For who counts requests by their routes.
    request.resolver_match = match
    return number(match.kwargs, request.GET)


def _ask(request: HttpRequest, page: int) -> Told | None:
    """Which page this is now; None when it cannot be said, or differs from visitor to visitor."""
    try:
        has_public_profiles = visitors_have_public_profiles()
        version = versions.read(page)
    except DatabaseError as error:
        if outage.reason(error) is not None:
            raise
        # Before the migration that makes the table.
        return None
    if has_public_profiles is None or version is None:
        return None
    setattr(request, versions.ASKED, versions.Asked(page, version))
    place = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
    htmx = [request.headers.get(name) == "true" for name in HTMX]
    # Each page at another moment.
    window = (int(time.time()) + page) // WINDOW
    whole = repr((release(), place, htmx, has_public_profiles, window, version))
    tag = hashlib.sha256(whole.encode()).hexdigest()[:40]
    until = (window + 1) * WINDOW - page
    return Told(tag, route_of(request), page, (has_public_profiles, version), until)


def _may_keep(request: HttpRequest, response: HttpResponse, statements: list[str]) -> bool:
    """Whether others may be shown what this visitor is."""
    if response.status_code != 200 or response.streaming or response.cookies or "Cache-Control" in response:
        return False
    # Versions are asked of a replica, too, for whether the page is there what it is at the primary.
    if unwatched := tables.unwatched(statements) - {versions.TABLE}:
        logger.warning("%s is not kept: it shows %s", request.path, ", ".join(sorted(unwatched)))
        return False
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        # While the old release may write beside this one nobody sees what it writes.
        cursor.execute(_OLD_RELEASE[connection.vendor])
        return not cursor.fetchone()[0]


def _named(response: HttpResponse, tag: str) -> HttpResponse:
    """With its name, and that whoever keeps it is to ask for it each time."""
    response["ETag"] = f'"{tag}"'
    response["Cache-Control"] = "no-cache"
    if response.status_code == 304:
        del response["Content-Type"]
        patch_vary_headers(response, [*HTMX, "Cookie"])
    return response


@lru_cache(maxsize=1)
def release() -> str:
    """Names this release: two that serve side by side share a Redis, and have other templates and static files."""
    found = hashlib.sha256()
    root = settings.BASE_DIR / "simlane"
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.html"), *([manifest] if manifest.is_file() else [])]):
        found.update(path.read_bytes())
    return found.hexdigest()
