"""What a driver's starts of a year add up to; 0047 fills it, and nothing is kept on a way back: results say it all."""

import django.db.models.deletion
from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [("sim", "0045_keep_league_drivers")]

    operations = [
        migrations.CreateModel(
            name="CareerYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("starts", models.PositiveIntegerField()),
                ("wins", models.PositiveIntegerField()),
                ("podiums", models.PositiveIntegerField()),
                ("class_wins", models.PositiveIntegerField()),
                ("class_podiums", models.PositiveIntegerField()),
                ("finishes", models.PositiveIntegerField()),
                ("poles", models.PositiveIntegerField()),
                ("fastest_laps", models.PositiveIntegerField()),
                ("laps", models.PositiveBigIntegerField()),
                ("laps_led", models.PositiveBigIntegerField()),
                ("gridded", models.PositiveIntegerField()),
                ("gained", models.BigIntegerField()),
                ("placed", models.PositiveIntegerField()),
                ("places", models.PositiveBigIntegerField()),
                ("best", models.PositiveIntegerField(null=True)),
                ("incidents", models.PositiveBigIntegerField()),
                ("incident_ms", models.PositiveBigIntegerField()),
                (
                    "profile",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="years",
                        to="sim.simprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["-year"],
                "constraints": [models.UniqueConstraint(fields=("profile", "year"), name="sim_careeryear_once")],
            },
        ),
    ]
