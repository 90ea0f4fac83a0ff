"""The outermost middleware: gives each request its id, counts it and writes its line in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty

from simlane.monitoring import logs, recording
from simlane.sim.identity.names import printable

HEADER = "X-Request-ID"
PATH_LENGTH = 500
#: Parts of addresses that are secrets, by their names in the routes.
SECRETS = {"secret", "key"}
HIDDEN = "…"
access = logging.getLogger("simlane.access")
logger = logging.getLogger(__name__)


class MonitoringMiddleware:
    """First of all middleware, so that redirects, refusals and static files have an id and a line as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own_id = logs.chosen_id(request.headers.get(HEADER))
        # Until the answer is sent: Django logs a 404 only after all middleware, see `forget_id`.
        logs.request_id.set(own_id)
        started = time.perf_counter()
        response = self.get_response(request)
        response[HEADER] = own_id
        self._note(request, response.status_code, time.perf_counter() - started)
        return response

    def _note(self, request: HttpRequest, status: int, seconds: float) -> None:
        with _harmless():
            method, route, path = request.method or "", route_of(request), request.path
            note(method, route, path, status, seconds, shown=_without_secrets(request), user=_user_id(request))


def note(
    method: str,
    route: str,
    path: str,
    status: int,
    seconds: float,
    *,
    shown: str | None = None,
    user: object = logs.NONE,
) -> None:
    """Count a request and write its line; the log shows the path as `shown` where that is another."""
    with _harmless():
        recording.request(route, method, status, seconds, path)
        fields = {
            "method": printable(method, 16),
            "route": route,
            "path": printable(path if shown is None else shown, PATH_LENGTH),
            "status": status,
            "ms": round(seconds * 1000),
            "user": user,
        }
        line = '%(method)s %(route)s "%(path)s" %(status)s %(ms)s ms user=%(user)s'
        access.info(line, fields, extra={"access": fields})


@contextmanager
def _harmless() -> Iterator[None]:
    """A fault of the monitoring must not cost the visitor the page."""
    try:
        yield
    except Exception:
        logger.exception("a request could not be noted")


def forget_id(**_: Any) -> None:
    """Clear the request id at the end of a request, so that later log lines of the thread do not carry it."""
    logs.request_id.set(logs.NONE)


def route_of(request: HttpRequest) -> str:
    """The route's name, never the path: there are only so many. A route without a name stands by its pattern."""
    match = request.resolver_match
    if match is not None:
        return match.view_name if match.url_name else match.route
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def _without_secrets(request: HttpRequest) -> str:
    """The path; a key that opens something to whoever has it, of an invitation or of a mail, is not written down."""
    path = request.path
    for name, value in request.resolver_match.kwargs.items() if request.resolver_match else ():
        if name in SECRETS:
            path = path.replace(str(value), HIDDEN)
    return path


def _user_id(request: HttpRequest) -> object:
    """The user's key if the page has loaded the user: a line in the log is worth no query."""
    user = request.__dict__.get("user")
    if user is None or (isinstance(user, LazyObject) and user._wrapped is empty):
        return logs.NONE
    return user.pk or logs.NONE
