"""A driver's best laps, each beside the record of its car on its track."""

from __future__ import annotations

from django.db.models import F, OuterRef, QuerySet, Subquery

from simlane.sim.models import PersonalBest, SimProfile


def with_records(bests: QuerySet[PersonalBest]) -> QuerySet[PersonalBest]:
    """Each with `gap_ms` to the record of its car on its track (0 for the record), and what a table says of it.

    A record is a time without a name: that of a driver whose profile is hidden counts as any other does.
    """
    record = PersonalBest.objects.filter(track=OuterRef("track"), car=OuterRef("car")).order_by("best_lap_ms")
    return bests.select_related("track", "car", "drive").annotate(
        event=F("drive__entry__session__event"),
        event_name=F("drive__entry__session__event__name"),
        session=F("drive__entry__session__number"),
        gap_ms=F("best_lap_ms") - Subquery(record.values("best_lap_ms")[:1]),
    )


def newest_bests(profile: SimProfile, most: int) -> list[PersonalBest]:
    """Of the tracks and cars that were new to the driver last."""
    return list(with_records(profile.bests.order_by("-pk"))[:most])
