"""Names to search by, and the figures lists are sorted by; 0019 fills them, and keeps them over a way back."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

from simlane.sim.legacy import online, recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0017_simulator_slug_free")]

    operations = [
        migrations.AddField(
            model_name="simprofile",
            name="last_active_at",
            field=models.DateTimeField(db_default=Now(), editable=False),
        ),
        migrations.AddField(
            model_name="simprofile",
            name="name_key",
            field=models.CharField(db_default="", editable=False, max_length=255),
        ),
        online.AddCounterOnline(
            model_name="simprofile",
            name="podiums",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        online.AddCounterOnline(
            model_name="simprofile",
            name="starts",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        online.AddCounterOnline(
            model_name="simprofile",
            name="wins",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("word", models.CharField(max_length=255, unique=True)),
                ("letters", models.CharField(db_index=True, max_length=255)),
            ],
        ),
        migrations.CreateModel(
            name="ProfileName",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=255)),
                ("folded", models.TextField()),
                ("last_used_at", models.DateTimeField()),
                (
                    "profile",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="names",
                        to="sim.simprofile",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("profile", "name"), name="sim_profilename_once")],
            },
        ),
        PreserveOnReverse("simprofile", ["last_active_at", "name_key", "podiums", "starts", "wins"]),
        PreserveOnReverse("profilename"),
        PreserveOnReverse("nameword"),
    ]
