from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sim", "0004_alter_simulator_slug")]

    operations = [
        migrations.AddField("simprofile", "profile_data", models.JSONField(default=dict)),
    ]
