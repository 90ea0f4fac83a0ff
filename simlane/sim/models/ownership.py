"""Tables of ownership: history, codes, claims, merges, reminders.

An account is named by its number without a constraint where the row must outlive it: the history keeps no name.
"""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from simlane.sim.models.accounts import somebody
from simlane.sim.models.profile import SimProfile
from simlane.sim.models.results import EntryDriver
from simlane.sim.ownership.history import Action, How


class HistoryQuerySet(models.QuerySet["HistoryEntry"]):
    """Entries of the history of links (rule 8)."""

    def of(self, profile: SimProfile) -> Self:
        """The entries of the profile and of those merged into it, the newest first."""
        merged = Merge.objects.filter(kept=profile, undone_at=None).values("merged")
        entries = self.filter(Q(profile=profile) | Q(profile__in=merged))
        return entries.select_related("actor", "account", "was_account").order_by("-pk")


class HistoryEntry(models.Model):
    """A change of a profile's link, written by the database itself; no row is ever changed or deleted.

    `account`, `verified` and `public` are as they were after it; `was_...` before it. A row without `how` was
    changed by hand or by the old release.
    """

    profile = models.ForeignKey(
        SimProfile, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="history"
    )
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=10, choices=Action)
    how = models.CharField(max_length=20, choices=How, blank=True)
    actor = somebody()
    account = somebody()
    was_account = somebody()
    verified = models.BooleanField()
    was_verified = models.BooleanField()
    public = models.BooleanField()
    was_public = models.BooleanField()
    evidence = models.JSONField(null=True, blank=True)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "history entries"
        indexes = [
            models.Index(fields=["profile", "-id"], name="sim_history_profile_idx"),
            models.Index(fields=["account"], name="sim_history_account_idx", condition=Q(account__isnull=False)),
            models.Index(
                fields=["was_account"], name="sim_history_was_account_idx", condition=Q(was_account__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.get_how_display()}"


class OwnershipCode(models.Model):
    """A code that a driver puts into their name to prove a profile; one a member and profile, until it is used."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ownership_codes")
    profile = models.ForeignKey(SimProfile, on_delete=models.CASCADE, related_name="ownership_codes")
    code = models.CharField(max_length=16, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "profile"], name="sim_code_once")]

    def __str__(self) -> str:
        return self.code


class Claim(models.Model):
    """A member's "this is mine" that staff decide; against a verified link it is a dispute."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    profile = models.ForeignKey(SimProfile, on_delete=models.CASCADE, related_name="claims")
    claimant = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="claims")
    message = models.TextField(max_length=2000, blank=True)
    how = models.CharField(max_length=20, choices=How, default=How.STAFF, help_text="What it rests on")
    evidence = models.JSONField(null=True, blank=True)
    disputed = models.BooleanField(default=False, help_text="The link was verified when it was claimed")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = somebody()
    reason = models.TextField(max_length=2000, blank=True)

    class Meta:
        indexes = [models.Index(F("made_at"), name="sim_claim_open_idx", condition=Q(state="open"))]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "claimant"], name="sim_claim_open_once", condition=Q(state="open")
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="sim_claim_decided_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"Claim {self.pk}"


class ClaimImage(models.Model):
    """A picture that came with a claim, decoded and written anew, so that nothing but its pixels is in it."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="images")
    picture = models.BinaryField(help_text="WebP")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"


class Merge(models.Model):
    """`merged` became a part of `kept`; everything needed to undo it."""

    kept = models.ForeignKey(SimProfile, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(SimProfile, on_delete=models.PROTECT, related_name="merged_as")
    at = models.DateTimeField(db_default=Now())
    by = somebody()
    how = models.CharField(max_length=20, choices=How)
    before = models.JSONField(help_text="Both profiles' links and the kept one's names, as they were")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = somebody()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merged"], name="sim_merge_once", condition=Q(undone_at__isnull=True)),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="sim_merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"Merge {self.pk}"


class MergedDrive(models.Model):
    """A drive that a merge moved, or that came in later under the merged profile's identifier."""

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="drives", db_index=False)
    drive = models.ForeignKey(EntryDriver, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merge", "drive"], name="sim_mergeddrive_once")]

    def __str__(self) -> str:
        return str(self.drive_id)


class LinkReminder(models.Model):
    """The owner of an unverified link was told that it will lapse; `linked_at` says which link of the profile."""

    profile = models.OneToOneField(SimProfile, on_delete=models.CASCADE, related_name="reminder")
    linked_at = models.DateTimeField()
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sent_at:%Y-%m-%d}"
