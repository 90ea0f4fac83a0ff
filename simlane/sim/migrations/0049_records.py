"""The records of tracks, which follow from results; 0050 fills them."""

import django.db.models.deletion
from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [("sim", "0048_slugs")]

    operations = [
        migrations.CreateModel(
            name="TrackRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("car_class", models.CharField(blank=True, max_length=255)),
                ("best_lap_ms", models.PositiveIntegerField()),
                ("raced_at", models.DateTimeField()),
                (
                    "car",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="sim.car",
                    ),
                ),
                (
                    "drive",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sim.entrydriver",
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="sim.track",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["track", "best_lap_ms", "id"], name="sim_trackrecord_track_idx"),
                    models.Index(fields=["track", "car_class", "best_lap_ms"], name="sim_trackrecord_class_idx"),
                    models.Index(fields=["car", "track", "best_lap_ms"], name="sim_trackrecord_car_idx"),
                    models.Index(fields=["drive"], name="sim_trackrecord_drive_idx"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("track", "car", "car_class"), name="sim_trackrecord_once")
                ],
            },
        ),
    ]
