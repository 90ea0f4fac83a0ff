"""Who runs a league, its tokens, its uploads, and what is reported of its events.

On PostgreSQL the database itself deletes an account's rows, whatever statement deletes the account: see users.0004.
"""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse

#: Rows that go with what they point at.
OWNED = (
    ("leagues_membership", "user_id", "users_user"),
    ("leagues_upload", "user_id", "users_user"),
    ("leagues_report", "user_id", "users_user"),
    ("leagues_uploadedfile", "upload_id", "leagues_upload"),
)
TABLES = ("token", "invitation", "membership", "upload", "uploadedfile", "report")


def add_keys(apps, editor):
    if editor.connection.vendor == "postgresql":
        for table, column, target in OWNED:
            editor.execute(
                f"""ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY ({column})
                REFERENCES {target} (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"""
            )


def drop_keys(apps, editor):
    if editor.connection.vendor == "postgresql":
        for table, column, _ in OWNED:
            editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fk")


class Migration(recorded.Migration):
    initial = True

    dependencies = [
        ("sim", "0039_keep_leagues"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        recorded.AtOnce(
            migrations.CreateModel(
                name="Token",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("name", models.CharField(max_length=80)),
                    ("digest", models.CharField(max_length=64, unique=True)),
                    ("beginning", models.CharField(max_length=16)),
                    (
                        "scope",
                        models.CharField(
                            choices=[("results:write", "Bring in results")], default="results:write", max_length=20
                        ),
                    ),
                    ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("last_used_at", models.DateTimeField(blank=True, null=True)),
                    ("revoked_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "league",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to="sim.league"
                        ),
                    ),
                    (
                        "made_by",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                },
            ),
            migrations.CreateModel(
                name="Upload",
                fields=[
                    ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("reading", "Being read"),
                                ("previewed", "Not imported yet"),
                                ("importing", "Being imported"),
                                ("done", "Done"),
                            ],
                            default="reading",
                            max_length=10,
                        ),
                    ),
                    (
                        "replace",
                        models.BooleanField(
                            db_default=False,
                            default=False,
                            help_text="Whether a file takes the place of another of its sessions",
                        ),
                    ),
                    ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("beat_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("tries", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                    (
                        "league",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="uploads",
                            to="sim.league",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            db_constraint=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="uploads",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="UploadedFile",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("number", models.PositiveIntegerField()),
                    ("name", models.CharField(max_length=255)),
                    (
                        "outcome",
                        models.CharField(
                            choices=[
                                ("readable", "Would be imported"),
                                ("imported", "Imported"),
                                ("unchanged", "In already"),
                                ("refused", "Refused"),
                                ("skipped", "No result file"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("detail", models.TextField(blank=True, help_text="What is wrong with it, or what was read of it")),
                    (
                        "event",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to="sim.event",
                        ),
                    ),
                    (
                        "upload",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="files",
                            to="leagues.upload",
                        ),
                    ),
                ],
                options={
                    "ordering": ["number"],
                },
            ),
            migrations.CreateModel(
                name="Invitation",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("digest", models.CharField(max_length=64, unique=True)),
                    ("email", models.EmailField(blank=True, max_length=254)),
                    ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("expires_at", models.DateTimeField()),
                    ("used_at", models.DateTimeField(blank=True, null=True)),
                    ("revoked_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "league",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="sim.league"
                        ),
                    ),
                    (
                        "made_by",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "used_by",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("used_at", None), ("revoked_at", None), _connector="OR"),
                            name="leagues_invitation_used_or_revoked",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Membership",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "role",
                        models.CharField(
                            choices=[("owner", "Owner"), ("organiser", "Organiser")], default="organiser", max_length=10
                        ),
                    ),
                    (
                        "since",
                        models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                    ),
                    (
                        "league",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="memberships",
                            to="sim.league",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            db_constraint=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="league_memberships",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-role", "pk"],
                    "constraints": [models.UniqueConstraint(fields=("league", "user"), name="leagues_membership_once")],
                },
            ),
            migrations.CreateModel(
                name="Report",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[("wrong", "This is wrong"), ("not_me", "That is not me")], max_length=10
                        ),
                    ),
                    ("message", models.TextField(max_length=2000)),
                    ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    (
                        "state",
                        models.CharField(
                            choices=[("open", "Open"), ("answered", "Answered")], default="open", max_length=10
                        ),
                    ),
                    ("answer", models.TextField(blank=True, max_length=2000)),
                    ("answered_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "answered_by",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "event",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="sim.event"
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            db_constraint=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="reports",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("answered_at", None), ("state", "open")),
                                models.Q(("answered_at__isnull", False), ("state", "answered")),
                                _connector="OR",
                            ),
                            name="leagues_report_answered_with_date",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("state", "open")),
                            fields=("event", "user"),
                            name="leagues_report_open_once",
                        ),
                    ],
                },
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["league", "-made_at"], name="leagues_upload_league_idx"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["made_at"], name="leagues_upload_made_idx"),
        ),
        migrations.AddConstraint(
            model_name="uploadedfile",
            constraint=models.UniqueConstraint(fields=("upload", "number"), name="leagues_uploadedfile_once"),
        ),
        recorded.RunPython(add_keys, drop_keys, elidable=False),
        *[PreserveOnReverse(table) for table in TABLES],
    ]
