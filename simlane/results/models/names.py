"""What was decided about names in leagues, and that somebody did not drive what a file says."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from simlane.sim.models import Event, LeagueDriver, SimProfile
from simlane.sim.models.accounts import somebody


class Detachment(models.Model):
    """That a profile did not drive in an event, or in its session `number`: whatever a file says of it or a tie.

    It holds while `undone_at` is null, for every version of the event's results.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="detachments", db_index=False)
    profile = models.ForeignKey(SimProfile, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The session's; null is all of them")
    made_at = models.DateTimeField(db_default=Now())
    made_by = somebody()
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = somebody()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "profile", "number"], condition=Q(undone_at=None), name="results_detachment_once"
            ),
            models.UniqueConstraint(
                fields=["event", "profile"],
                condition=Q(undone_at=None, number=None),
                name="results_detachment_whole_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} not in {self.event_id}[{self.number}]"


class NameDecision(models.Model):
    """What was decided about a driver by name of a league; no row is ever changed or deleted.

    `identifier` is the profile's at that time, by which a tie found it.
    """

    class What(models.TextChoices):
        TIED = "tied", "Tied by an id of the entry list"
        ACCEPTED = "accepted", "Tied: the member accepted"
        UNTIED = "untied", "Tie undone"
        PARTED = "parted", "Car number set apart"
        JOINED = "joined", "Car number not apart any more"

    driver = models.ForeignKey(
        LeagueDriver, on_delete=models.DO_NOTHING, db_constraint=False, related_name="decisions", db_index=False
    )
    what = models.CharField(max_length=10, choices=What)
    identifier = models.CharField(max_length=255, blank=True)
    car_number = models.CharField(max_length=20, blank=True)
    by = somebody()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["driver", "id"], name="results_namedecision_idx")]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.at:%Y-%m-%d %H:%M}"
