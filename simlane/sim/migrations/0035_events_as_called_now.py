"""Passwords go out of the names of events that came in before, and their files are known again."""

from django.db import migrations

from simlane.sim.legacy import event_names, recorded


class Migration(recorded.Migration):
    # Each batch is kept, while the site serves.
    atomic = False
    dependencies = [("sim", "0034_names_from_results")]

    operations = [
        # What was cut is kept nowhere: that is what it is cut for.
        recorded.RunPython(event_names.write_anew, migrations.RunPython.noop),
    ]
