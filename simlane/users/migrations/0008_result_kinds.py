"""What people say of results and the answers: two kinds of notification more, which no column changes for."""

from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [
        ("users", "0007_staff_kinds"),
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
                    ("unlinked", "A profile was unlinked from your account"),
                    ("reminder", "A link is about to lapse"),
                    ("lapsed", "A link has lapsed"),
                    ("taken_over", "A profile went to somebody else"),
                    ("disputed", "Somebody else says that a profile is theirs"),
                    ("decided", "Staff decided about a claim"),
                    ("merged", "Two profiles became one"),
                    ("claimed", "A claim waits for the staff"),
                    ("import_refused", "Result files were refused"),
                    ("reported", "Somebody says that a result is wrong"),
                    ("report_answered", "What you said of a result was answered"),
                ],
                max_length=20,
            ),
        ),
    ]
