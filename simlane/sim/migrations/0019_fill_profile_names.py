from django.db import migrations

from simlane.sim.legacy import names_backfill


class Migration(migrations.Migration):
    dependencies = [("sim", "0018_profile_names_and_figures")]

    operations = [
        migrations.RunPython(names_backfill.fill, migrations.RunPython.noop),
    ]
