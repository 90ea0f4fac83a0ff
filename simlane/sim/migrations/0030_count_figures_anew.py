"""Figures by the rules of 0029, of everybody who has raced; heats that came in before are told by their names."""

from django.db import migrations

from simlane.sim.legacy import career_statistics, online, recorded
from simlane.sim.legacy.preserving import RestorePreserved


def fill(_, editor):
    career_statistics.tell_heats(editor.connection)
    career_statistics.count(editor.connection)


class Migration(recorded.Migration):
    # Rows are counted while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0029_figures_in_class")]

    operations = [
        RestorePreserved("simprofile", ["class_podiums", "class_wins"]),
        RestorePreserved("session", ["clock", "stage"]),
        # Counted by the older rules again they would only be wrong otherwise: what was counted stays.
        recorded.RunPython(fill, migrations.RunPython.noop),
        online.ValidateChecks("simprofile"),
    ]
