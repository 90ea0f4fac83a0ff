"""What is stored of a driver's career beside the profile's own figures: sim.career makes it, of results alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from django.db import models

from simlane.sim.models.profile import SimProfile


class CareerYear(models.Model):
    """A driver's starts of one year (UTC) added up; a year without a start has no row.

    Counted by the rules of the profile's figures (sim.career.statistics). Of a car that is shared each of its drivers
    has the laps led and the places; laps, incidents and time are their own.

    - `finishes`: starts that ended at the flag;
    - `poles`: starts from the first place of the grid, heats apart;
    - `fastest_laps`: races in which no car was faster on a lap;
    - `gained`: places from grid to finish in the `gridded` starts that have both; lost ones are negative;
    - `places`: the sum of the positions in the `placed` starts that have one, `best` the least of them;
    - `incidents`: those of the starts of which they and the time driven (`incident_ms`) are known.
    """

    profile = models.ForeignKey(SimProfile, on_delete=models.CASCADE, related_name="years", db_index=False)
    year = models.PositiveSmallIntegerField()
    starts = models.PositiveIntegerField()
    wins = models.PositiveIntegerField()
    podiums = models.PositiveIntegerField()
    class_wins = models.PositiveIntegerField()
    class_podiums = models.PositiveIntegerField()
    finishes = models.PositiveIntegerField()
    poles = models.PositiveIntegerField()
    fastest_laps = models.PositiveIntegerField()
    laps = models.PositiveBigIntegerField()
    laps_led = models.PositiveBigIntegerField()
    gridded = models.PositiveIntegerField()
    gained = models.BigIntegerField()
    placed = models.PositiveIntegerField()
    places = models.PositiveBigIntegerField()
    best = models.PositiveIntegerField(null=True)
    incidents = models.PositiveBigIntegerField()
    incident_ms = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["-year"]
        constraints = [models.UniqueConstraint(fields=["profile", "year"], name="sim_careeryear_once")]

    def __str__(self) -> str:
        return f"{self.year}: {self.starts} starts"

    @classmethod
    def added(cls, years: Iterable[Self]) -> Self:
        """What these years come to together, as a row that is in no table; its `year` is 0."""
        rows = list(years)
        columns = [each.attname for each in cls._meta.concrete_fields if each.name not in _NOT_ADDED]
        sums = {name: sum(getattr(row, name) for row in rows) for name in columns}
        return cls(year=0, best=min((row.best for row in rows if row.best), default=None), **sums)

    @property
    def win_rate(self) -> float | None:
        """Percent of the starts; None before the first."""
        return 100 * self.wins / self.starts if self.starts else None

    @property
    def finish_rate(self) -> float | None:
        """Percent of the starts that ended at the flag; None before the first."""
        return 100 * self.finishes / self.starts if self.starts else None

    @property
    def average_place(self) -> float | None:
        """The mean position; None where no start has one."""
        return self.places / self.placed if self.placed else None

    @property
    def incidents_per_hour(self) -> float | None:
        """Incidents in an hour of racing; None where no file tells them."""
        return 3_600_000 * self.incidents / self.incident_ms if self.incident_ms else None


_NOT_ADDED = {"id", "profile", "year", "best"}
