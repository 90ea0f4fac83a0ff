"""Who runs a league, and who is asked to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from simlane.leagues.models.accounts import owner
from simlane.sim.models import League
from simlane.sim.models.accounts import somebody


class Role(models.TextChoices):
    """What somebody may do in a league, the most first: see leagues.access."""

    OWNER = "owner", "Owner"
    ORGANISER = "organiser", "Organiser"
    STEWARD = "steward", "Steward"
    VIEWER = "viewer", "Viewer of drafts"

    @property
    def and_above(self) -> list[Role]:
        """The roles that may what this one may."""
        roles = list(Role)
        return roles[: roles.index(self) + 1]

    @property
    def organises(self) -> bool:
        """Whether it may what an organiser may."""
        return self in Role.ORGANISER.and_above

    @property
    def judges(self) -> bool:
        """Whether it may what a steward may."""
        return self in Role.STEWARD.and_above


#: An owner is named among those who are there already.
INVITED = [Role.ORGANISER, Role.STEWARD, Role.VIEWER]


class Membership(models.Model):
    """An account that has a role in a league."""

    league = models.ForeignKey(League, models.CASCADE, related_name="memberships", db_index=False)
    user = owner("league_memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.ORGANISER)
    since = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["league", "user"], name="leagues_membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="leagues_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.user_id}"


class Invitation(models.Model):
    """A link that gives one account a role, once; sent to an address, or handed on by whoever made it.

    Only a digest of the link's secret is kept, and the address no longer than the invitation waits.
    """

    league = models.ForeignKey(League, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.ORGANISER, db_default=Role.ORGANISER)
    made_by = somebody()
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_by = somebody()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(revoked_at=None), name="leagues_invitation_used_or_revoked"
            ),
            models.CheckConstraint(condition=Q(role__in=INVITED), name="leagues_invitation_role"),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"
