"""Among what an event's number is there once: what counts, or one league's own results; 0041 fills it.

An older schema has each number once on the whole site: a way back keeps the number of all but one aside.
"""

from django.db import migrations, models

from simlane.sim.legacy import recorded, scopes
from simlane.sim.legacy.preserving import PreserveOnReverse, check_now


def set_aside(_, editor):
    scopes.set_numbers_aside(editor.connection)
    check_now(editor)


class Migration(recorded.Migration):
    dependencies = [("sim", "0039_keep_leagues")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="scope",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.RemoveConstraint(model_name="event", name="sim_event_platform_id"),
        recorded.RunPython(migrations.RunPython.noop, set_aside),
        PreserveOnReverse("event", ["scope", "platform_id"]),
    ]
