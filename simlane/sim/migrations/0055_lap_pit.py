"""Whether a lap went through the pits, where its file says so; 0056 brings back what was known."""

from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.lap_pits import KeepPits


class Migration(recorded.Migration):
    dependencies = [("sim", "0054_compare_is_no_simulator")]

    operations = [
        # Of older laps nothing is known: no row is written.
        migrations.AddField(model_name="lap", name="pit", field=models.BooleanField(null=True)),
        KeepPits(),
    ]
