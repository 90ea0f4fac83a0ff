"""A league's seasons, their rules and their classes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from simlane.sim.models import League, Simulator

#: Slugs that are addresses of their own under a league's, now or soon.
RESERVED_SEASONS = (
    *("archive", "calendar", "decisions", "drivers", "edit", "events", "feed", "incidents", "names", "new", "people"),
    *("penalties", "protests", "records", "reports", "rulings", "seasons", "standings", "stewards", "tokens", "upload"),
)


class Season(models.Model):
    """A championship of a league on one simulator: how its rounds are scored and added up.

    A draft is seen by the league's people only. Standings follow from results in every state (rule 12); a final season
    takes no new rounds by itself. Of the rounds that are held, at most all but `drop_rounds` count.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        RUNNING = "running", "Running"
        FINAL = "final", "Final"

    class Scope(models.TextChoices):
        OVERALL = "overall", "Overall"
        CLASS = "class", "In each class"

    class TieBreak(models.TextChoices):
        COUNTBACK = "countback", "The better places, then the last race"
        SHARED = "shared", "Share the place"

    league = models.ForeignKey(League, models.PROTECT, related_name="seasons", db_index=False)
    simulator = models.ForeignKey(Simulator, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(
        max_length=60,
        help_text="The season's address within the league. Small letters, digits and hyphens.",
    )
    description = models.TextField(max_length=4000, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    scope = models.CharField(
        "points are given", max_length=10, choices=Scope, default=Scope.OVERALL, help_text="By which places"
    )
    drop_rounds = models.PositiveSmallIntegerField(default=0, help_text="How many of a driver's worst rounds fall away")
    team_drop_rounds = models.PositiveSmallIntegerField(
        default=0, help_text="How many of a team's worst rounds fall away"
    )
    drops_disqualified = models.BooleanField(
        "a disqualification may be dropped", default=True, help_text="Whether a round with one may fall away"
    )
    team_cars = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many of a team's cars count in a race, the best ones; empty: all"
    )
    minimum_distance = models.PositiveSmallIntegerField(
        default=0, help_text="Percent of the laps of the class winner that a car must have driven to score"
    )
    listed_only = models.BooleanField(
        "only the entry list scores", default=False, help_text="Others keep their places and get no points"
    )
    tie_break = models.CharField(
        "equal points", max_length=10, choices=TieBreak, default=TieBreak.COUNTBACK, help_text="Who is before whom"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["league", "slug"],
                name="leagues_season_once",
                violation_error_message="Another season of the league has this address: choose another.",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_SEASONS) & ~Q(slug="") & Q(slug=Lower("slug")),
                name="leagues_season_slug_free",
                violation_error_message=(
                    "This address is one of the league itself, or not in small letters: choose another."
                ),
            ),
            models.CheckConstraint(condition=Q(state__in=["draft", "running", "final"]), name="leagues_season_state"),
            models.CheckConstraint(condition=Q(scope__in=["overall", "class"]), name="leagues_season_scope"),
            models.CheckConstraint(condition=Q(tie_break__in=["countback", "shared"]), name="leagues_season_tie_break"),
            models.CheckConstraint(
                condition=Q(team_cars=None) | Q(team_cars__gte=1),
                name="leagues_season_team_cars",
                violation_error_message="At least one of a team's cars counts.",
            ),
            models.CheckConstraint(
                condition=Q(minimum_distance__lte=100),
                name="leagues_season_minimum_distance",
                violation_error_message="The minimum distance is a percentage: 0 to 100.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SeasonClass(models.Model):
    """A class of a season; `number` orders them.

    `file_names` are the names that result files give it, one a line, beside its own.
    """

    season = models.ForeignKey(Season, models.CASCADE, related_name="classes", db_index=False)
    name = models.CharField(max_length=100)
    number = models.PositiveSmallIntegerField(default=1)
    file_names = models.TextField(max_length=1000, blank=True, help_text="How result files name it, one a line")

    class Meta:
        verbose_name_plural = "season classes"
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["season", "name"],
                name="leagues_seasonclass_once",
                violation_error_message="The season has a class of this name already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StandingsDue(models.Model):
    """That something has changed of which a season's standings are made; the job that makes them anew deletes it.

    A row of its own for each change: noting one waits for nobody, and takes no lock that an import could wait for.
    """

    season = models.ForeignKey(Season, models.CASCADE, related_name="due")
    noted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.season_id} {self.noted_at}"
