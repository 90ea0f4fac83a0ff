"""Drivers of a league whom its files give no platform's id."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from simlane.sim.models.accounts import somebody
from simlane.sim.models.leagues import League
from simlane.sim.models.profile import SimProfile
from simlane.sim.models.simulator import Simulator


class LeagueDriver(models.Model):
    """Who drives under a name in a league, on one simulator, without a platform's id; elsewhere the name is nobody.

    `folded` is what names are compared by, `name` how it was written first. Of several people of one name the one who
    drives `car_number` is set apart; empty, it is everybody else of that name. `profile` is whose results they are,
    by an organiser's tie: all of them, earlier ones and later ones, but for drives that are not theirs by decision.
    """

    league = models.ForeignKey(League, models.CASCADE, related_name="drivers", db_index=False)
    simulator = models.ForeignKey(Simulator, models.PROTECT, related_name="+", db_index=False)
    folded = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    car_number = models.CharField(max_length=20, blank=True, default="", db_default="")
    profile = models.ForeignKey(
        SimProfile, models.PROTECT, null=True, blank=True, related_name="league_drivers", db_index=False
    )
    tied_at = models.DateTimeField(null=True, blank=True)
    tied_by = somebody()

    class Meta:
        ordering = ["folded", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["league", "simulator", "folded", "car_number"], name="sim_leaguedriver_once"
            ),
            models.CheckConstraint(condition=~Q(folded=""), name="sim_leaguedriver_named"),
            models.CheckConstraint(
                condition=Q(profile=None) | Q(tied_at__isnull=False),
                name="sim_leaguedriver_tied_with_date",
            ),
        ]
        indexes = [
            models.Index(fields=["league", "folded", "id"], name="sim_leaguedriver_name_idx"),
            models.Index(fields=["profile"], name="sim_leaguedriver_profile_idx", condition=Q(profile__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name} (no. {self.car_number})" if self.car_number else self.name
