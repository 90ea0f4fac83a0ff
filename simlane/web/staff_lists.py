"""What Django's admin gives to the database unread: parameters of its lists are looked at before it sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

#: A longer number is in no column.
DIGITS = 18
_NUMBER = re.compile(rf"-?\d{{{DIGITS + 1},}}")


class StaffListsMiddleware:
    """A parameter that no list of the admin can be asked for is a 400: the databases' drivers raise on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        match = request.resolver_match
        if match is None or match.app_name != "admin":
            return
        for name, values in request.GET.lists():
            if any(map(_is_unreadable, values)) or name.endswith("regex") or (name == "_to_field" and "" in values):
                raise BadRequest(f"“{name[:40]}” in the address cannot be read. Take it out, or start from the list.")


def _is_unreadable(value: str) -> bool:
    return "\0" in value or any(_NUMBER.fullmatch(part) for part in value.split(","))
