"""Which result files came in, so that none comes in twice."""

from __future__ import annotations

from django.db import models

from simlane.sim.models import Event


class ResultFile(models.Model):
    """A result file that was imported: by its bytes and by what it says, so that a re-encoded copy is known too."""

    sha256 = models.CharField(max_length=64, unique=True)
    content_sha256 = models.CharField(max_length=64, unique=True)
    filename = models.CharField(max_length=255)
    format = models.CharField(max_length=30)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="result_files")
    imported_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.filename
