"""The laps of a session: as data for the charts of its event's page, and as tables."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from simlane.profiles import lap_tables, session_laps
from simlane.profiles.addresses import of_laps
from simlane.profiles.views.missing import not_found
from simlane.profiles.views.reading import elsewhere, read_session
from simlane.sim.errors import Refused
from simlane.sim.laps import pace
from simlane.web.listing import show

#: One more whenever `session_laps.drawn` says something else.
SHAPE = 2


@require_safe
def data(request: HttpRequest, event_id: int, number: int) -> HttpResponse:
    """What the charts of a session draw, as JSON."""
    if refused := consume_or_429(request, action="laps", limit_get=True):
        return refused
    session = read_session(request.user, event_id, number)
    if session is None:
        return JsonResponse({"error": "There is no such session."}, status=404)
    # A session whose results change is stored anew, with a key that none had before.
    etag = f'"{session.pk}-{SHAPE}"'
    answer = get_conditional_response(request, etag)
    if answer is None:
        try:
            answer = JsonResponse(session_laps.drawn(session, session_laps.cars_of(session)))
        except Refused as refusal:
            return JsonResponse({"error": str(refusal)}, status=422)
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@require_safe
def tables(request: HttpRequest, event_id: int, slug: str, number: int) -> HttpResponse:
    """The figures of the charts in tables: `show` is one of the kinds, `from` the lap that they begin with."""
    session = read_session(request.user, event_id, number)
    if session is None:
        return not_found(request, "")
    if answer := elsewhere(request, of_laps(session.event, session)):
        return answer
    if refused := consume_or_429(request, action="laps", limit_get=True):
        return refused
    kinds = lap_tables.kinds(session)
    kind = request.GET.get("show", "") or lap_tables.PACE
    if kind not in kinds:
        raise BadRequest(f"The laps of this session have no table “{kind[:20]}”: choose one of its tables.")
    try:
        cars = session_laps.cars_of(session)
    except Refused as refusal:
        raise BadRequest(str(refusal)) from refusal
    context: dict[str, Any] = {
        "event": session.event,
        "session": session,
        "kinds": kinds,
        "kind": kind,
        "title": kinds[kind],
        "laps_url": of_laps(session.event, session),
        "cars": cars,
        "pages": lap_tables.pages(cars),
        "first": _first(request),
    }
    if kind == lap_tables.PACE:
        paces = context["paces"] = lap_tables.paces(session, cars)
        context["best_sectors"] = pace.fastest(each.sectors for each in paces)
    else:
        context["blocks"] = lap_tables.blocks(session, cars, kind, context["first"])
    return show(request, "profiles/laps.html", context)


def _first(request: HttpRequest) -> int:
    """The first lap of the page that is asked for; raises BadRequest."""
    text = request.GET.get("from", "") or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text)):
        raise BadRequest(f"“{text[:20]}” is no lap: choose one of the pages.")
    return int(text)
