"""A driver's page."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.views.decorators.http import require_safe

from simlane.profiles import addresses
from simlane.profiles.views.driver import in_driver_page, totals
from simlane.profiles.views.missing import not_found
from simlane.sim.identity.identifiers import normalise_or_none
from simlane.sim.models import Entry, EntryDriver, PersonalBest, Session, SimProfile, Simulator
from simlane.web import keyset
from simlane.web.listing import paged, show

RECENT = 10
#: Races the chart shows; average and best finish are of these.
CHARTED = 100
BESTS = 60
CHART_KEYS = ("day", "position", "field", "status", "event", "track")
NEWEST = keyset.Order("raced_at", descending=True)


@require_safe
def detail(request: HttpRequest, slug: str, identifier: str) -> HttpResponse:
    """One driver on one simulator."""
    visible = SimProfile.objects.visible_to(request.user).select_related("simulator", "linked_user")
    profile = visible.filter(simulator__slug=slug, profile_identifier=identifier.replace("\0", "")).first()
    if profile is None:
        return _elsewhere(request, slug, identifier)
    if request.GET.get("results") == "all":
        return _all_results(request, profile)
    finishes = _finishes(profile)
    positions = [finish["position"] for finish in finishes]
    context = {
        "profile": profile,
        "simulator": profile.simulator,
        "is_owner": request.user.is_authenticated and profile.linked_user_id == request.user.pk,
        "has_driver_page": in_driver_page(profile),
        "former_names": list(
            profile.names.exclude(name=profile.profile_name).order_by("-last_used_at").values_list("name", flat=True)
        ),
        "statistics": totals([profile]),
        "best_finish": min(positions, default=None),
        "average_finish": sum(positions) / len(positions) if positions else None,
        "bests": _bests(profile),
        "recent": _drives(profile)
        .filter(entry__session__kind=Session.Kind.RACE)
        .select_related("entry__car", "entry__session__event__track")[:RECENT],
        "finishes": finishes,
        "has_retirements": any(finish["status"] for finish in finishes),
        "finishes_data": [{key: finish[key] for key in CHART_KEYS} for finish in finishes],
    }
    return render(request, "profiles/detail.html", context)


def _all_results(request: HttpRequest, profile: SimProfile) -> HttpResponse:
    """Every session the driver was in, practice and qualifying too, page by page."""
    drives = EntryDriver.objects.filter(profile=profile)
    page = paged(request, drives.select_related("entry__car", "entry__session__event__track"), NEWEST)
    return show(request, "profiles/results.html", {"profile": profile, "simulator": profile.simulator, "page": page})


def _elsewhere(request: HttpRequest, slug: str, identifier: str) -> HttpResponse:
    """An id written otherwise, or of a profile merged into another, leads to its page; else a 404 with the nearest."""
    simulator = Simulator.objects.filter(slug=slug).first()
    if simulator is None:
        return not_found(request, identifier)
    canonical = normalise_or_none(simulator.identifier_kind, identifier) or ""
    written = [identifier.replace("\0", ""), canonical]
    known = SimProfile.objects.visible_to(request.user).filter(simulator=simulator).select_related("simulator")
    profile = known.filter(
        Q(profile_identifier=canonical) | Q(merged__profile_identifier__in=written, merged__simulator=simulator)
    ).first()
    if profile is None:
        return not_found(request, identifier)
    # A merge can be undone: no browser is to remember it for good.
    return redirect(addresses.of_profile(profile), permanent=profile.profile_identifier == canonical)


def _drives(profile: SimProfile) -> Any:
    return EntryDriver.objects.filter(profile=profile).order_by("-raced_at", "-pk")


def _bests(profile: SimProfile) -> list[PersonalBest]:
    """Best laps by track and car; read in the order of their index and sorted here, so that few or many cost alike."""
    found = PersonalBest.objects.filter(profile=profile).select_related("track", "car", "drive__entry__session")
    return sorted(
        found.order_by("track_id", "car_id")[:BESTS],
        key=lambda best: (best.track.name, best.track.layout, best.best_lap_ms),
    )


def _finishes(profile: SimProfile) -> list[dict[str, Any]]:
    """The last races with a position, heats apart, the oldest first."""
    last_row = Entry.objects.filter(session=OuterRef("entry__session")).order_by("-row").values("row")[:1]
    rows = (
        _drives(profile)
        .filter(entry__session__kind=Session.Kind.RACE, entry__position__isnull=False)
        .exclude(entry__session__stage=Session.Stage.HEAT)
        .annotate(field_size=Subquery(last_row) + 1)
        .values_list(
            "raced_at",
            "entry__position",
            "field_size",
            "entry__status",
            "entry__session__event_id",
            "entry__session__event__name",
            "entry__session__event__track__name",
        )[:CHARTED]
    )
    return [
        {
            "date": raced_at.isoformat(),
            "day": format_date(raced_at, "j M Y"),
            "position": position,
            "field": field,
            # Empty for who saw the flag.
            "status": "" if status == Entry.Status.FINISHED else Entry.Status(status).label,
            "event": event,
            "url": reverse("profiles:event", args=[event_id]),
            "track": track or "",
        }
        for raced_at, position, field, status, event_id, event, track in reversed(rows)
    ]
