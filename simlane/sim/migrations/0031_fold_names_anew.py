"""Names that hold invisible characters, or letters as Arabic keyboards write them, are found by any spelling."""

from django.db import migrations

from simlane.sim.legacy import folding_anew, recorded


class Migration(recorded.Migration):
    # Each batch is kept, while the site serves.
    atomic = False
    dependencies = [("sim", "0030_count_figures_anew")]

    operations = [
        # An older release finds the names by what is stored as well as before: nothing to take back.
        recorded.RunPython(folding_anew.fold_anew, migrations.RunPython.noop),
    ]
