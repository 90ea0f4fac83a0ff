"""Which version of its file a session is of, what was decided about files, and what they said.

Only SQL, and so it holds its locks for a moment: 0003 puts back what was kept.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [
        ("results", "0001_initial"),
        ("sim", "0034_names_from_results"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="resultfile",
            options={"permissions": [("decide", "Can replace, withdraw and bring back results")]},
        ),
        migrations.AddField(
            model_name="resultfile",
            name="brought_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="resultfile",
            name="content",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="resultfile",
            name="kept",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="resultfile",
            name="reader_version",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="resultfile",
            name="size",
            field=models.PositiveBigIntegerField(help_text="In bytes", null=True),
        ),
        migrations.AddField(
            model_name="resultfile",
            name="way",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "before this was noted"),
                    ("command", "by a command on the server"),
                    ("folder", "from a watched folder"),
                    ("upload", "by upload"),
                    ("token", "by a program with a token"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="resultfile",
            name="timezone",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where the server's clock was taken to stand",
                max_length=50,
            ),
        ),
        migrations.AlterField(
            model_name="resultfile",
            name="imported_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(null=True)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("came_in", "Came in"),
                            ("replaced", "Replaced"),
                            ("withdrawn", "Withdrawn"),
                            ("brought_back", "Brought back"),
                            ("read_again", "Read again"),
                        ],
                        max_length=15,
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("reason", models.CharField(blank=True, max_length=500)),
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
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="decisions",
                        to="sim.event",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="decisions",
                        to="results.resultfile",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="results.resultfile",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["event", "id"], name="results_decision_event_idx")],
            },
        ),
        migrations.CreateModel(
            name="SessionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="standing",
                        to="results.resultfile",
                    ),
                ),
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="of_file", to="sim.session"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("file", "number"), name="results_sessionfile_once")],
            },
        ),
        PreserveOnReverse("resultfile", ["content", "reader_version", "way", "brought_by", "kept", "size", "timezone"]),
        PreserveOnReverse("decision"),
        PreserveOnReverse("sessionfile"),
    ]
