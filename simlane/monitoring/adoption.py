"""Counts of profiles and links, read through indexes, at most once a minute by all processes together."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from simlane.sim.models import SimProfile

SECONDS = 60
# A count of its own for each: one pass over whole rows would read every profile's data.
_TOTALS = """SELECT
    (SELECT COUNT(*) FROM sim_simprofile) - (SELECT COUNT(*) FROM sim_simprofile WHERE merged_into_id IS NOT NULL),
    (SELECT COUNT(*) FROM sim_simprofile WHERE linked_user_id IS NOT NULL),
    (SELECT COUNT(*) FROM sim_simprofile WHERE linked_user_id IS NOT NULL AND is_verified),
    (SELECT COUNT(*) FROM sim_simprofile WHERE is_public = %s AND merged_into_id IS NULL)"""


def totals() -> dict[str, int]:
    """`total`, `linked`, `verified` and `private` profiles."""
    found: dict[str, int] | None = cache.get("monitoring:totals")
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(_TOTALS, [False])
            found = dict(zip(("total", "linked", "verified", "private"), cursor.fetchone(), strict=True))
        cache.set("monitoring:totals", found, SECONDS)
    return found


def links_by_day(days: int) -> list[dict[str, Any]]:
    """For each of the last days, today the last, how many of today's links were made on it."""
    today = timezone.now().date()
    key = f"monitoring:links:{today}:{days}"
    counts: dict[date, int] | None = cache.get(key)
    if counts is None:
        since = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
        # That somebody is linked is said twice: there is an index of it, and none of the time.
        linked = SimProfile.objects.filter(linked_user__isnull=False, linked_at__gte=since)
        rows = linked.annotate(day=TruncDate("linked_at")).values("day").annotate(links=Count("pk")).order_by("day")
        counts = {row["day"]: row["links"] for row in rows}
        cache.set(key, counts, SECONDS)
    return [{"day": day, "links": counts.get(day, 0)} for day in last_days(days)]


def last_days(days: int) -> list[date]:
    """The last days, the oldest first."""
    today = timezone.now().date()
    return [today - timedelta(days=back) for back in reversed(range(days))]
