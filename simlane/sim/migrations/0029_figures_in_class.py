"""Wins and podiums in class beside those overall, heats told apart, and a session's start by its server's clock."""

from django.db import migrations, models

from simlane.sim.legacy import online, recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0028_events")]

    operations = [
        online.AddCounterOnline(
            model_name="simprofile",
            name="class_podiums",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        online.AddCounterOnline(
            model_name="simprofile",
            name="class_wins",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        PreserveOnReverse("simprofile", ["class_podiums", "class_wins"]),
        migrations.AddField(
            model_name="session",
            name="clock",
            field=models.DateTimeField(
                blank=True,
                help_text="The start by the server's own clock, whatever zone that was in",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="stage",
            field=models.CharField(
                blank=True,
                choices=[("", "None"), ("heat", "Heat"), ("feature", "Feature")],
                db_default="",
                max_length=10,
            ),
        ),
        PreserveOnReverse("session", ["clock", "stage"]),
    ]
