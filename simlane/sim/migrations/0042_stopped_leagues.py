"""Staff stop a league for good, and it is archived with that."""

from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0041_keep_scopes")]

    operations = [
        migrations.AddField("league", "stopped_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "league",
            "stopped_for",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=500),
        ),
        migrations.AddField(
            "league", "results_due", models.BooleanField(db_default=False, default=False, editable=False)
        ),
        PreserveOnReverse("league", ["stopped_at", "stopped_for", "results_due"]),
    ]
