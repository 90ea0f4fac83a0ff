"""How many profiles leagues make that nobody has confirmed."""

import django.db.models.deletion
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("results", "0008_withheld")]

    operations = [
        migrations.CreateModel(
            name="NewProfiles",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("number", models.PositiveIntegerField()),
                (
                    "league",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sim.league"
                    ),
                ),
            ],
        ),
        PreserveOnReverse("newprofiles"),
    ]
