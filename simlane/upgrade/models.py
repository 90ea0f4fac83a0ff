"""What the upgrade has done, for whoever goes on with it, and for the page that shows it."""

from __future__ import annotations

from django.db import models


class UpgradeStep(models.Model):
    """A step of an upgrade, or of a way back; a row per step, written anew when the step is run again."""

    name = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(default=0)
    detail = models.TextField(blank=True, default="")
    failed = models.BooleanField(default=False)

    class Meta:
        ordering = ["started_at", "id"]

    def __str__(self) -> str:
        return self.name
