"""What people say is wrong with an event."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from simlane.leagues.models.accounts import owner
from simlane.results.models import Detachment
from simlane.sim.models import Event, SimProfile
from simlane.sim.models.accounts import somebody


class Report(models.Model):
    """ "This is wrong" or "That is not me", for the organisers of the event's league and for staff."""

    class Kind(models.TextChoices):
        WRONG = "wrong", "This is wrong"
        NOT_ME = "not_me", "That is not me"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"

    event = models.ForeignKey(Event, models.CASCADE, related_name="reports")
    user = owner("reports")
    kind = models.CharField(max_length=10, choices=Kind)
    message = models.TextField(max_length=2000)
    made_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # Of "That is not me" by who owns the profile: what it says it did not drive, all of the event where there is no
    # number; and the decision, once somebody agreed.
    profile = models.ForeignKey(SimProfile, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The session's")
    detachment = models.ForeignKey(
        Detachment, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, editable=False
    )
    answer = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = somebody()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None) | Q(state="answered", answered_at__isnull=False),
                name="leagues_report_answered_with_date",
            ),
            models.UniqueConstraint(
                fields=["event", "user"], condition=Q(state="open"), name="leagues_report_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"
