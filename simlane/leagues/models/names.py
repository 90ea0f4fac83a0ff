"""Members who are asked whether a name in a league is theirs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from simlane.leagues.models.accounts import owner
from simlane.sim.models import LeagueDriver
from simlane.sim.models.accounts import somebody


class NameRequest(models.Model):
    """An organiser asks a member whether they drive under a name; who accepts says which profile is theirs."""

    class State(models.TextChoices):
        OPEN = "open", "Not answered yet"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        ENDED = "ended", "Taken back"

    driver = models.ForeignKey(LeagueDriver, models.CASCADE, related_name="requests")
    user = owner("name_requests")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked_by = somebody()
    asked_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None) | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="leagues_namerequest_answered_with_date",
            ),
            models.UniqueConstraint(fields=["driver"], condition=Q(state="open"), name="leagues_namerequest_open_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.get_state_display()}"
