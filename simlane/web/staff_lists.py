"""What Django's admin gives to the database unread: the parameters of its lists, for every list of every library."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.db import DataError, NotSupportedError
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

#: What Django and the databases' drivers raise for a value that no column can hold, once the rows are asked for:
#: Django's own list looks at such errors only while it puts the query together.
UNREADABLE = (DataError, NotSupportedError, OverflowError, TypeError, ValueError)


class StaffListsMiddleware:
    """A list that is asked for what cannot be is a 400, not a fault."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        match = request.resolver_match
        if match is None or match.app_name != "admin":
            return
        for name, values in request.GET.lists():
            # A pattern can keep a database busy for ever; an empty field is looked for and not found.
            if name.endswith("regex") or (name == "_to_field" and "" in values):
                raise BadRequest(f"“{name[:40]}” in the address cannot be read. Take it out, or start from the list.")

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        match = request.resolver_match
        is_list = match is not None and match.app_name == "admin" and (match.url_name or "").endswith("_changelist")
        if is_list and request.method in ("GET", "HEAD") and request.GET and isinstance(exception, UNREADABLE):
            logger.warning("a list was asked for what cannot be: %s: %s", type(exception).__name__, exception)
            raise BadRequest("This list cannot be filtered so. Start again from the whole list.") from exception
