"""What was raced: tracks, cars, sessions, entries, drivers, laps. 0028 builds what events need of indexes."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

from simlane.sim.legacy import indexes, online, recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0020_profile_indexes")]

    operations = [
        recorded.AtOnce(
            migrations.CreateModel(
                name="Track",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("name", models.CharField(max_length=255)),
                    ("layout", models.CharField(blank=True, max_length=255)),
                    (
                        "simulator",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="tracks",
                            to="sim.simulator",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name", "layout"],
                    "constraints": [
                        models.UniqueConstraint(fields=("simulator", "name", "layout"), name="sim_track_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="Car",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("name", models.CharField(max_length=255)),
                    (
                        "simulator",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="cars",
                            to="sim.simulator",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name"],
                    "constraints": [models.UniqueConstraint(fields=("simulator", "name"), name="sim_car_once")],
                },
            ),
            migrations.CreateModel(
                name="Session",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("practice", "Practice"),
                                ("qualifying", "Qualifying"),
                                ("warmup", "Warm-up"),
                                ("race", "Race"),
                            ],
                            max_length=12,
                        ),
                    ),
                    ("number", models.PositiveSmallIntegerField()),
                    ("name", models.CharField(max_length=100)),
                    ("started_at", models.DateTimeField(blank=True, null=True)),
                    ("wet", models.BooleanField(blank=True, null=True)),
                    (
                        "event",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="sessions",
                            to="sim.event",
                        ),
                    ),
                ],
                options={
                    "ordering": ["number"],
                    "constraints": [models.UniqueConstraint(fields=("event", "number"), name="sim_session_once")],
                },
            ),
            migrations.CreateModel(
                name="Entry",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("row", models.PositiveIntegerField()),
                    ("position", models.PositiveIntegerField(null=True)),
                    ("class_position", models.PositiveIntegerField(null=True)),
                    ("car_class", models.CharField(blank=True, max_length=255)),
                    ("car_number", models.CharField(blank=True, max_length=20)),
                    ("team_name", models.CharField(blank=True, max_length=255)),
                    ("grid_position", models.PositiveIntegerField(null=True)),
                    ("laps", models.PositiveIntegerField(null=True)),
                    ("laps_led", models.PositiveIntegerField(null=True)),
                    ("laps_down", models.PositiveIntegerField(null=True)),
                    ("best_lap_ms", models.PositiveIntegerField(null=True)),
                    ("average_lap_ms", models.PositiveIntegerField(null=True)),
                    ("total_time_ms", models.PositiveBigIntegerField(null=True)),
                    ("gap_ms", models.PositiveBigIntegerField(null=True)),
                    ("incidents", models.PositiveIntegerField(null=True)),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("finished", "Finished"),
                                ("dnf", "Did not finish"),
                                ("dns", "Did not start"),
                                ("dsq", "Disqualified"),
                            ],
                            default="finished",
                            max_length=10,
                        ),
                    ),
                    (
                        "status_text",
                        models.CharField(blank=True, help_text="As the file words it", max_length=100),
                    ),
                    (
                        "car",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="entries",
                            to="sim.car",
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="entries",
                            to="sim.session",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "entries",
                    "ordering": ["row"],
                    "constraints": [models.UniqueConstraint(fields=("session", "row"), name="sim_entry_once")],
                },
            ),
            migrations.CreateModel(
                name="EntryDriver",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("seat", models.PositiveSmallIntegerField()),
                    ("name", models.CharField(max_length=255)),
                    ("raced_at", models.DateTimeField()),
                    ("laps", models.PositiveIntegerField(null=True)),
                    ("best_lap_ms", models.PositiveIntegerField(null=True)),
                    ("incidents", models.PositiveIntegerField(null=True)),
                    ("rating_before", models.PositiveIntegerField(null=True)),
                    ("rating_after", models.PositiveIntegerField(null=True)),
                    ("license_before", models.CharField(blank=True, max_length=20)),
                    ("license_after", models.CharField(blank=True, max_length=20)),
                    (
                        "entry",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="drivers",
                            to="sim.entry",
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="drives",
                            to="sim.simprofile",
                        ),
                    ),
                ],
                options={
                    "ordering": ["seat"],
                    "indexes": [
                        models.Index(
                            models.F("profile"),
                            models.OrderBy(models.F("raced_at"), descending=True),
                            models.OrderBy(models.F("id"), descending=True),
                            condition=models.Q(("profile__isnull", False)),
                            name="sim_entrydriver_newest_idx",
                        )
                    ],
                    "constraints": [models.UniqueConstraint(fields=("entry", "seat"), name="sim_entrydriver_once")],
                },
            ),
            migrations.CreateModel(
                name="Lap",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("number", models.PositiveIntegerField()),
                    ("seat", models.PositiveSmallIntegerField()),
                    ("time_ms", models.PositiveIntegerField(null=True)),
                    ("valid", models.BooleanField(default=True)),
                    ("sector1_ms", models.PositiveIntegerField(null=True)),
                    ("sector2_ms", models.PositiveIntegerField(null=True)),
                    ("sector3_ms", models.PositiveIntegerField(null=True)),
                    (
                        "entry",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="lap_times",
                            to="sim.entry",
                        ),
                    ),
                ],
                options={
                    "ordering": ["number"],
                    "constraints": [models.UniqueConstraint(fields=("entry", "number"), name="sim_lap_once")],
                },
            ),
            migrations.CreateModel(
                name="PersonalBest",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("best_lap_ms", models.PositiveIntegerField()),
                    (
                        "car",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="bests",
                            to="sim.car",
                        ),
                    ),
                    (
                        "drive",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="sim.entrydriver",
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="bests",
                            to="sim.simprofile",
                        ),
                    ),
                    (
                        "track",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="bests",
                            to="sim.track",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("profile", "track", "car"), name="sim_personalbest_once")
                    ],
                },
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="listed_at",
            field=models.DateTimeField(
                db_default=Now(),
                editable=False,
                help_text="When it started; when it came in, if no file says",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="platform_id",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="The platform's own id of the session, if it has one",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="series",
            field=models.CharField(blank=True, db_default="", max_length=255),
        ),
        migrations.AddField(
            model_name="event",
            name="weekend",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Joins files of one event that carry no id",
                max_length=255,
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="event_source",
            field=models.CharField(
                choices=[
                    ("manual", "Entered by hand"),
                    ("official", "Official series"),
                    ("league", "League"),
                    ("results", "Result file"),
                ],
                default="manual",
                max_length=30,
            ),
        ),
        online.AlterForeignKeyOnline(
            model_name="event",
            name="simulator",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sim.simulator",
            ),
        ),
        online.AddUncheckedForeignKey(
            model_name="event",
            name="track",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sim.track",
            ),
        ),
        recorded.AtOnce(
            indexes.AddIndexLater(
                model_name="event",
                index=models.Index(
                    models.OrderBy(models.F("listed_at"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    name="sim_event_listed_idx",
                ),
            ),
            indexes.AddIndexLater(
                model_name="event",
                index=models.Index(
                    models.F("simulator"),
                    models.OrderBy(models.F("listed_at"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    name="sim_event_sim_listed_idx",
                ),
            ),
            indexes.AddIndexLater(
                model_name="event",
                index=models.Index(
                    condition=models.Q(("weekend", ""), _negated=True),
                    fields=["simulator", "weekend"],
                    name="sim_event_weekend_idx",
                ),
            ),
            indexes.AddUniqueIndexLater(
                model_name="event",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("platform_id", ""), _negated=True),
                    fields=("simulator", "platform_id"),
                    name="sim_event_platform_id",
                ),
            ),
        ),
        PreserveOnReverse("track"),
        PreserveOnReverse("car"),
        PreserveOnReverse("event", ["listed_at", "platform_id", "series", "weekend", "track"]),
        PreserveOnReverse("session"),
        PreserveOnReverse("entry"),
        PreserveOnReverse("entrydriver"),
        PreserveOnReverse("lap"),
        PreserveOnReverse("personalbest"),
    ]
