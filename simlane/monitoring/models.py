"""Counts for the staff's page, kept for 30 days: never the text of a search, nor who searched."""

from __future__ import annotations

from django.db import models

PATH_LENGTH = 200
#: The last bucket of a histogram has no upper bound.
UNBOUNDED = 2_147_483_647


class MissingAddress(models.Model):
    """How often an address was a 404 on a day; the empty path stands for all beyond the day's cap."""

    day = models.DateField()
    path = models.CharField(max_length=PATH_LENGTH, blank=True)
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "path"], name="watch_missing_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.path}"


class SearchTimes(models.Model):
    """A bucket of a day's histogram: how many searches took up to so long, and longer than the bucket before."""

    day = models.DateField()
    up_to_ms = models.IntegerField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "up_to_ms"], name="watch_search_times_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.up_to_ms} ms"


class SlowSearch(models.Model):
    """One of a day's slowest searches: its shape, not its text."""

    day = models.DateField(db_index=True)
    milliseconds = models.IntegerField()
    length = models.IntegerField()
    words = models.IntegerField()
    simulator = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-milliseconds", "id"]

    def __str__(self) -> str:
        return f"{self.day} {self.milliseconds} ms"
