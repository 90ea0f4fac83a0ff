"""Driver profiles, their names, and what the upgrade noted about them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from simlane.sim.models.querysets import SimProfileQuerySet
from simlane.sim.models.simulator import Simulator
from simlane.sim.ownership import linking

#: What a page shows where a driver has no name; it is stored nowhere.
NO_NAME = "Unknown driver"
PUBLIC = Q(is_public=True)
VERIFIED = Q(is_public=True, is_verified=True)


def _browse_indexes() -> list[models.Index]:
    """One index per order a list can be read in, for all and for one simulator; verified ones are few."""
    orders = {"recent": ("-last_active_at", "-id"), "name": ("name_key", "id"), "starts": ("-starts", "-id")}
    return [
        models.Index(
            *([F("simulator")] if prefix else []),
            *(F(name[1:]).desc() if name.startswith("-") else F(name).asc() for name in order),
            name=f"sim_profile_{flag}{prefix}{sort}_idx",
            condition=condition,
        )
        for flag, condition in (("", PUBLIC), ("ver_", VERIFIED))
        for prefix in ("", "sim_")
        for sort, order in orders.items()
    ]


class SimProfile(models.Model):
    """A driver on one simulator; identity is `(simulator, profile_identifier)`.

    It belongs to nobody until `linked_user` points at an account; `is_verified` says that account proved it.
    The career statistics (`starts`, `wins`, ..., `last_active_at`) are kept by sim.career and count races only, wins
    and podiums overall and in the car's class; but for `last_active_at`: the newest session of any kind, or for a
    driver without one the row's creation.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    simulator = models.ForeignKey(Simulator, on_delete=models.PROTECT, related_name="profiles", db_index=False)
    profile_name = models.CharField(max_length=255)
    profile_identifier = models.CharField(max_length=255, help_text="Platform-specific unique ID", db_default="")
    profile_data = models.JSONField(default=dict, blank=True)
    linked_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # The database itself unlinks when an account goes, all four columns at once (rule 4): see sim.database.
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="linked_sim_profiles",
        db_index=False,
    )
    linked_at = models.DateTimeField(null=True, blank=True)
    is_verified = models.BooleanField(default=False)
    is_public = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    name_key = models.CharField(max_length=255, db_default="", editable=False)
    last_active_at = models.DateTimeField(db_default=Now(), editable=False)
    starts = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    wins = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    podiums = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    class_wins = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    class_podiums = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", db_index=False, editable=False
    )
    last_change = models.JSONField(
        null=True, blank=True, editable=False, help_text="Who changed the link last, and how"
    )

    objects = SimProfileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["linked_user"], name="sim_profile_linked_user_idx"),
            models.Index(fields=["is_public"], name="sim_profile_public_idx"),
            models.Index(fields=["profile_identifier"], name="sim_profile_identifier_idx"),
            models.Index(
                fields=["merged_into"], name="sim_profile_merged_into_idx", condition=Q(merged_into__isnull=False)
            ),
            *_browse_indexes(),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["simulator", "profile_identifier"],
                name="sim_profile_identity",
                violation_error_message="This simulator already has a profile with this identifier.",
            ),
            models.CheckConstraint(condition=~Q(profile_identifier=""), name="sim_profile_identifier_filled"),
            models.CheckConstraint(
                condition=Q(linked_user__isnull=True, linked_at__isnull=True)
                | Q(linked_user__isnull=False, linked_at__isnull=False),
                name="sim_profile_linked_at_with_link",
            ),
            models.CheckConstraint(
                condition=Q(is_verified=False) | Q(linked_user__isnull=False),
                name="sim_profile_verified_is_linked",
            ),
            models.CheckConstraint(
                condition=Q(is_public=True) | Q(is_verified=True) | Q(merged_into__isnull=False),
                name="sim_profile_private_is_proved",
            ),
            # A merged profile is only an address that redirects: without an account, and in no list.
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(linked_user__isnull=True, is_public=False),
                name="sim_profile_merged_is_no_profile",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile_name} ({self.profile_identifier})"

    @property
    def public_name(self) -> str:
        """The name as anybody is shown it."""
        return self.profile_name or NO_NAME

    def can_user_link(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Whether `user` may link this profile: see sim.ownership.linking, as for all of these."""
        return linking.can_user_link(self, user)

    def link_to_user(self, user: AbstractBaseUser, verified: bool = False) -> None:
        """Point this profile at the account; raises Refused when it may not."""
        linking.link_to_user(self, user, verified=verified)

    def unlink_from_user(self) -> bool:
        """End the link this profile was read with; whether there still was one."""
        return linking.unlink_from_user(self)

    def set_visibility(self, user: AbstractBaseUser, *, public: bool) -> None:
        """Show or hide this profile for its owner; raises Refused for anybody else."""
        linking.set_visibility(self, user, public=public)


class ProfileName(models.Model):
    """A name a profile has raced under, the current one among them; `folded` is what a search compares.

    The indexes a search reads differ between databases: see sim.database.
    """

    profile = models.ForeignKey(SimProfile, on_delete=models.CASCADE, related_name="names", db_index=False)
    name = models.CharField(max_length=255)
    folded = models.TextField()
    last_used_at = models.DateTimeField()
    from_results = models.BooleanField(
        default=False, db_default=False, help_text="Whether only results say so: it goes when they are withdrawn"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "name"], name="sim_profilename_once")]

    def __str__(self) -> str:
        return self.name


class NameWord(models.Model):
    """Every word of any name, once; a mistyped word is compared with them.

    `letters` are the word's letters in order: two words with swapped letters have the same.
    """

    word = models.CharField(max_length=255, unique=True)
    letters = models.CharField(max_length=255, db_index=True)

    def __str__(self) -> str:
        return self.word


class ContestedIdentifier(models.Model):
    """Two rows of the old model held the same platform id: each is listed here with the id both claim."""

    profile = models.OneToOneField(SimProfile, on_delete=models.CASCADE, related_name="contested")
    simulator = models.ForeignKey(Simulator, on_delete=models.PROTECT, related_name="+")
    identifier = models.CharField(max_length=255)
    keeps_identifier = models.BooleanField(help_text="Whether this row, the older one, has the identifier")
    noted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.identifier


class LegacyProfile(models.Model):
    """What a row of the old model said before the upgrade, for the way back: see sim.legacy."""

    profile_id = models.UUIDField(primary_key=True)
    is_verified = models.BooleanField(help_text="As the old model had it")
    upgraded_is_verified = models.BooleanField(help_text="As the upgrade set it")

    def __str__(self) -> str:
        return str(self.profile_id)


class OldReleaseWrite(models.Model):
    """The old release was seen writing, at most once a second: while it is, its column stays."""

    seen_at = models.DateTimeField(db_index=True)
    statement = models.CharField(max_length=10)

    def __str__(self) -> str:
        return f"{self.statement} at {self.seen_at:%Y-%m-%d %H:%M:%S} UTC"
