"""Whom members follow: drivers and leagues."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from simlane.sim.models import League, SimProfile


class Follow(models.Model):
    """A member wants to hear of new results of a driver, or of a league.

    A follow of a profile that was merged into another stands for that one, as long as the merge does.
    """

    # As of notifications: on PostgreSQL the database itself deletes an account's rows.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows", db_index=False, db_constraint=False
    )
    profile = models.ForeignKey(
        SimProfile, models.CASCADE, null=True, blank=True, related_name="follows", db_index=False
    )
    league = models.ForeignKey(League, models.CASCADE, null=True, blank=True, related_name="follows", db_index=False)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(profile__isnull=True, league__isnull=False) | Q(profile__isnull=False, league__isnull=True),
                name="users_follow_of_one",
            ),
            models.UniqueConstraint(fields=["user", "profile"], name="users_follow_profile_once"),
            models.UniqueConstraint(fields=["user", "league"], name="users_follow_league_once"),
        ]
        # New results are looked for by whom they are of.
        indexes = [
            models.Index(fields=["profile"], condition=Q(profile__isnull=False), name="users_follow_profile_idx"),
            models.Index(fields=["league"], condition=Q(league__isnull=False), name="users_follow_league_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.profile_id or self.league_id}"
