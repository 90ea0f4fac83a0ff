"""A profile that is no longer verified, a league that is stopped: kinds which no column changes for."""

from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [
        ("users", "0010_incident_kind"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("upgraded", "Your profiles have moved to the new model"),
                    ("linked", "A profile was linked to your account"),
                    ("verified", "A profile was verified as yours"),
                    ("unverified", "A profile is no longer verified as yours"),
                    ("unlinked", "A profile was unlinked from your account"),
                    ("reminder", "A link is about to lapse"),
                    ("lapsed", "A link has lapsed"),
                    ("taken_over", "A profile went to somebody else"),
                    ("disputed", "Somebody else says that a profile is theirs"),
                    ("decided", "Staff decided about a claim"),
                    ("merged", "Two profiles became one"),
                    ("claimed", "A claim waits for the staff"),
                    ("import_refused", "Result files were refused"),
                    ("league_decided", "Staff decided about a league you run"),
                    ("reported", "Somebody says that a result is wrong"),
                    ("report_answered", "What you said of a result was answered"),
                    ("incident", "A driver reported an incident"),
                    ("ruled", "Stewards decided about a result of yours"),
                ],
                max_length=20,
            ),
        ),
    ]
