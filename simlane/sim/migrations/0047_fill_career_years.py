"""The years of everybody who has raced, and the index that a track's records are read by."""

from django.db import migrations, models

from simlane.sim.legacy import career_years, indexes, recorded


def fill(_, editor):
    career_years.count(editor.connection)


class Migration(recorded.Migration):
    # Rows are counted while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0046_career_years")]

    operations = [
        # 0046 takes the table away.
        recorded.RunPython(fill, migrations.RunPython.noop),
        indexes.AddIndexOnline(
            model_name="personalbest",
            index=models.Index(fields=["track", "car", "best_lap_ms"], name="sim_personalbest_record_idx"),
        ),
    ]
