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
    """One page of a list, and the addresses of the pages beside it."""

    items: list[Row]
    next_url: str | None
    previous_url: str | None


def address(request: HttpRequest, **changes: str | None) -> str:
    """This page's address with other parameters; None leaves one out."""
    parameters = request.GET.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value is not None:
            parameters[name] = value
    return f"{request.path}?{parameters.urlencode()}" if parameters else request.path


def paged(request: HttpRequest, rows: QuerySet[ModelRow], order: keyset.Order) -> Page[ModelRow]:
    """The page of `rows` that the parameters `after` or `before` ask for; raises BadRequest."""
    try:
        found = keyset.read(
            rows, order, PAGE_SIZE, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except keyset.InvalidCursorError as error:
        raise BadRequest(str(error)) from error
    return Page(
        found.items,
        next_url=address(request, after=found.after, before=None) if found.after else None,
        previous_url=address(request, before=found.before, after=None) if found.before else None,
    )


def show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for htmx only its part `results`."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    partial = bool(htmx) and not htmx.boosted and not htmx.history_restore_request
    response = render(request, f"{template}#results" if partial else template, context)
    response.headers["Vary"] = "HX-Request"
    return response
