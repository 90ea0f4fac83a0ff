"""Notifications, the state of the e-mail about each, and which e-mails an account wants."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from simlane.sim.models import Event
from simlane.sim.ownership.events import Kind


class Notification(models.Model):
    """One thing that happened. It keeps its own words about the profile, which may be merged or hidden since.

    New results are the exception: such a row only names the `event`, and what it says is what stands when it is read.

    The row is the e-mail's outbox too: nothing but its columns says whether a mail is still to go out.
    """

    class Mail(models.TextChoices):
        NONE = "none", "no e-mail"
        PENDING = "pending", "to be sent"
        SENT = "sent", "sent"
        GIVEN_UP = "given_up", "given up"

    # On PostgreSQL the database itself deletes an account's rows, also one that is written while the account goes
    # (see the migration); on SQLite an account is deleted while nobody else writes.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    about = models.JSONField(default=dict, blank=True, help_text="The profile as it was, and the kind's details")
    event = models.ForeignKey(
        Event, models.CASCADE, null=True, blank=True, related_name="+", db_index=False, db_constraint=False
    )
    email_state = models.CharField(max_length=10, choices=Mail.choices, default=Mail.NONE)
    email_due_at = models.DateTimeField(null=True, blank=True, help_text="When the e-mail is tried next")
    email_attempts = models.PositiveSmallIntegerField(default=0)
    emailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "created_at", "id"], name="users_notification_list_idx"),
            models.Index(
                fields=["user"], condition=models.Q(read_at__isnull=True), name="users_notification_unread_idx"
            ),
            models.Index(
                fields=["email_due_at"], condition=models.Q(email_state="pending"), name="users_notification_due_idx"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(kind=Kind.UPGRADED), name="users_notification_upgraded_once"
            ),
            # Nobody is told of an event's results twice, and of its sessions once.
            models.UniqueConstraint(
                fields=["event", "user"],
                condition=models.Q(event__isnull=False),
                name="users_notification_event_once",
            ),
            models.CheckConstraint(
                condition=models.Q(email_state="pending", email_due_at__isnull=False)
                | (~models.Q(email_state="pending") & models.Q(email_due_at__isnull=True)),
                name="users_notification_pending_is_due",
            ),
            models.CheckConstraint(
                condition=models.Q(email_state="sent", emailed_at__isnull=False)
                | (~models.Q(email_state="sent") & models.Q(emailed_at__isnull=True)),
                name="users_notification_sent_with_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"

    @property
    def detail(self) -> dict[str, Any]:
        """The details of the event beside the profile: see `OwnershipEvent`."""
        found = self.about.get("detail")
        return found if isinstance(found, dict) else {}


class MailChoice(models.Model):
    """Whether an account wants e-mails of one group; where there is no row, the group's own default holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_choices", db_index=False, db_constraint=False
    )
    group = models.CharField(max_length=20)
    wanted = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="users_mailchoice_once")]

    def __str__(self) -> str:
        return f"{self.group}: {'yes' if self.wanted else 'no'}"
