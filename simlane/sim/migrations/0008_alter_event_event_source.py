from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sim", "0007_event_event_source")]

    operations = [
        migrations.AlterField(
            "event",
            "event_source",
            models.CharField(
                choices=[
                    ("manual", "Entered by hand"),
                    ("official", "Official series"),
                    ("league", "League"),
                ],
                default="manual",
                max_length=30,
            ),
        ),
    ]
