"""The statistics of the staff's rollout page, read in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Max, Min, Sum

from simlane.monitoring.adoption import last_days
from simlane.monitoring.models import UNBOUNDED, MissingAddress, SearchTimes, SlowSearch
from simlane.monitoring.notes import SEARCH_MS

ADDRESSES_SHOWN = 50
SEARCHES_SHOWN = 20


def quantile(histogram: Mapping[int, int], share: float) -> float | None:
    """The milliseconds that `share` of the searches did not take longer than, evenly spread within their bucket.

    As Prometheus' histogram_quantile: beyond the last bound it is that bound. None without a search.
    """
    wanted = sum(histogram.values()) * share
    if not wanted:
        return None
    before, lower = 0, 0
    for upper in SEARCH_MS:
        count = histogram.get(upper, 0)
        if count and before + count >= wanted:
            return lower + (upper - lower) * (wanted - before) / count
        before, lower = before + count, upper
    return float(SEARCH_MS[-1])


def searches_by_day(days: int) -> list[dict[str, Any]]:
    """For each day how many searches, and how long half and 95 % of them took at most."""
    shown = last_days(days)
    histograms: dict[date, dict[int, int]] = defaultdict(dict)
    for day, bound, count in SearchTimes.objects.filter(day__gte=shown[0]).values_list("day", "up_to_ms", "count"):
        histograms[day][bound] = count
    return [
        {
            "day": day,
            "searches": sum(histograms[day].values()),
            "p50": quantile(histograms[day], 0.5),
            "p95": quantile(histograms[day], 0.95),
            "beyond": histograms[day].get(UNBOUNDED, 0),
        }
        for day in shown
    ]


def slowest_searches(days: int) -> list[SlowSearch]:
    return list(SlowSearch.objects.filter(day__gte=last_days(days)[0])[:SEARCHES_SHOWN])


def missing_by_day(days: int) -> list[dict[str, Any]]:
    """For each day how many 404s."""
    shown = last_days(days)
    rows = MissingAddress.objects.filter(day__gte=shown[0]).values("day").annotate(times=Sum("count")).order_by("day")
    times = {row["day"]: row["times"] for row in rows}
    return [{"day": day, "times": times.get(day, 0)} for day in shown]


def missing_addresses(days: int, day: date | None) -> list[dict[str, Any]]:
    """The most frequent ones, of that day or of all days."""
    rows = MissingAddress.objects.filter(day=day) if day else MissingAddress.objects.filter(day__gte=last_days(days)[0])
    grouped = rows.values("path").annotate(times=Sum("count"), first=Min("day"), last=Max("day"))
    return [dict(row) for row in grouped.order_by("-times", "path")[:ADDRESSES_SHOWN]]
