"""Parameters that the lists of profiles and events have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest

from simlane.sim.models import SimProfile, Simulator
from simlane.web import keyset
from simlane.web.listing import paged

SORTS = {
    "recent": ("Recent activity", keyset.Order("last_active_at", descending=True)),
    "name": ("Name", keyset.Order("name_key")),
    "starts": ("Most starts", keyset.Order("starts", descending=True)),
}


def chosen_simulator(request: HttpRequest, simulators: Iterable[Simulator]) -> Simulator | None:
    """The simulator the parameter `sim` names; raises BadRequest for one that does not exist."""
    slug = request.GET.get("sim", "")
    if not slug:
        return None
    for simulator in simulators:
        if simulator.slug == slug:
            return simulator
    raise BadRequest(f"There is no simulator “{slug[:40]}”. Choose one from the list.")


def profile_list(request: HttpRequest, profiles: QuerySet[SimProfile]) -> dict[str, Any]:
    """A page of profiles in the chosen order, and the choices; raises BadRequest."""
    sort = request.GET.get("sort") or "recent"
    if sort not in SORTS:
        raise BadRequest(f"Profiles cannot be sorted by “{sort[:40]}”: use {', '.join(SORTS)}.")
    verified = request.GET.get("verified", "") not in ("", "0")
    if verified:
        profiles = profiles.filter(is_verified=True)
    listed = profiles.select_related("simulator").defer("profile_data")
    return {
        "page": paged(request, listed, SORTS[sort][1]),
        "sort": sort,
        "sorts": [(value, label) for value, (label, _) in SORTS.items()],
        "verified": verified,
    }
