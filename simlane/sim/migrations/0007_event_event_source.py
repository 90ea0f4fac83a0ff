from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sim", "0006_event")]

    operations = [
        migrations.AddField(
            "event",
            "event_source",
            models.CharField(
                choices=[("manual", "Entered by hand"), ("official", "Official series")],
                default="manual",
                max_length=20,
            ),
        ),
    ]
