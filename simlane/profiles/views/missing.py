"""The pages for 404 and 400."""

from __future__ import annotations

import re

from allauth.core.ratelimit import consume_or_429
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from simlane.sim.models import SimProfile, Simulator
from simlane.sim.search.query import MAX_LENGTH, search, typed

_UUID = re.compile(r"-?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
SUGGESTIONS = 6


def not_found(request: HttpRequest, wanted: str) -> HttpResponse:
    """A 404 that offers the profiles whose name or id is nearest to what the address asked for."""
    query = typed(_UUID.sub("", wanted).replace("-", " "))[:MAX_LENGTH]
    # It counts as a search: who has made too many gets the page without suggestions.
    may_search = bool(query) and consume_or_429(request, action="search", limit_get=True) is None
    hits = search(SimProfile.objects.public(), query).hits[:SUGGESTIONS] if may_search else []
    context = {
        "query": query,
        "suggestions": [hit.profile for hit in hits],
        "simulators": Simulator.objects.all(),
    }
    return render(request, "404.html", context, status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A 400 with the message of a BadRequest; other errors are for the log only."""
    message = str(exception) if isinstance(exception, BadRequest) else ""
    return render(request, "400.html", {"message": message}, status=400)
