"""What drivers report of a race to the stewards of its league."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from simlane.leagues.models.accounts import owner
from simlane.sim.models import Event
from simlane.sim.models.accounts import somebody


class Incident(models.Model):
    """A driver's report of an incident, for the stewards.

    `session` is the number, in the event, of the one that was called `session_name`.

    A member may report several of one race, unlike what is wrong with an event (Report).
    """

    event = models.ForeignKey(Event, models.CASCADE, related_name="incidents")
    session = models.PositiveSmallIntegerField()
    session_name = models.CharField(max_length=100)
    lap = models.PositiveIntegerField(null=True, blank=True)
    involved = models.CharField(max_length=200, blank=True)
    message = models.TextField(max_length=2000)
    user = owner("incidents")
    made_at = models.DateTimeField(db_default=Now())
    answer = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = somebody()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="leagues_incident_answered_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"Incident {self.pk}"
