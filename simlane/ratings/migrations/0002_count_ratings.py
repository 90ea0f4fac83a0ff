"""Where results are in, ratings are to be counted: by the daily work, or by recompute_ratings."""

from django.db import migrations

from simlane.sim.legacy import recorded


def have_counted(_, editor):
    editor.execute("INSERT INTO ratings_ratingsdue (event_id) SELECT NULL WHERE EXISTS (SELECT 1 FROM sim_session)")


class Migration(recorded.Migration):
    dependencies = [("ratings", "0001_stored_ratings")]

    operations = [recorded.RunPython(have_counted, migrations.RunPython.noop)]
