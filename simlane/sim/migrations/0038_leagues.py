"""Leagues, and whose an event is; 0039 builds the index of a league's events."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

from simlane.sim.legacy import online, recorded
from simlane.sim.legacy.preserving import PreserveOnReverse

RESERVED = ("admin", "api", "feed", "invitations", "mine", "new", "reports", "search", "seasons")


class Migration(recorded.Migration):
    dependencies = [("sim", "0037_nameless_drivers")]

    operations = [
        migrations.CreateModel(
            name="League",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "slug",
                    models.SlugField(
                        error_messages={"unique": "Another league has this address: choose another."},
                        help_text="The league's address: /leagues/…/. Small letters, digits and hyphens.",
                        max_length=60,
                        unique=True,
                    ),
                ),
                ("description", models.TextField(blank=True, max_length=4000)),
                (
                    "time_zone",
                    models.CharField(default="UTC", help_text="Where its servers' clocks stand", max_length=64),
                ),
                ("website", models.URLField(blank=True)),
                ("discord", models.URLField(blank=True)),
                (
                    "trusted",
                    models.BooleanField(
                        default=False, help_text="Its results count in career statistics", verbose_name="confirmed"
                    ),
                ),
                ("recount_due", models.BooleanField(default=False, editable=False)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "ordering": ["name"],
                "indexes": [models.Index(fields=["name", "id"], name="sim_league_name_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("slug__in", RESERVED), _negated=True),
                            models.Q(("slug", ""), _negated=True),
                            ("slug", django.db.models.functions.text.Lower("slug")),
                        ),
                        name="sim_league_slug_free",
                        violation_error_message=(
                            "This address is one of the site itself, or not in small letters: choose another."
                        ),
                    )
                ],
            },
        ),
        online.AddUncheckedForeignKey(
            model_name="event",
            name="league",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sim.league",
            ),
        ),
        PreserveOnReverse("league"),
        PreserveOnReverse("event", ["league"]),
    ]
