"""Tracks and cars, by the names that result files give them.

`slug` is the end of the page's address, unique within a simulator; see sim.career.slugs. It is null until it is
given: an older release that still writes during an upgrade knows none.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from simlane.sim.models.simulator import Simulator

SLUG_LENGTH = 120


class Track(models.Model):
    """A track of one simulator, in one layout (empty when it has only one)."""

    simulator = models.ForeignKey(Simulator, on_delete=models.PROTECT, related_name="tracks", db_index=False)
    name = models.CharField(max_length=255)
    layout = models.CharField(max_length=255, blank=True)
    slug = models.CharField(max_length=SLUG_LENGTH, null=True, editable=False)  # noqa: DJ001 - null is none yet

    class Meta:
        ordering = ["name", "layout"]
        constraints = [
            models.UniqueConstraint(fields=["simulator", "name", "layout"], name="sim_track_once"),
            models.UniqueConstraint(
                fields=["simulator", "slug"], name="sim_track_slug_once", condition=Q(slug__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} – {self.layout}" if self.layout else self.name


class Car(models.Model):
    """A car model of one simulator."""

    simulator = models.ForeignKey(Simulator, on_delete=models.PROTECT, related_name="cars", db_index=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=SLUG_LENGTH, null=True, editable=False)  # noqa: DJ001 - null is none yet

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["simulator", "name"], name="sim_car_once"),
            models.UniqueConstraint(
                fields=["simulator", "slug"], name="sim_car_slug_once", condition=Q(slug__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name
