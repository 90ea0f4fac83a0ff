"""Members who are asked whether a name is theirs, and which drive a report is about.

On PostgreSQL the database itself deletes an account's rows, whatever statement deletes the account: see users.0004.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


def add_key(_, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(
            """ALTER TABLE leagues_namerequest ADD CONSTRAINT leagues_namerequest_user_id_fk FOREIGN KEY (user_id)
            REFERENCES users_user (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"""
        )


def drop_key(_, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE leagues_namerequest DROP CONSTRAINT leagues_namerequest_user_id_fk")


class Migration(recorded.Migration):
    dependencies = [
        ("leagues", "0010_keep_incident"),
        ("results", "0012_keep_names"),
        ("sim", "0045_keep_league_drivers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NameRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Not answered yet"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("ended", "Taken back"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
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
                    "driver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="requests", to="sim.leaguedriver"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="name_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="leagues_namerequest_answered_with_date",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("driver",),
                        name="leagues_namerequest_open_once",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="report",
            name="profile",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="sim.simprofile",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="number",
            field=models.PositiveSmallIntegerField(blank=True, help_text="The session's", null=True),
        ),
        migrations.AddField(
            model_name="report",
            name="detachment",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="results.detachment",
            ),
        ),
        recorded.RunPython(add_key, drop_key, elidable=False),
        PreserveOnReverse("namerequest"),
        PreserveOnReverse("report", ["profile", "number", "detachment"]),
    ]
