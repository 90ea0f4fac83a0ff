"""The one table of this room: which version of itself each page shows."""

from __future__ import annotations

from django.db import models


class PageVersion(models.Model):
    """A random number for each change: one that was never there before, even after a restore from a backup.

    Pages share numbers (see config.pages.versions), so the table has a bounded number of rows.
    """

    bucket = models.IntegerField(primary_key=True)
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.bucket}: {self.version}"
