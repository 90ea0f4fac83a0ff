"""What is decided about names in leagues, and that somebody did not drive what a file says."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


def account():
    return models.ForeignKey(
        blank=True,
        db_constraint=False,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


class Migration(recorded.Migration):
    dependencies = [
        ("results", "0010_keep_new_profiles"),
        ("sim", "0045_keep_league_drivers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="what",
            field=models.CharField(
                choices=[
                    ("came_in", "Came in"),
                    ("replaced", "Replaced"),
                    ("withdrawn", "Withdrawn"),
                    ("withheld", "Withdrawn by the site's staff"),
                    ("brought_back", "Brought back"),
                    ("read_again", "Read again"),
                    ("not_theirs", "Not the driver's"),
                    ("theirs", "The driver's after all"),
                ],
                max_length=15,
            ),
        ),
        migrations.CreateModel(
            name="Detachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="The session's; null is all of them", null=True
                    ),
                ),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="detachments",
                        to="sim.event",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sim.simprofile"
                    ),
                ),
                ("made_by", account()),
                ("undone_by", account()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)),
                        fields=("event", "profile", "number"),
                        name="results_detachment_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("number", None), ("undone_at", None)),
                        fields=("event", "profile"),
                        name="results_detachment_whole_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NameDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("tied", "Tied by an id of the entry list"),
                            ("accepted", "Tied: the member accepted"),
                            ("untied", "Tie undone"),
                            ("parted", "Car number set apart"),
                            ("joined", "Car number not apart any more"),
                        ],
                        max_length=10,
                    ),
                ),
                ("identifier", models.CharField(blank=True, max_length=255)),
                ("car_number", models.CharField(blank=True, max_length=20)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("by", account()),
                (
                    "driver",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="decisions",
                        to="sim.leaguedriver",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["driver", "id"], name="results_namedecision_idx")]},
        ),
        PreserveOnReverse("detachment"),
        PreserveOnReverse("namedecision"),
    ]
