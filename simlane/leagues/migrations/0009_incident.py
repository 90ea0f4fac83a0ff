"""Incidents that drivers report to the stewards of a league.

On PostgreSQL the database itself deletes an account's rows, whatever statement deletes the account: see users.0004.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


def add_key(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(
            """ALTER TABLE leagues_incident ADD CONSTRAINT leagues_incident_user_id_fk FOREIGN KEY (user_id)
            REFERENCES users_user (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"""
        )


def drop_key(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE leagues_incident DROP CONSTRAINT leagues_incident_user_id_fk")


class Migration(recorded.Migration):
    dependencies = [
        ("leagues", "0008_keep_ways"),
        ("sim", "0039_keep_leagues"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session", models.PositiveSmallIntegerField()),
                ("session_name", models.CharField(max_length=100)),
                ("lap", models.PositiveIntegerField(blank=True, null=True)),
                ("involved", models.CharField(blank=True, max_length=200)),
                ("message", models.TextField(max_length=2000)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="incidents", to="sim.event"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="incidents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at", None)),
                            models.Q(models.Q(("answer", ""), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="leagues_incident_answered_with_date",
                    )
                ],
            },
        ),
        recorded.RunPython(add_key, drop_key, elidable=False),
        PreserveOnReverse("incident"),
    ]
