"""Paging through the rows of a list, and showing a page whole or in part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from simlane.web import keyset

PAGE_SIZE = 24
Row = TypeVar("Row")
ModelRow = TypeVar("ModelRow", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, and the addresses of the pages beside it; `first` is the place of its first row."""

    items: list[Row]
    next_url: str | None
    previous_url: str | None
    first: int = 1


def address(request: HttpRequest, **changes: str | None) -> str:
    """This page's address with other parameters; None leaves one out."""
    parameters = request.GET.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value is not None:
            parameters[name] = value
    return f"{request.path}?{parameters.urlencode()}" if parameters else request.path


def paged(
    request: HttpRequest, rows: QuerySet[ModelRow], order: keyset.Order, *, numbered: bool = False
) -> Page[ModelRow]:
    """The page of `rows` that the parameters `after` or `before` ask for; raises BadRequest.

    Where rows are `numbered`, the addresses take along the place of the first one: nothing counts those before it.
    """
    try:
        found = keyset.read(
            rows, order, PAGE_SIZE, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except keyset.InvalidCursorError as error:
        raise BadRequest(str(error)) from error
    first = _first(request) if numbered and found.before else 1
    onwards = {"from": str(first + PAGE_SIZE)} if numbered else {}
    back = {"from": str(max(1, first - PAGE_SIZE))} if numbered else {}
    return Page(
        found.items,
        next_url=address(request, after=found.after, before=None, **onwards) if found.after else None,
        previous_url=address(request, before=found.before, after=None, **back) if found.before else None,
        first=first,
    )


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page rather than for all of it."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def _first(request: HttpRequest) -> int:
    """The place that this page's address says its first row has; only shown, so a wrong one does no harm."""
    number = request.GET.get("from", "")[:9]
    return max(1, int(number)) if number.isascii() and number.isdigit() else 1


def show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for htmx only its part `results`."""
    response = render(request, f"{template}#results" if wants_part(request) else template, context)
    response.headers["Vary"] = "HX-Request"
    return response


def show_section(request: HttpRequest, part: str, context: dict[str, Any], *, page: str) -> HttpResponse:
    """A section that a page loads when it is opened: the template `part` for htmx, else a `page` of its own with it."""
    response = render(request, part if wants_part(request) else page, context | {"part": part})
    response.headers["Vary"] = "HX-Request"
    return response
