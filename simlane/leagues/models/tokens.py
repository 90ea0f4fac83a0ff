"""Tokens with which a program brings in a league's results."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from simlane.sim.models import League
from simlane.sim.models.accounts import somebody


class Token(models.Model):
    """A program's permission, for one league and one purpose; only a digest of it is kept.

    `beginning` is its first letters, by which a person tells two tokens apart.
    """

    class Scope(models.TextChoices):
        RESULTS = "results:write", "Bring in results"

    league = models.ForeignKey(League, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=16)
    scope = models.CharField(max_length=20, choices=Scope, default=Scope.RESULTS)
    made_by = somebody()
    made_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"
