"""Who is entered for a season: its teams, and its drivers with their numbers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from simlane.leagues.models.seasons import Season, SeasonClass


class Team(models.Model):
    """A team of a season, by its name; `folded` is the name as names are compared (sim.identity.names.fold)."""

    season = models.ForeignKey(Season, models.CASCADE, related_name="teams", db_index=False)
    name = models.CharField(max_length=100)
    folded = models.CharField(max_length=255, editable=False)

    class Meta:
        ordering = ["folded", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["season", "folded"],
                name="leagues_team_once",
                violation_error_message="The season has a team of this name already.",
            ),
            models.CheckConstraint(condition=~Q(name="") & ~Q(folded=""), name="leagues_team_named"),
        ]

    def __str__(self) -> str:
        return self.name


class SeasonEntry(models.Model):
    """A driver of a season's entry list; who share a car have one number.

    `identifier` is the platform's own id in canonical form, empty where it is not known: then the driver is who drives
    under that name. `folded` is the name as names are compared.
    """

    season = models.ForeignKey(Season, models.CASCADE, related_name="entries", db_index=False)
    number = models.CharField(max_length=20, blank=True)
    driver_name = models.CharField(max_length=255)
    folded = models.CharField(max_length=255, editable=False)
    identifier = models.CharField(
        "platform id", max_length=255, blank=True, help_text="Of the driver on the season's simulator, if it is known"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="entries")
    season_class = models.ForeignKey(
        SeasonClass, models.SET_NULL, null=True, blank=True, related_name="entries", verbose_name="class"
    )

    class Meta:
        verbose_name_plural = "season entries"
        ordering = ["number", "folded", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["season", "identifier"],
                condition=~Q(identifier=""),
                name="leagues_seasonentry_id_once",
                violation_error_message="The entry list has a driver with this platform id already.",
            ),
            models.UniqueConstraint(
                fields=["season", "folded"],
                condition=Q(identifier=""),
                name="leagues_seasonentry_name_once",
                violation_error_message="The entry list has a driver of this name without a platform id already.",
            ),
            models.CheckConstraint(condition=~Q(driver_name="") & ~Q(folded=""), name="leagues_seasonentry_named"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.driver_name}" if self.number else self.driver_name
