"""Whether a session was road or oval racing, where its simulator says so; 0052 brings back what was known."""

from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0050_fill_records")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="racing",
            field=models.CharField(
                blank=True,
                choices=[("", "Not said"), ("road", "Road"), ("oval", "Oval")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        PreserveOnReverse("session", ["racing"]),
    ]
