"""Ratings as they are stored. A way back drops them: they are made of results, and 0002 has them made anew."""

import django.db.models.deletion
from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    initial = True

    dependencies = [
        ("sim", "0052_keep_kind_of_racing"),
    ]

    operations = [
        recorded.AtOnce(
            migrations.CreateModel(
                name="Ladder",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("kind", models.CharField(choices=[("road", "Road"), ("oval", "Oval")], max_length=10)),
                    ("due_at", models.DateTimeField(null=True)),
                    ("due_session", models.BigIntegerField(default=0)),
                    ("halfway", models.BooleanField(default=False)),
                    (
                        "simulator",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="ladders",
                            to="sim.simulator",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("simulator", "kind"), name="ratings_ladder_once"),
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["road", "oval"])), name="ratings_ladder_kind"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("halfway", False), ("due_at__isnull", False), _connector="OR"),
                            name="ratings_ladder_halfway",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RatedDrive",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("at", models.DateTimeField()),
                    ("year", models.SmallIntegerField()),
                    ("rating", models.SmallIntegerField()),
                    ("uncertainty", models.SmallIntegerField()),
                    ("races", models.PositiveIntegerField()),
                    ("gained", models.SmallIntegerField()),
                    ("finished", models.BooleanField()),
                    ("won", models.BooleanField()),
                    ("state", models.BinaryField()),
                    (
                        "ladder",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="drives",
                            to="ratings.ladder",
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.simprofile",
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.session",
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(fields=["profile", "ladder", "at", "session"], name="ratings_rateddrive_curve_idx")
                    ],
                    "constraints": [
                        models.UniqueConstraint(fields=("session", "profile"), name="ratings_rateddrive_once"),
                        models.CheckConstraint(
                            condition=models.Q(("rating__range", (-4000, 7000)), ("uncertainty__range", (1, 2000))),
                            name="ratings_rateddrive_range",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RatedSession",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("at", models.DateTimeField()),
                    ("mixture", models.BinaryField(default=b"")),
                    (
                        "event",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.event",
                        ),
                    ),
                    (
                        "ladder",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="sessions",
                            to="ratings.ladder",
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.session",
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(fields=["ladder", "at", "session"], name="ratings_ratedsession_order_idx"),
                        models.Index(fields=["event"], name="ratings_ratedsession_event_idx"),
                    ],
                    "constraints": [models.UniqueConstraint(fields=("session",), name="ratings_ratedsession_once")],
                },
            ),
            migrations.CreateModel(
                name="Rating",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("rating", models.SmallIntegerField()),
                    ("uncertainty", models.SmallIntegerField()),
                    ("provisional", models.BooleanField()),
                    ("gained", models.IntegerField()),
                    ("starts", models.PositiveIntegerField()),
                    ("finishes", models.PositiveIntegerField()),
                    ("wins", models.PositiveIntegerField()),
                    ("at", models.DateTimeField(help_text="When the last race was")),
                    (
                        "ladder",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="ratings.ladder",
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.simprofile",
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(
                            models.F("ladder"),
                            models.OrderBy(models.F("rating"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            condition=models.Q(("provisional", False)),
                            name="ratings_rating_rating_idx",
                        ),
                        models.Index(
                            models.F("ladder"),
                            models.OrderBy(models.F("wins"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            condition=models.Q(("wins__gt", 0)),
                            name="ratings_rating_wins_idx",
                        ),
                        models.Index(
                            models.F("ladder"),
                            models.OrderBy(models.F("starts"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            name="ratings_rating_starts_idx",
                        ),
                        models.Index(
                            models.F("ladder"),
                            models.OrderBy(models.F("gained"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            condition=models.Q(("gained__gt", 0)),
                            name="ratings_rating_gained_idx",
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(fields=("profile", "ladder"), name="ratings_rating_once"),
                        models.CheckConstraint(
                            condition=models.Q(("rating__range", (-4000, 7000)), ("uncertainty__range", (1, 2000))),
                            name="ratings_rating_range",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("finishes__lte", models.F("starts")),
                                ("starts__gte", 1),
                                ("wins__lte", models.F("starts")),
                            ),
                            name="ratings_rating_counts",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RatingsDue",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "event",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.event",
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.simprofile",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("event", None), ("profile", None), _connector="OR"),
                            name="ratings_ratingsdue_one",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="RatingShare",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("rating", models.SmallIntegerField()),
                    ("drivers", models.PositiveIntegerField()),
                    (
                        "ladder",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="shares",
                            to="ratings.ladder",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("ladder", "rating"), name="ratings_ratingshare_once"),
                        models.CheckConstraint(
                            condition=models.Q(("drivers__gt", 0)), name="ratings_ratingshare_drivers"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RatingYear",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("rating", models.SmallIntegerField()),
                    ("uncertainty", models.SmallIntegerField()),
                    ("provisional", models.BooleanField()),
                    ("gained", models.IntegerField()),
                    ("starts", models.PositiveIntegerField()),
                    ("finishes", models.PositiveIntegerField()),
                    ("wins", models.PositiveIntegerField()),
                    ("year", models.SmallIntegerField()),
                    (
                        "ladder",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="ratings.ladder",
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="sim.simprofile",
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(
                            models.F("ladder"),
                            models.F("year"),
                            models.OrderBy(models.F("rating"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            condition=models.Q(("provisional", False)),
                            name="ratings_ratingyear_rating_idx",
                        ),
                        models.Index(
                            models.F("ladder"),
                            models.F("year"),
                            models.OrderBy(models.F("wins"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            condition=models.Q(("wins__gt", 0)),
                            name="ratings_ratingyear_wins_idx",
                        ),
                        models.Index(
                            models.F("ladder"),
                            models.F("year"),
                            models.OrderBy(models.F("starts"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            name="ratings_ratingyear_starts_idx",
                        ),
                        models.Index(
                            models.F("ladder"),
                            models.F("year"),
                            models.OrderBy(models.F("gained"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            condition=models.Q(("gained__gt", 0)),
                            name="ratings_ratingyear_gained_idx",
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(fields=("profile", "ladder", "year"), name="ratings_ratingyear_once"),
                        models.CheckConstraint(
                            condition=models.Q(("rating__range", (-4000, 7000)), ("uncertainty__range", (1, 2000))),
                            name="ratings_ratingyear_range",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("finishes__lte", models.F("starts")),
                                ("starts__gte", 1),
                                ("wins__lte", models.F("starts")),
                            ),
                            name="ratings_ratingyear_counts",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Recomputation",
                fields=[
                    ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                    ("token", models.UUIDField()),
                    ("until", models.DateTimeField()),
                ],
                options={
                    "constraints": [
                        models.CheckConstraint(condition=models.Q(("id", 1)), name="ratings_recomputation_one")
                    ],
                },
            ),
        )
    ]
