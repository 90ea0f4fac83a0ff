"""What a later version of results needs to take away what an earlier one gave: see results.versions."""

from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0032_more_simulators")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="withdrawn_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Since when none of its results stands: see results.versions",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="profilename",
            name="from_results",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether only results say so: it goes when they are withdrawn",
            ),
        ),
        PreserveOnReverse("event", ["withdrawn_at"]),
        PreserveOnReverse("profilename", ["from_results"]),
    ]
