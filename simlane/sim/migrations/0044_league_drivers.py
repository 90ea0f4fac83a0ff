"""Drivers of a league whom its files give no id, and whose drives theirs are; 0045 fills them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import online, recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0043_keep_stopped_leagues"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="LeagueDriver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("folded", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=255)),
                ("car_number", models.CharField(blank=True, db_default="", default="", max_length=20)),
                ("tied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "league",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drivers",
                        to="sim.league",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="league_drivers",
                        to="sim.simprofile",
                    ),
                ),
                (
                    "simulator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sim.simulator",
                    ),
                ),
                (
                    "tied_by",
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
            ],
            options={
                "ordering": ["folded", "pk"],
                "indexes": [
                    models.Index(fields=["league", "folded", "id"], name="sim_leaguedriver_name_idx"),
                    models.Index(
                        condition=models.Q(("profile__isnull", False)),
                        fields=["profile"],
                        name="sim_leaguedriver_profile_idx",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("league", "simulator", "folded", "car_number"), name="sim_leaguedriver_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("folded", ""), _negated=True), name="sim_leaguedriver_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("profile", None), ("tied_at__isnull", False), _connector="OR"),
                        name="sim_leaguedriver_tied_with_date",
                    ),
                ],
            },
        ),
        online.AddUncheckedForeignKey(
            model_name="entrydriver",
            name="league_driver",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="drives",
                to="sim.leaguedriver",
            ),
        ),
        PreserveOnReverse("leaguedriver"),
        PreserveOnReverse("entrydriver", ["league_driver"]),
    ]
