from django.db import migrations

from simlane.sim.legacy import names_backfill, online, recorded


class Migration(recorded.Migration):
    # Each batch is kept: interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0018_profile_names_and_figures")]

    operations = [
        online.ValidateChecks("simprofile"),
        migrations.RunPython(names_backfill.fill, migrations.RunPython.noop),
    ]
