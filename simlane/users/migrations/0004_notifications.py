"""What accounts are told, and which e-mails they want.

On PostgreSQL the database deletes an account's rows itself: whatever statement deletes the account (the old release
knows nothing of these tables), and also a row that another transaction writes meanwhile. SQLite cannot add such a key
to a table; there the old release has a trigger (see simlane.sim.database).
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded

KEYS = [
    (
        f"""ALTER TABLE {table} ADD CONSTRAINT {table}_user_fk FOREIGN KEY (user_id) REFERENCES users_user (id)
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED""",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_user_fk",
    )
    for table in ("users_notification", "users_mailchoice")
]


def add_keys(apps, editor):
    if editor.connection.vendor == "postgresql":
        for add, _ in KEYS:
            editor.execute(add)


def drop_keys(apps, editor):
    if editor.connection.vendor == "postgresql":
        for _, drop in KEYS:
            editor.execute(drop)


class Migration(recorded.Migration):
    dependencies = [
        ("users", "0003_fill_search_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="Daily",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MailChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group", models.CharField(max_length=20)),
                ("wanted", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mail_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "group"), name="users_mailchoice_once")],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("upgraded", "Your profiles have moved to the new model"),
                            ("linked", "A profile was linked to your account"),
                            ("verified", "A profile was verified as yours"),
                            ("unlinked", "A profile was unlinked from your account"),
                            ("reminder", "A link is about to lapse"),
                            ("lapsed", "A link has lapsed"),
                            ("taken_over", "A profile went to somebody else"),
                            ("disputed", "Somebody else says that a profile is theirs"),
                            ("decided", "Staff decided about a claim"),
                            ("merged", "Two profiles became one"),
                        ],
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "about",
                    models.JSONField(
                        blank=True, default=dict, help_text="The profile as it was, and the kind's details"
                    ),
                ),
                (
                    "email_state",
                    models.CharField(
                        choices=[
                            ("none", "no e-mail"),
                            ("pending", "to be sent"),
                            ("sent", "sent"),
                            ("given_up", "given up"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                (
                    "email_due_at",
                    models.DateTimeField(blank=True, help_text="When the e-mail is tried next", null=True),
                ),
                ("email_attempts", models.PositiveSmallIntegerField(default=0)),
                ("emailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "created_at", "id"], name="users_notification_list_idx"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["user"],
                        name="users_notification_unread_idx",
                    ),
                    models.Index(
                        condition=models.Q(("email_state", "pending")),
                        fields=["email_due_at"],
                        name="users_notification_due_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "upgraded")),
                        fields=("user",),
                        name="users_notification_upgraded_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("email_due_at__isnull", False), ("email_state", "pending")),
                            models.Q(
                                models.Q(("email_state", "pending"), _negated=True), ("email_due_at__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="users_notification_pending_is_due",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("email_state", "sent"), ("emailed_at__isnull", False)),
                            models.Q(models.Q(("email_state", "sent"), _negated=True), ("emailed_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="users_notification_sent_with_date",
                    ),
                ],
            },
        ),
        recorded.RunPython(add_keys, drop_keys, elidable=False),
    ]
