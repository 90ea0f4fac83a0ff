"""Drivers by name of what is in, with the index of their drives; they outlive a way back."""

from django.db import models

from simlane.sim.legacy import indexes, league_names, online, recorded
from simlane.sim.legacy.preserving import RestorePreserved


def fill(apps, editor):
    league_names.fill(apps, editor)


def leave(_, editor):
    """0044 keeps them, and takes the tables away."""


class Migration(recorded.Migration):
    # Rows come back, and are filled, in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0044_league_drivers")]

    operations = [
        RestorePreserved("leaguedriver"),
        RestorePreserved("entrydriver", ["league_driver"]),
        recorded.RunPython(fill, leave),
        indexes.AddIndexOnline(
            model_name="entrydriver",
            index=models.Index(
                condition=models.Q(("league_driver__isnull", False)),
                fields=["league_driver"],
                name="sim_entrydriver_league_idx",
            ),
        ),
        online.CheckForeignKeyOnline("entrydriver", "league_driver"),
        online.ValidateChecks("entrydriver"),
    ]
