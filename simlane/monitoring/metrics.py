"""The metrics that `/metrics` gives. With PROMETHEUS_MULTIPROC_DIR set they are those of all server processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from simlane.monitoring import adoption
from simlane.monitoring.metric_files import MetricFile
from simlane.monitoring.notes import SEARCH_MS
from simlane.upgrade import status
from simlane.upgrade.state import State

# Before the first metric is made. The library has no other way to say where they are kept.
values.MmapedDict = MetricFile  # type: ignore[attr-defined]

#: Anybody may send any word as a method.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

OWN = CollectorRegistry()
REQUESTS = Counter("simlane_requests", "Requests answered", ["route", "method", "status"], registry=OWN)
LATENCY = Histogram(
    "simlane_request_seconds",
    "Seconds from the request to its answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=OWN,
)
MISSING = Counter("simlane_missing", "404s under /profiles/ and the old model's addresses", ["area"], registry=OWN)
SEARCH = Histogram(
    "simlane_search_seconds",
    "Seconds that a search for drivers took in the database and ranking",
    buckets=[milliseconds / 1000 for milliseconds in SEARCH_MS],
    registry=OWN,
)
PAGES = Counter(
    "simlane_pages", "Pages for visitors: unchanged since they had them, kept, or made", ["answer"], registry=OWN
)


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    REQUESTS.labels(route, method if method in METHODS else "other", f"{status // 100}xx").inc()
    LATENCY.labels(route).observe(seconds)


class Adoption(Collector):
    """Read from the database when somebody asks; without it the other metrics are still given."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("simlane_database_up", "1 while the database answers", 1)
        try:
            totals = adoption.totals()
        except DatabaseError:
            yield GaugeMetricFamily("simlane_database_up", "1 while the database answers", 0)
            return
        yield up
        for name, number in totals.items():
            # "_total" is how Prometheus ends the names of counters.
            own_name = "simlane_profiles" if name == "total" else f"simlane_profiles_{name}"
            yield GaugeMetricFamily(own_name, f"Profiles: {name}", number)


class Upgrade(Collector):
    """Where the move from the old model is, at most a minute old."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            found: dict[str, Any] | None = cache.get("monitoring:upgrade")
            if found is None:
                found = status.summary()
                cache.set("monitoring:upgrade", found, adoption.SECONDS)
        except DatabaseError:
            return
        state = GaugeMetricFamily("simlane_upgrade_state", "1 for the state that this install is in", labels=["state"])
        for each in State:
            state.add_metric([each.value], each.value == found["state"])
        yield state
        failed = sum(step["state"] == "failed" for step in found["steps"])
        yield GaugeMetricFamily("simlane_upgrade_steps_failed", "Steps of the upgrade whose last try failed", failed)
        if seen_at := found["old_release_seen_at"]:
            yield GaugeMetricFamily(
                "simlane_upgrade_old_release_seen_timestamp_seconds",
                "When the old release was last seen writing, Unix time",
                seen_at.timestamp(),
            )


def exposition() -> bytes:
    """Prometheus' text."""
    answer = CollectorRegistry()
    for collector in (Adoption(), Upgrade()):
        answer.register(collector)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(answer)  # type: ignore[no-untyped-call]
        return generate_latest(answer)
    return generate_latest(OWN) + generate_latest(answer)
