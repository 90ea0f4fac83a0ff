"""A member may publish one page of their verified profiles."""

from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [("users", "0004_notifications")]

    operations = [
        migrations.AddField(
            "user",
            "has_driver_page",
            models.BooleanField(db_default=False, default=False, help_text="Whether it published its page"),
        ),
    ]
