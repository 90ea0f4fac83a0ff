"""Who did not drive did not start, and more heats are told by their names: counted again, for installs past 0030."""

from django.db import migrations

from simlane.sim.legacy import career_statistics, recorded


def fill(_, editor):
    career_statistics.tell_heats(editor.connection)
    career_statistics.count(editor.connection)


class Migration(recorded.Migration):
    # Rows are counted while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0035_events_as_called_now")]

    operations = [
        # Counted by the older rule again they would only be wrong otherwise: what was counted stays.
        recorded.RunPython(fill, migrations.RunPython.noop),
    ]
