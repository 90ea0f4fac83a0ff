"""Files that an organiser has uploaded, from the preview to the event that each made."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from simlane.leagues.models.accounts import owner
from simlane.results.models import Way
from simlane.sim.models import Event, League


class Upload(models.Model):
    """What one person put in at once: read for a preview, and imported once they say so; or what a program sent.

    `beat_at` is when the job that reads or imports it last showed that it lives; one whose worker died is begun again.
    `tries` counts the jobs that have come to the file that is next.
    """

    class State(models.TextChoices):
        READING = "reading", "Being read"
        PREVIEWED = "previewed", "Not imported yet"
        IMPORTING = "importing", "Being imported"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    league = models.ForeignKey(League, models.CASCADE, related_name="uploads", db_index=False)
    user = owner("uploads")
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    replace = models.BooleanField(
        default=False, db_default=False, help_text="Whether a file takes the place of another of its sessions"
    )
    way = models.CharField(max_length=10, choices=Way, default=Way.UPLOAD, db_default=Way.UPLOAD.value)
    made_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["league", "-made_at"], name="leagues_upload_league_idx"),
            models.Index(fields=["made_at"], name="leagues_upload_made_idx"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class UploadedFile(models.Model):
    """One file of an upload, or of a zip archive in it, and what came of it."""

    class Outcome(models.TextChoices):
        READABLE = "readable", "Would be imported"
        IMPORTED = "imported", "Imported"
        UNCHANGED = "unchanged", "In already"
        REFUSED = "refused", "Refused"
        SKIPPED = "skipped", "No result file"
        FAILED = "failed", "To be sent again"

    # Its rows go with the upload's: see accounts.owner.
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="files", db_constraint=False, db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=255)
    outcome = models.CharField(max_length=10, choices=Outcome)
    detail = models.TextField(blank=True, help_text="What is wrong with it, or what was read of it")
    event = models.ForeignKey(Event, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="leagues_uploadedfile_once")]

    def __str__(self) -> str:
        return self.name
