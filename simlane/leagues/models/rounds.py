"""A season's calendar: rounds that are planned, and the races of the events that they became."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from simlane.leagues.models.points import PointsTable, plain
from simlane.leagues.models.seasons import Season
from simlane.sim.models import Event, Track


class Round(models.Model):
    """A round of a season: planned first, then an event of the league, found by track and date or chosen.

    `track_name` stands until the simulator's track is known. What a race gives is multiplied by `percent`: 50 for half
    points. A cancelled round is no round of the season, whatever was driven.
    """

    season = models.ForeignKey(Season, models.CASCADE, related_name="rounds", db_index=False)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField("planned start", null=True, blank=True)
    track = models.ForeignKey(Track, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    track_name = models.CharField(max_length=255, blank=True, help_text="As long as the track is not among those known")
    event = models.OneToOneField(Event, models.SET_NULL, null=True, blank=True, related_name="round")
    finds_event = models.BooleanField(
        default=True, help_text="Whether its event is found by track and date when results come in"
    )
    percent = models.PositiveSmallIntegerField(
        default=100, help_text="Of the points: 50 for half points, 200 for double"
    )
    may_drop = models.BooleanField("may be dropped", default=True, help_text="Whether it may fall away as a worst one")
    cancelled = models.BooleanField(default=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["season", "number"],
                name="leagues_round_once",
                violation_error_message="The season has a round of this number already.",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="leagues_round_number"),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=1000),
                name="leagues_round_percent",
                violation_error_message="A round gives 1 to 1000 percent of the points.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"Round {self.number}"

    @property
    def factor(self) -> Decimal:
        """What the points of its races are multiplied by, as a number: 0.5 for half points."""
        return plain(Decimal(self.percent) / 100)


class RoundRace(models.Model):
    """A race of a round's event, and the table by which it scores; of none, it does not count.

    It names the race by its session's number in the event, which another version of the results keeps, and stays when
    its results are withdrawn. A race gets its table by what the season's tables are for (see leagues.seasons.rounds);
    one that an organiser has `chosen` keeps it.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="races", db_index=False)
    session_number = models.PositiveSmallIntegerField()
    table = models.ForeignKey(PointsTable, models.PROTECT, null=True, blank=True, related_name="races")
    chosen = models.BooleanField(default=False)

    class Meta:
        ordering = ["session_number"]
        constraints = [models.UniqueConstraint(fields=["round", "session_number"], name="leagues_roundrace_once")]

    def __str__(self) -> str:
        return f"{self.round_id}, session {self.session_number}"
