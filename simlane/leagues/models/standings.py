"""A season's standings as they are shown: made anew whenever what they follow from has changed, by nothing else."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from simlane.leagues.models.entry_lists import Team
from simlane.leagues.models.points import PointsField
from simlane.leagues.models.seasons import Season, SeasonClass
from simlane.sim.models import SimProfile


class Standing(models.Model):
    """A driver or a team in a season's standings, of one class or, of none, overall.

    `row` orders a list from 1; `place` is shared by who are equal. `key` tells a driver or team apart in its season.
    `points` are those that count, `points_driven` all of them. `gained` is how many places the last round brought, null
    for who had no place before it. `number` and `name` are those of the last race.

    `rounds` has, for each round that was held, in order, an object with

    - `round`, `number`: the round's key and number;
    - `points`: what its races gave, as exact text; null for who did not start;
    - `given`: points that stewards gave (or took), which stay when the round is dropped; absent for none;
    - `dropped`: whether `points` fell away; absent where they count;
    - `total`, `place`: what the driver or team had after this round, and where it stood then;
    - `races`: for each race of the round in which it drove (for a team: each car that counts) an object with
      `session` (number in the event), `place`, `status`, `points`, and `pole`, `fastest`, `led`, `most_led` where won.
    """

    class Kind(models.TextChoices):
        DRIVER = "driver", "Drivers"
        TEAM = "team", "Teams"

    season = models.ForeignKey(Season, models.CASCADE, related_name="standings", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind)
    season_class = models.ForeignKey(SeasonClass, models.CASCADE, null=True, related_name="standings")
    row = models.PositiveIntegerField()
    place = models.PositiveIntegerField()
    gained = models.IntegerField(null=True)
    key = models.CharField(max_length=300)
    name = models.CharField(max_length=255)
    number = models.CharField(max_length=20, blank=True)
    # No constraint: these rows hold no profile that results made and leave again, and nobody who withdraws results
    # waits for them. They are made anew then.
    profile = models.ForeignKey(SimProfile, models.DO_NOTHING, null=True, related_name="standings", db_constraint=False)
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="standings")
    points = PointsField()
    points_driven = PointsField()
    starts = models.PositiveIntegerField(default=0)
    wins = models.PositiveIntegerField(default=0)
    podiums = models.PositiveIntegerField(default=0)
    poles = models.PositiveIntegerField(default=0)
    fastest_laps = models.PositiveIntegerField(default=0)
    rounds = models.JSONField(default=list)

    class Meta:
        ordering = ["row"]
        constraints = [
            # A page reads a list by it.
            models.UniqueConstraint(
                F("season"), F("kind"), Coalesce(F("season_class"), 0), F("row"), name="leagues_standing_row_once"
            ),
            models.UniqueConstraint(
                F("season"), F("kind"), Coalesce(F("season_class"), 0), F("key"), name="leagues_standing_key_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="driver") | Q(kind="team", profile=None), name="leagues_standing_kind"
            ),
            models.CheckConstraint(condition=Q(place__gte=1, place__lte=F("row")), name="leagues_standing_place"),
        ]

    def __str__(self) -> str:
        return f"{self.place}. {self.name}: {self.points}"
