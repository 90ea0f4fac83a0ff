"""Stewards' rulings, the sessions that they are about, and what came of them; 0005 puts back what was kept.

Only SQL, and so it holds its locks for a moment.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [
        ("results", "0003_keep_versions"),
        ("sim", "0039_keep_leagues"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DrivenSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name="Ruling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("disqualified", "Disqualified"),
                            ("time", "Time penalty"),
                            ("places", "Position penalty"),
                            ("points", "Points"),
                            ("lap", "Lap deleted"),
                            ("removed", "Entry removed"),
                            ("driver", "Driver reassigned"),
                            ("undone", "Undone"),
                            ("final", "Made final"),
                        ],
                        max_length=12,
                    ),
                ),
                ("target", models.JSONField(blank=True, null=True)),
                ("value", models.BigIntegerField(blank=True, null=True)),
                ("driver_name", models.CharField(blank=True, max_length=255)),
                (
                    "driver_identifier",
                    models.CharField(
                        blank=True, help_text="The platform's id of who is put into the seat", max_length=255
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("final", models.BooleanField(default=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "about",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="answers",
                        to="results.ruling",
                    ),
                ),
                (
                    "by",
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
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="rulings",
                        to="results.drivensession",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RulingOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("problem", models.CharField(blank=True, max_length=200)),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="outcomes", to="sim.entry"
                    ),
                ),
                (
                    "ruling",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="outcome", to="results.ruling"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SessionVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "driven",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="results.drivensession"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="told",
                        to="results.resultfile",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="ruling",
            index=models.Index(fields=["session", "id"], name="results_ruling_session_idx"),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("about__isnull", False),
                        ("kind__in", ["undone", "final"]),
                        ("target__isnull", True),
                        ("value__isnull", True),
                    ),
                    models.Q(
                        models.Q(("about__isnull", True), ("target__isnull", False)),
                        ("kind__in", ["disqualified", "removed"]),
                        ("value__isnull", True),
                    ),
                    models.Q(
                        models.Q(("about__isnull", True), ("target__isnull", False)),
                        ("kind__in", ["time", "places", "lap"]),
                        ("value__gt", 0),
                        ("value__isnull", False),
                    ),
                    models.Q(
                        models.Q(("about__isnull", True), ("target__isnull", False)),
                        ("kind", "driver"),
                        ("value__gte", 0),
                        ("value__isnull", False),
                    ),
                    models.Q(
                        models.Q(("about__isnull", True), ("target__isnull", False)),
                        models.Q(("value", 0), _negated=True),
                        ("kind", "points"),
                        ("value__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="results_ruling_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="results_ruling_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "undone")), fields=("about",), name="results_ruling_undone_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ruling",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "final")), fields=("about",), name="results_ruling_final_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sessionversion",
            constraint=models.UniqueConstraint(fields=("file", "number", "driven"), name="results_sessionversion_once"),
        ),
        PreserveOnReverse("drivensession"),
        PreserveOnReverse("sessionversion"),
        PreserveOnReverse("ruling"),
        PreserveOnReverse("rulingoutcome"),
    ]
